import type { JsonObject } from '../json.js'
import { pidOf, stringOf } from '../json.js'
import { FamiliarError } from '../errors.js'
import { isSameNamespace, type ProcessView } from '../identity/machine.js'
import type { Platform } from './platform/platform.js'

/** How long inspecting one process may take. */
const INSPECT_MS = 2_000

/**
 * Identifies one process forever: its pid, its start time, and the machine, boot and namespace in which both are valid.
 * Records and claims contain it.
 */
export interface ProcessName {
  readonly pid: number
  readonly birth: string
  readonly boot_id: string
  readonly host_id: string
  readonly pid_namespace: string
}

/** Returns the identification of this process. Throws `E_LOOK_FAILED` if the system does not report its start time. */
export async function nameOfThisProcess(platform: Platform): Promise<ProcessName> {
  const { bootId, hostId, pidNamespace } = await platform.host()
  const { pid, startTime } = await viewThisProcess(platform, INSPECT_MS)
  return { pid, birth: startTime, boot_id: bootId, host_id: hostId, pid_namespace: pidNamespace }
}

/** Returns what the system reports about this process. Throws `E_LOOK_FAILED` if it does not report the start time in time. */
export async function viewThisProcess(
  platform: Platform,
  withinMs: number,
): Promise<ProcessView & { readonly startTime: string }> {
  const { pid } = await platform.host()
  const view = (await platform.inspect([pid], AbortSignal.timeout(withinMs))).get(pid)
  if (view?.startTime == null)
    throw new FamiliarError('E_LOOK_FAILED', 'cannot read the start time of this process')
  return { ...view, startTime: view.startTime }
}

/**
 * Returns whether the process that a file names is proven gone. It is gone after a reboot. On another machine or in
 * another pid namespace, the pid belongs to another process and proves nothing.
 */
export async function isProvenGone(named: JsonObject, platform: Platform): Promise<boolean> {
  const [pid, startTime] = [pidOf(named['pid']), stringOf(named['birth'])]
  const { hostId, bootId, pidNamespace } = await platform.host()
  if (pid === null || startTime === null || named['host_id'] !== hostId) return false
  if (named['boot_id'] !== bootId) return true
  if (!isSameNamespace(named['pid_namespace'], pidNamespace)) return false
  const alive = await platform.inspect([pid], AbortSignal.timeout(INSPECT_MS))
  const found = alive.get(pid)
  return found === undefined || (found.startTime !== null && found.startTime !== startTime)
}
