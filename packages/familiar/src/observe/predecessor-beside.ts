import type { DaemonStatus } from '../classify/daemon-state.js'
import { namesLiving } from '../classify/names-living.js'
import { matchShapes } from '../identity/spawn-shape.js'
import { readPredecessorRecord, readRecord } from './read-records.js'
import type { OfScope } from './verify-record.js'

/** Time limit for inspecting the process that a record names. */
const INSPECT_MS = 1_000

/** A predecessor's daemon that runs in a scope with a record of ours. */
export type Beside = NonNullable<DaemonStatus['beside']>

/**
 * Returns the predecessor's daemon that is alive according to its record although the scope has a record of ours; null if
 * there is none. Its users still use it, so our commands leave it alone and only report it. Reads one record, and
 * inspects its process only if there is one.
 */
export async function predecessorBeside({ family, scope, platform }: OfScope): Promise<Beside | null> {
  if (readPredecessorRecord(family, scope) !== null) return null
  const { predecessorRecords } = family.files(scope)
  for (const read of predecessorRecords.map((path) => readRecord(family, path))) {
    if (read.state !== 'readable' || read.record.implementation !== 'predecessor') continue
    const { pid, port } = read.record
    if (pid === null) continue
    const alive = await platform.inspect([pid], AbortSignal.timeout(INSPECT_MS))
    const command = alive.get(pid)?.command
    const shape = command == null ? null : matchShapes(family.shapes, command)
    // The record in a copied home names the daemon of the original home, and the marker of that daemon names the
    // original.
    const isHere = shape?.implementation === 'predecessor' && (shape.marker ?? scope) === scope
    if (isHere && namesLiving(read.record, alive) === 'yes')
      return { pid, port, isMarked: shape.marker === scope }
  }
  return null
}

/** Returns a text that says that such a daemon exists. `left`: what ends it. */
export function besideText(name: string, { pid, port }: Beside, left: string): string {
  return `a ${name} daemon of an earlier version (process ${pid}, port ${port ?? 'none'}) runs here too; ${left}`
}
