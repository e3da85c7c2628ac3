import type { WorkPackage } from '../api.js'
import { isSatisfied } from './lane-columns.js'
import { commandFor } from './next-command.js'

/** Adds the ids of the packages that a package depends on, and the members that depend on their lanes. */
export function withReadiness(
  mission: string,
  one: WorkPackage,
  dependencies: readonly string[],
  lanes: ReadonlyMap<string, string | null>,
  /** Why it is unknown what the package depends on; null if that is known. */
  unknownNeeds: string | null,
): WorkPackage {
  const isBefore = one.column === 'planned' || one.lane === null
  const open = dependencies.filter((id) => !isSatisfied(lanes.get(id) ?? null))
  const waiting_for = isBefore ? open : []
  const is_free = unknownNeeds === null && waiting_for.length === 0
  const is_ready = one.lane === 'planned' && is_free
  const { id, lane, lane_source, document } = one
  const next_command = commandFor(mission, { id, lane, lane_source, document, is_free })
  const not_ready_because =
    one.column !== 'planned' || is_free
      ? null
      : waiting_for.length === 0
        ? unknownNeeds
        : `it waits for ${waiting_for.map((need) => namedWith(need, lanes)).join(', ')}`
  return { ...one, dependencies, waiting_for, is_ready, next_command, not_ready_because }
}

/** Returns an id, and why the package will not get approved if that is so. */
function namedWith(id: string, lanes: ReadonlyMap<string, string | null>): string {
  if (!lanes.has(id)) return `${id} (not found)`
  return lanes.get(id) === 'canceled' ? `${id} (canceled)` : id
}
