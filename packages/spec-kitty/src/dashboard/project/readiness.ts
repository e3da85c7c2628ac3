import type { WorkPackage } from '../api.js'
import { isSatisfied } from './lane-columns.js'
import { commandFor } from './next-command.js'

/** Adds the ids of the packages that a package depends on, and the members that depend on their lanes. */
export function withReadiness(
  mission: string,
  one: WorkPackage,
  dependencies: readonly string[],
  lanes: ReadonlyMap<string, string | null>,
  areNeedsKnown: boolean,
): WorkPackage {
  const isBefore = one.column === 'planned' || one.lane === null
  const open = dependencies.filter((id) => !isSatisfied(lanes.get(id) ?? null))
  const waiting_for = isBefore ? open : []
  const is_ready = one.lane === 'planned' && areNeedsKnown && waiting_for.length === 0
  const { id, lane, lane_source, document } = one
  const next_command = commandFor(mission, { id, lane, lane_source, document, is_ready })
  return { ...one, dependencies, waiting_for, is_ready, next_command }
}
