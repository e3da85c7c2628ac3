import type { FamilyName } from './trial-plan.js'

/**
 * What a process on the stage truly is. The trial knows it because it made the process so, and never reads it through the
 * code that is tried.
 */
export interface Truth {
  /** Null: not a daemon of either family, whatever it looks like. */
  readonly family: FamilyName | null
  readonly implementation: 'own' | 'predecessor' | null
  /** The real path of the scope that its command line names; null without a marker. */
  readonly marker: string | null
  /** The real path of the scope that its environment names, if its command line names none: it may be in use there. */
  readonly environment: string | null
  /** The real paths of the scopes whose live singleton it is: their record names it, or it holds their lock. */
  readonly singletonOf: readonly string[]
  /** Whether it would answer a health request. */
  readonly answers: boolean
  /** Whether its reply, its command line and its port agree. */
  readonly agrees: boolean
  readonly isOtherUser: boolean
  /** True if it is in another namespace: nothing about it can be proven from the stage. */
  readonly isBeyond: boolean
  /** True for a fork of a live singleton, with the same command line and socket. */
  readonly isPart: boolean
  /** True for a build of ours that is older than the one on trial. */
  readonly isOlder: boolean
  /** Whether its project is gone; null if that cannot be known, and for a daemon without a project. */
  readonly isProjectGone: boolean | null
  /**
   * True if something else about it is odd, so that no command has to end it: the specification only says what may not be
   * ended.
   */
  readonly isOdd: boolean
}

const NOBODY: Truth = {
  family: null,
  implementation: null,
  marker: null,
  environment: null,
  singletonOf: [],
  answers: false,
  agrees: false,
  isOtherUser: false,
  isBeyond: false,
  isPart: false,
  isOlder: false,
  isProjectGone: null,
  isOdd: false,
}

export const STRANGER: Truth = NOBODY

/** Returns a healthy daemon that no scope uses. */
export function daemonTruth(
  family: FamilyName,
  implementation: 'own' | 'predecessor',
  marker: string | null,
  more: Partial<Truth> = {},
): Truth {
  const isProjectGone = family === 'dashboard' ? false : null
  return { ...NOBODY, family, implementation, marker, answers: true, agrees: true, isProjectGone, ...more }
}
