import type { SessionCure } from './gate-session.js'
import type { StartFailure } from './last-start.js'
import type { Obstacle } from './upload/gate.js'
import type { SignInObstacle } from './sign-in-obstacle.js'
import type { Source } from './settings-table.js'
import type { ClosedReason, ErrorKind, Gate, HeldReason } from './upload/upload-types.js'

/** Why events stay on this machine, and the one command that changes this or says what must be changed. */
export interface Why {
  readonly reason: WhyReason
  /** The reason, in one line. */
  readonly sentence: string
  /** The reason without the details that `sync status` shows on separate lines; `sentence` by default. */
  readonly brief?: string
  readonly command: string
  /** The command for people, with a placeholder or a comment that a script could not run; `command` by default. */
  readonly shown?: string
  /** A second command for people, which helps if the first one does not. */
  readonly also?: string
  /** Since when the daemon has not tried, ISO 8601; without this, it tries by itself. */
  readonly restsSince?: string
  /** What must be done by hand before the command for people. */
  readonly before?: string
  /** False if only some of the waiting events stay. */
  readonly isAll: boolean
  /**
   * What comes before the reason if all of them stay, but it would be wrong that nothing leaves: events of other projects
   * may, or the daemon may be able to do what this command cannot; `nothing leaves` by default.
   */
  readonly lead?: string
}

export type WhyReason =
  | ClosedReason
  | HeldReason
  | 'home_unwritable'
  | 'queue_unusable'
  | 'no_daemon'
  | 'daemon_wedged'
  | 'backing_off'

/** The detail of a project that has withdrawn its consent, in words that follow its name. */
export const OPTED_OUT = 'has opted out'

/** The detail of a directory that is there, and has nothing in it that makes it a project, in words that follow its name. */
export const NO_PROJECT = 'is not a project any more: it has neither .kittify nor kitty-specs'

/** A project that has waiting events and is not allowed to send them. */
export interface HeldProject {
  readonly project: string
  /** The origins of these events. */
  readonly origins?: readonly string[]
  readonly reason: HeldReason
  readonly detail: string | null
  readonly count: number
  /**
   * Whether `opt-in` repairs a consent that cannot be read or, once the directory has a `.kittify` again, lets the events of
   * a project that has lost it leave.
   */
  readonly isMendable?: boolean
  /** The command that lets the file of the consent be read; null if there is none. */
  readonly cure?: string | null
}

/** The state of sending. */
export interface Standing {
  readonly gate: Gate
  /** All obstacles that close the gate. If omitted, only the first is known. */
  readonly obstacles?: readonly Obstacle[]
  readonly queued: number
  /** Why the queue cannot be read; null if it can. */
  readonly queueProblem: string | null
  /** Whether the queue is damaged, so that its readable events can be saved. */
  readonly isQueueDamaged?: boolean
  /** The command that cures the queue, for people; null if there is none. */
  readonly queueCommand?: string | null
  /** The projects that are not allowed to send, the one with the oldest event first. */
  readonly held: readonly HeldProject[]
  readonly isDaemonRunning: boolean
  /** The command that ends a daemon that does not answer; null if the daemon is not in that state. */
  readonly wedgedStop?: string | null
  /**
   * The state of a daemon that this command cannot reach and that prevents another one from starting; null if there is
   * none.
   */
  readonly away?: string | null
  /** Whether that daemon was started for the path from which the home was moved here, so that it exits by itself. */
  readonly isHomeMoved?: boolean
  /** Why the last start of a daemon failed; null if that is not known, or if one was started since. */
  readonly startFailure?: StartFailure | null
  /** Whether a restart would only replace this user's own daemon of this version by one with another environment. */
  readonly isRestartHarmless?: boolean
  /** Whether hosted sync is on for this command. The daemon may have been started without it. */
  readonly isHostedHere?: boolean
  /** Why the home is not writable, so that no daemon can start there; null if it is writable. */
  readonly homeProblem?: string | null
  /** Whether the disk of the home is full for what a daemon usually needs. Little is enough to send what waits. */
  readonly isDiskFull?: boolean
  /** How to make the home writable, in words for the user. */
  readonly wayOut?: string | null
  /** The command that does so; null if there is none. */
  readonly wayOutCommand?: string | null
  /** The line of `config.toml` that makes the whole file unreadable; null if there is none. */
  readonly brokenLine?: string | null
  /** The setting other than hosted sync that forbids commands to start the daemon on their own, in words; null if none does. */
  readonly startForbidden?: string | null
  /** The variable that forbids using a daemon at all; null if there is none. */
  readonly disabledBy?: string | null
  /** All variables that forbid commands to use or start a daemon; `disabledBy` by default. */
  readonly disabling?: readonly string[]
  /** Whether the configuration allows only `sync start` to start the daemon. */
  readonly isManual?: boolean
  /** Why no sign-in works here, unless another reason says so; null if nothing is known to be in the way. */
  readonly signInObstacle?: SignInObstacle | null
  /** The server for a sign-in; null if none is known. */
  readonly loginServer: string | null
  /** The server of the session; null if there is no session. */
  readonly sessionServer?: string | null
  /** Where the server is set for the daemon or, if none runs, for this command. */
  readonly addressSource?: Source
  /** Whether no server is set, so that events are sent to the server of the session. */
  readonly isServerOfSession?: boolean
  /** Whether the daemon was started with another value of the variable that sets the server. */
  readonly isOtherAddress?: boolean
  /** Whether the user gave the token of the session. Signing in again then needs another token. */
  readonly isTokenGiven?: boolean
  /** The command that lets the session be read, or stored; null if there is none. */
  readonly sessionCure?: SessionCure | null
  /** The command that lets `config.toml` be read; null if there is none. */
  readonly configCure?: string | null
  /** The obstacles for a daemon with the variables of this command; null if the daemon has the same ones. */
  readonly obstaclesHere?: readonly Obstacle[] | null
  readonly lastError: string | null
  readonly lastErrorKind?: ErrorKind | null
  /** What is said of the event that fails alone again and again, so that those behind it wait; null if there is none. */
  readonly stuckError?: string | null
  /** The id of that event. */
  readonly stuckEventId?: string | null
  /** When the server refused the session, since when the daemon has not tried again, ISO 8601; null if that is unknown. */
  readonly refusedAt?: string | null
  /** Whether a daemon that was started since the server refused this session was refused too. */
  readonly isRefusedAgain?: boolean
  /** Whether the server refused the session of an earlier daemon, and has taken nothing since. */
  readonly wasRefused?: boolean
  /** The variables whose other values at the daemon's start may be the cause of the last error. */
  readonly otherAtStart?: readonly string[]
  /** Whether the daemon makes another attempt after failures, and has no answer yet. */
  readonly isTryingAgain?: boolean
  /**
   * The beginning of a line that keeps what the daemon has and this shell does not, so that a restart takes nothing away;
   * null if there is none.
   */
  readonly restoring?: string | null
  /** The time of the daemon's next attempt after a failure, ISO 8601. */
  readonly nextAttemptAt: string | null
}
