import type { JsonObject } from '../json.js'
import { selectPlatform } from '../observe/platform/select.js'
import { isProvenGone, nameOfThisProcess, type ProcessName } from '../observe/process-name.js'

/** Returns what names this process for ever: for a claim that others must be able to judge after its death. */
export async function ownProcessName(): Promise<ProcessName> {
  return nameOfThisProcess(await selectPlatform())
}

/** Returns whether the process of such a name is proven gone. Whatever cannot be told is no proof. */
export async function isProcessGone(named: JsonObject): Promise<boolean> {
  return isProvenGone(named, await selectPlatform())
}
