import type { Facts } from '../classify/facts.js'
import type { Observation } from '../classify/observation.js'
import type { Family } from '../family.js'
import { makeProof, type ProvenProcess } from '../identity/proof.js'
import { matchShapes } from '../identity/spawn-shape.js'
import type { Platform } from './platform/platform.js'

/** How long the tools of the operating system may take (Linux needs none). */
const INSPECT_MS = 5_000

/**
 * Returns the proof for a process that the caller has just started; null if it is not (or no longer) a daemon of the
 * family.
 */
export async function proveStarted(
  family: Family,
  platform: Platform,
  pid: number,
): Promise<ProvenProcess | null> {
  const deadline = AbortSignal.timeout(INSPECT_MS)
  const { namespaces } = await platform.host()
  const started = (await platform.inspect([pid], deadline)).get(pid)
  if (started?.command == null || started.startTime === null || started.namespaces !== namespaces) return null
  if (matchShapes(family.shapes, started.command) === null) return null
  const { startTime, command, executable } = started
  return makeProof({
    family: family.name,
    port: null,
    pid,
    startTime,
    command,
    executable,
    namespaces,
    listeners: [],
  })
}

/**
 * Returns the proof that a signal requires, or null. The class does not matter. The start time, command line and
 * namespaces of the process must be known, the namespaces must be ours, and the command line must be one of this
 * family.
 */
export function prove(
  family: Family,
  { process, port, listeners }: Observation,
  facts: Facts,
): ProvenProcess | null {
  if (
    process === null ||
    process.startTime === null ||
    process.command === null ||
    process.namespaces === null
  ) {
    return null
  }
  if (facts.in_range !== 'yes' || facts.spawn_shape !== 'yes' || facts.other_family !== 'no') return null
  if (facts.same_namespaces !== 'yes') return null
  return makeProof({
    family: family.name,
    port,
    pid: process.pid,
    startTime: process.startTime,
    command: process.command,
    executable: process.executable,
    namespaces: process.namespaces,
    listeners,
  })
}
