import type { FamilyName } from './trial-plan.js'

/**
 * What a process on the stage truly is: known because the trial itself made it so, never because something was read back
 * through the code that is tried.
 */
export interface Truth {
  /** Null: no daemon of either family, whatever it looks like. */
  readonly family: FamilyName | null
  readonly implementation: 'own' | 'predecessor' | null
  /** The real path of the scope that its command line names; null without a marker. */
  readonly marker: string | null
  /** The real path of the scope that its environment names, where its command line names none; it may be in use there. */
  readonly environment: string | null
  /** The real paths of the scopes whose live singleton it is: that name it in their record, or whose lock it holds. */
  readonly singletonOf: readonly string[]
  /** Whether it would answer a request for its health. */
  readonly answers: boolean
  /** Whether its reply, its command line and its port say the same. */
  readonly agrees: boolean
  readonly isOtherUser: boolean
  /** It is in another namespace: from the stage nothing can be proven of it. */
  readonly isBeyond: boolean
  /** A fork of a live singleton, with its command line and its socket. */
  readonly isPart: boolean
  /** A build of ours that is older than the one on trial. */
  readonly isOlder: boolean
  /** Only a dashboard has one. */
  readonly isProjectGone: boolean | null
  /** Something else about it is odd, so that no command must end it: the text only says what may not be ended. */
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

/** A healthy daemon that no scope uses. */
export function daemonTruth(
  family: FamilyName,
  implementation: 'own' | 'predecessor',
  marker: string | null,
  more: Partial<Truth> = {},
): Truth {
  const isProjectGone = family === 'dashboard' ? false : null
  return { ...NOBODY, family, implementation, marker, answers: true, agrees: true, isProjectGone, ...more }
}
