import { FamiliarError } from '../errors.js'
import type { JsonObject } from '../json.js'
import { selectPlatform } from '../observe/platform/select.js'
import { isProvenGone, nameOfThisProcess, type ProcessName } from '../observe/process-name.js'

/**
 * Returns an identifier of this process that no other process ever gets. Others can use it to check a claim even after
 * this process has ended.
 */
export async function ownProcessName(): Promise<ProcessName> {
  return nameOfThisProcess(await selectPlatform())
}

/** Returns whether the process that `ownProcessName` identified is proven to have ended; false if that cannot be determined. */
export async function isProcessGone(named: JsonObject): Promise<boolean> {
  return isProvenGone(named, await selectPlatform())
}

/**
 * The time limit for asking the system about processes. Linux needs less than a millisecond, but Windows must start a
 * PowerShell.
 */
const START_TIMES_MS = 10_000

/**
 * Returns when each of these processes started, in milliseconds since 1970. A process that does not exist has no entry;
 * null means that its start time is unknown. Returns null instead of a map if this machine's processes cannot be read
 * from here, for example in a pid namespace with the /proc of another one.
 */
export async function startTimesOf(
  pids: readonly number[],
): Promise<ReadonlyMap<number, number | null> | null> {
  if (pids.length === 0) return new Map()
  try {
    return await (await selectPlatform()).startTimes(pids, AbortSignal.timeout(START_TIMES_MS))
  } catch (error) {
    if (error instanceof FamiliarError) return null
    throw error
  }
}
