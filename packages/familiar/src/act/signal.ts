import { setImmediate as nextTurn } from 'node:timers/promises'
import { errnoOf, FamiliarError } from '../errors.js'
import type { Family } from '../family.js'
import { commandText, type ProcessView } from '../identity/machine.js'
import { isProof, type ProvenProcess } from '../identity/proof.js'
import type { Platform } from '../observe/platform/platform.js'

/**
 * `identity_changed`: the process is no longer the one that was proven. `gone`: it no longer exists. `ending`: it still
 * exists and all that can be read about it agrees, but a part can no longer be read. While a process exits, it loses its
 * command line, its executable, its namespaces and finally (on Linux) its start time. A process with threads can stay in
 * this state on a busy machine until all threads have ended.
 */
export type SignalResult = 'sent' | 'gone' | 'ending' | 'identity_changed' | 'permission_denied'

/** How long the last check before a signal may take. */
const REPROOF_MS = 2_000

/**
 * Sends a signal to a proven process. No other code in the project signals a process that it did not start itself.
 *
 * Reads the process again immediately before the signal: any difference in start time, command line, executable or
 * namespaces returns `identity_changed`. On Linux a few microseconds pass between that read and the signal (p50 2.2 us,
 * worst seen 1.8 ms; the fastest possible reuse of a pid took 1.56 s).
 *
 * Calls `assertMayTell` after all that, in the same turn as the signal: what it throws is thrown, and nothing is sent.
 *
 * Throws `E_SIGNAL_REFUSED` for a target that must never be signalled: a pid of 1 or below, this process or one of its
 * ancestors, a process proven for another family or with a port outside the family's range, or an object that no scan
 * has made. Windows has no SIGTERM: both signals end the process at once.
 */
export async function sendSignal(
  platform: Platform,
  family: Family,
  target: ProvenProcess,
  signal: 'SIGTERM' | 'SIGKILL',
  assertMayTell: () => void,
): Promise<SignalResult> {
  const refusal = await refusalFor(platform, family, target)
  if (refusal !== null) throw new FamiliarError('E_SIGNAL_REFUSED', refusal)
  // Many processes are ended at the same time. Without this pause, all of them would be checked first and signalled only
  // after that.
  await nextTurn()
  const found = (await platform.inspect([target.pid], AbortSignal.timeout(REPROOF_MS))).get(target.pid)
  if (found === undefined) return 'gone'
  if (isEnding(target, found)) return 'ending'
  if (!isSameProcess(target, found)) return 'identity_changed'
  assertMayTell()
  try {
    process.kill(target.pid, signal)
    return 'sent'
  } catch (error) {
    if (errnoOf(error) === 'ESRCH') return 'gone'
    if (errnoOf(error) === 'EPERM') return 'permission_denied'
    throw error
  }
}

/** Returns why `sendSignal` refuses the target, whatever happens to it meanwhile; null if it does not. */
export async function refusalFor(
  platform: Platform,
  family: Family,
  target: ProvenProcess,
): Promise<string | null> {
  const refusal = refusalOf(family, target) ?? (await ancestryRefusal(platform, target.pid))
  return refusal === null ? null : `will not signal: ${refusal}`
}

function refusalOf(family: Family, target: ProvenProcess): string | null {
  if (!isProof(target)) return 'the target is not the result of a scan'
  if (!Number.isSafeInteger(target.pid) || target.pid <= 1) return `${target.pid} is no pid of a daemon`
  if (target.pid === process.pid) return 'the target is this process'
  if (target.family !== family.name) return `the target was proven as ${target.family}, not as ${family.name}`
  const { from, to } = family.ports
  if (target.port !== null && (target.port < from || target.port >= to)) {
    return `port ${target.port} is outside the range of ${family.name}`
  }
  return null
}

/**
 * Returns a refusal if the process is an ancestor of this one. Stops at the first ancestor that cannot be read, because
 * its parent is then unknown.
 */
async function ancestryRefusal(platform: Platform, pid: number): Promise<string | null> {
  const deadline = AbortSignal.timeout(REPROOF_MS)
  for (let at: number | null = process.ppid, steps = 0; at !== null && at > 1 && steps < 64; steps++) {
    if (at === pid) return `process ${pid} is an ancestor of this one`
    at = (await platform.inspect([at], deadline)).get(at)?.parent ?? null
  }
  return null
}

function isEnding(
  proof: ProvenProcess,
  { startTime, command, executable, namespaces }: ProcessView,
): boolean {
  const pairs = [
    [startTime, proof.startTime],
    [command === null ? null : commandText(command), commandText(proof.command)],
    [executable, proof.executable],
    [namespaces, proof.namespaces],
  ]
  const isLost = pairs.some(([now, then]) => now === null && then !== null)
  return isLost && pairs.every(([now, then]) => now === null || now === then)
}

function isSameProcess(proof: ProvenProcess, found: ProcessView): boolean {
  return (
    found.startTime === proof.startTime &&
    found.executable === proof.executable &&
    found.namespaces === proof.namespaces &&
    found.command !== null &&
    commandText(found.command) === commandText(proof.command)
  )
}
