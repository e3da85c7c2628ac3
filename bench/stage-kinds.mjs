// @ts-check

/** The processes that run on the machine while a command is timed. */

/**
 * `orphans`: the predecessor's sync daemons of one root, of three versions. `listeners`: hostile or foreign listeners on
 * all other ports of the range, of each of the `kinds` in turn. `sleepers`: processes without a port, started last, so
 * that a search that begins with the newest process must go through all of them. `isUsedUp`: the measured command ends
 * these processes, so every round needs a new stage that is old enough for a reset to end them.
 *
 * @typedef {{ orphans?: number, behaviour?: 'ignore-term', listeners?: number,
 *   kinds?: readonly import('../stand-ins/hostile.mjs').HostileKind[], sleepers?: number, isUsedUp?: boolean }} Stage
 */

/** @satisfies {Record<string, Stage>} */
const stages = {
  nothing: {},
  orphans: { orphans: 18 },
  crowd: { orphans: 18, sleepers: 1000 },
  'crowd-100': { orphans: 18, sleepers: 100 },
  'crowd-5000': { orphans: 18, sleepers: 5000 },
  full: { orphans: 18, listeners: 32, kinds: ['http'] },
  hostile: { listeners: 50, kinds: ['silent', 'drip', 'endless', 'big'] },
  honest: { listeners: 50, kinds: ['http'] },
  flood: { listeners: 50, kinds: ['endless'] },
  cooperative: { orphans: 18, isUsedUp: true },
  'cooperative-plain': { orphans: 18, isUsedUp: true },
  stubborn: { orphans: 18, behaviour: 'ignore-term', isUsedUp: true },
  'stubborn-one': { orphans: 1, behaviour: 'ignore-term', isUsedUp: true },
  'stubborn-plain': { orphans: 18, behaviour: 'ignore-term', isUsedUp: true },
}

/** @typedef {keyof typeof stages} StageName */

/** @type {Readonly<Record<StageName, Stage>>} */
export const STAGES = stages

/** The ports of the sync family. */
export const RANGE = { from: 9400, to: 9450 }

/** The first port that an orphan uses. */
export const ORPHANS_FROM = 9401

/** A reset does not end a daemon younger than 30 s, because it counts as starting. */
export const RIPE_MS = 31_000

/** Returns how many listeners the doctor must find. @param {StageName} name */
export function listenersOn(name) {
  const { orphans = 0, listeners = 0 } = STAGES[name]
  return orphans + listeners
}
