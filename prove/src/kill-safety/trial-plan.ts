/** The elements of a trial, as data: the kinds of processes, commands and disturbances. `choose-trial.ts` chooses among them. */

export type FamilyName = 'sync' | 'dashboard'

/** The kinds of processes on a stage; actors.ts starts each. */
export const SYNC_KINDS = [
  'own-live',
  'own-stale',
  'own-older',
  'own-wedged',
  'old-stale',
  'old-stale-deaf',
  'old-stale-stopped',
  'old-stale-stubborn',
  'old-stale-hangs',
  'old-recorded',
  'old-recorded-stopped',
  'old-shared-owner',
  'old-before-markers',
  'old-before-markers-recorded',
  'old-before-markers-unmounted',
  'old-before-markers-copied',
  'old-record-without-pid',
  'old-record-with-wrong-pid',
  'old-wrong-port-in-line',
  'old-wrong-report',
  'old-wrong-scope-report',
  'old-through-link',
  'old-used-by-environment',
  'old-used-untold',
  'old-used-by-bytes',
  'old-forked',
  'old-forked-without-pid',
  'old-wildcard',
  'old-ipv6',
  'old-other-user',
  'old-in-network',
  'own-in-pids',
  'own-in-time',
] as const

export const BOARD_KINDS = [
  'board-live',
  'board-gone',
  'board-older',
  'board-wedged',
  'old-board-recorded',
  'old-board-gone',
  'old-board-gone-deaf',
  'old-board-unrecorded',
  'old-board-replaced-by-link',
  'old-board-unmounted',
  'old-board-forked',
  'old-board-other-user',
  'old-board-wrong-report',
] as const

export const STRANGER_KINDS = [
  'sleep',
  'sleep-named-by-record',
  'sleep-named-by-old-record',
  'sleep-named-by-lock',
  'sleep-named-for-the-future',
  'sleep-named-from-elsewhere',
  'named-like-ours',
  'shape-without-port',
  'mimic-of-old',
  'mimic-of-own',
  'web-server',
  'silent',
  'drip',
  'flood',
  'redirect',
  'resetting',
  'wrong-types',
  'zombie',
  'pid-one-named-by-record',
] as const

export type ActorKind =
  | (typeof SYNC_KINDS)[number]
  | (typeof BOARD_KINDS)[number]
  | (typeof STRANGER_KINDS)[number]

export interface ActorPlan {
  readonly id: string
  readonly kind: ActorKind
  readonly family: FamilyName
  /** The root or project of the process, as a name below the stage's directory. */
  readonly scope: string
  readonly port: number
  /** Another port of the range, which no other actor has. */
  readonly sparePort: number
  /** A release of the predecessor. */
  readonly version: string
}

export const INTENTS = [
  'look',
  'reset',
  'force',
  'force-port',
  'start',
  'stop',
  'restart',
  'hook',
  'board-start',
  'board-stop',
  'board-restart',
  'clean',
  'clean-force',
  'newer-start',
  'newer-hook',
] as const
export type Intent = (typeof INTENTS)[number]

export const VANTAGES = ['here', 'nobody', 'network', 'pids', 'time', 'user'] as const
export type Vantage = (typeof VANTAGES)[number]

export interface CommandPlan {
  readonly intent: Intent
  readonly scope: string
  readonly vantage: Vantage
  readonly port: number | null
  /** True to wait for the end of the previous command; false to start `delayMs` after its start. */
  readonly isAfter: boolean
  readonly delayMs: number
  /** How long after its start the command is killed; null if it is not killed. */
  readonly killedAfterMs: number | null
  /** Which process a false record names as a daemon: the shell that runs the command, or the command itself. */
  readonly liar: 'parent' | 'itself' | null
}

export const DISTURBANCES = [
  'recycle',
  'recycle-twin',
  'recycle-while-stopped',
  'recycle-twin-while-stopped',
  'hand-over-port',
  'stop',
  'die',
  'forget-record',
  'remove-project',
  'link-project',
  'starts-meanwhile',
] as const

export interface DisturbancePlan {
  readonly what: (typeof DISTURBANCES)[number]
  readonly actor: string
  /** The index of the command after whose start the disturbance comes. */
  readonly command: number
  /** True to count the time from when the command holds the lock of its scope, because it is then about to act. */
  readonly isAfterLock: boolean
  readonly afterMs: number
}

export interface TrialPlan {
  readonly seed: number
  /** Whether every process on the stage is older than 30 s. Until then, a predecessor's daemon counts as starting. */
  readonly isAged: boolean
  readonly actors: readonly ActorPlan[]
  readonly commands: readonly CommandPlan[]
  readonly disturbances: readonly DisturbancePlan[]
}
