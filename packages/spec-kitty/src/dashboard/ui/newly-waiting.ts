import type { NowPackage, NowReply, WaitingPackage } from '../api.js'

/** Returns the packages that wait now but did not wait before. */
export function newlyWaiting(before: NowReply, after: NowReply): readonly WaitingPackage[] {
  const known = new Set(before.waiting.map(keyOf))
  return after.waiting.filter((one) => !known.has(keyOf(one)))
}

/** Returns the decisions that are asked for now but were not before. */
export function newlyAsked(before: NowReply, after: NowReply): NowReply['decisions'] {
  const known = new Set(before.decisions.map(({ mission, id }) => keyOf({ mission, id })))
  return after.decisions.filter(({ mission, id }) => !known.has(keyOf({ mission, id })))
}

/** Returns the packages whose agent has stalled since then, and that do not wait for the reader for another reason. */
export function newlyStalled(before: NowReply, after: NowReply): readonly NowPackage[] {
  const known = new Set([...before.stalled, ...after.waiting].map(packageOf))
  return after.stalled.filter((one) => !known.has(packageOf(one)))
}

/** Returns how many packages and decisions need the reader: they wait, or have stalled. A package that does both counts once. */
export function countNeeding({ counts, waiting, stalled }: NowReply): number {
  const known = new Set(waiting.map(packageOf))
  const both = stalled.filter((one) => known.has(packageOf(one))).length
  return counts.waiting + counts.decisions + counts.stalled - both
}

function packageOf({ mission, id }: NowPackage): string {
  return keyOf({ mission, id })
}

/** Returns a key for a package of any mission and the reason why it waits. */
export function keyOf({
  mission,
  id,
  why,
}: Pick<WaitingPackage, 'mission' | 'id'> & { readonly why?: string }): string {
  return JSON.stringify([mission.id, id, why])
}
