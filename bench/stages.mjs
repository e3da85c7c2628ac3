// @ts-check

/** What stands on the machine while something is timed. */

/**
 * `orphans`: predecessors' sync daemons of one root, of three versions. `listeners`: what misbehaves on the ports of the
 * range, these kinds in turn. `sleepers`: processes without a port, started last: a search that begins with the newest
 * process meets all of them first. `isUsedUp`: a measured command leaves nothing of it, so that every round needs its
 * own, of an age at which a reset may end it.
 *
 * @typedef {{ orphans?: number, behaviour?: 'ignore-term', listeners?: number,
 *   kinds?: readonly import('../stand-ins/hostile.mjs').HostileKind[], sleepers?: number, isUsedUp?: boolean }} Stage
 */

/** @satisfies {Record<string, Stage>} */
const stages = {
  nothing: {},
  orphans: { orphans: 18 },
  crowd: { orphans: 18, sleepers: 1000 },
  hostile: { listeners: 50, kinds: ['silent', 'drip', 'endless', 'big'] },
  honest: { listeners: 50, kinds: ['http'] },
  flood: { listeners: 50, kinds: ['endless'] },
  cooperative: { orphans: 18, isUsedUp: true },
  stubborn: { orphans: 18, behaviour: 'ignore-term', isUsedUp: true },
  'stubborn-one': { orphans: 1, behaviour: 'ignore-term', isUsedUp: true },
}

/** @typedef {keyof typeof stages} StageName */

/** @type {Readonly<Record<StageName, Stage>>} */
export const STAGES = stages

/** The ports of the sync family. */
export const RANGE = { from: 9400, to: 9450 }

/** The first port of an orphan. */
export const ORPHANS_FROM = 9401

/** A daemon that is younger than 30 s counts as starting, and a reset leaves it. */
export const RIPE_MS = 31_000

/** Returns how many listeners the doctor must find. @param {StageName} name */
export function listenersOn(name) {
  const { orphans = 0, listeners = 0 } = STAGES[name]
  return orphans + listeners
}
