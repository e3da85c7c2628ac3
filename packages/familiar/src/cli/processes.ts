import type { JsonObject } from '../json.js'
import { selectPlatform } from '../observe/platform/select.js'
import { isProvenGone, nameOfThisProcess, type ProcessName } from '../observe/process-name.js'

/** Returns what identifies this process forever, for a claim that others can still judge after this process has ended. */
export async function ownProcessName(): Promise<ProcessName> {
  return nameOfThisProcess(await selectPlatform())
}

/** Returns whether the process that `ownProcessName` named is proven to have ended; false if that cannot be determined. */
export async function isProcessGone(named: JsonObject): Promise<boolean> {
  return isProvenGone(named, await selectPlatform())
}
