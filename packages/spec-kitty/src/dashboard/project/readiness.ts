import type { WorkPackage } from '../api.js'
import { isSatisfied } from './lanes.js'
import { commandFor } from './next-command.js'
import { sameId } from './package-ids.js'

/** Adds what depends on the lanes of other packages. */
export function withReadiness(
  mission: string,
  one: WorkPackage,
  lanes: ReadonlyMap<string, string | null>,
  areNeedsKnown: boolean,
): WorkPackage {
  const isBefore = one.column === 'planned' || one.lane === null
  const open = one.dependencies.filter((id) => !isSatisfied(lanes.get(id) ?? null))
  const waiting_for = isBefore ? open : []
  const is_ready = one.lane === 'planned' && areNeedsKnown && waiting_for.length === 0
  return { ...one, waiting_for, is_ready, next_command: commandFor(mission, { ...one, is_ready }) }
}

/** Returns the ids of the packages that the dependencies mean, also if they name the file of a prompt; each id once. */
export function linkedIn(
  dependencies: readonly string[],
  known: ReadonlyMap<string, string>,
): readonly string[] {
  return [...new Set(dependencies.map((id) => known.get(sameId(id)) ?? id))]
}
