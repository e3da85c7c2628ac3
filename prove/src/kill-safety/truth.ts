import type { FamilyName } from './trial-plan.js'

/**
 * The true facts about a process on the stage. The trial knows them because it created the process, and never reads them
 * through the code under test.
 */
export interface Truth {
  /** Null: not a daemon of either family, even if it looks like one. */
  readonly family: FamilyName | null
  readonly implementation: 'own' | 'predecessor' | null
  /** The real path of the scope that the process's command line names; null without a marker. */
  readonly marker: string | null
  /**
   * The real path of the scope that the process's environment names, if its command line names none. The process may be
   * in use there.
   */
  readonly environment: string | null
  /** The real path of the scope that the process's health reply names, if it is another one. It may be in use there. */
  readonly reported: string | null
  /** The real paths of the scopes whose live singleton the process is: their record names it, or it holds their lock. */
  readonly singletonOf: readonly string[]
  /** The real path of the scope whose record names the process as its daemon, although it is none or another one. */
  readonly falselyNamedBy: string | null
  /** Whether the process would answer a health request. */
  readonly answers: boolean
  /** Whether the process's health reply, command line and port agree. */
  readonly agrees: boolean
  readonly isOtherUser: boolean
  /** True if the process is in another namespace, so that nothing about it can be proven from the stage. */
  readonly isBeyond: boolean
  /** True for a fork of a live singleton, with the same command line and socket. */
  readonly isPart: boolean
  /** True for a build of ours that is older than the build under test. */
  readonly isOlder: boolean
  /** Whether the process's project is gone; null if that cannot be known, and for a daemon without a project. */
  readonly isProjectGone: boolean | null
  /**
   * True if something else about the process is unusual, so that no command is required to end it: the specification only
   * says what must not be ended.
   */
  readonly isOdd: boolean
}

const NOBODY: Truth = {
  family: null,
  implementation: null,
  marker: null,
  environment: null,
  reported: null,
  singletonOf: [],
  falselyNamedBy: null,
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
