import type { Launch, StartReason } from '../act/start.js'
import type { Family } from '../family.js'
import type { Self } from '../identity/versions.js'
import type { Platform } from '../observe/platform/platform.js'

/** Whether a daemon may be started at all when nobody asked for it by name. */
export interface StartPolicy {
  /** The variable that forbids it, where it is set. */
  readonly disabledBy: string | null
  readonly isRolledOut: boolean
  /** `local_only`: what the caller does needs no daemon of this family, so none is started. */
  readonly intent: 'remote_required' | 'local_only'
  readonly isManual: boolean
}

/** The scope whose daemon somebody wants, and the installation that wants it. */
export interface ScopeRequest {
  readonly family: Family
  /** The real path of the scope. */
  readonly scope: string
  readonly platform: Platform
  /** The installation that a daemon is compared with. */
  readonly self: Self
  /** The command that ends a daemon that does not answer; the port is null where it has none yet. */
  readonly doctorCommand: (port: number | null) => string
  /** The command that stops the daemon of the scope, of any version. */
  readonly stopCommand: string
  /** What else can be done where the daemon of this scope runs out of reach: `set X to ... to use another daemon here`. */
  readonly otherScopeHint?: string
  readonly onWait?: (message: string) => void
}

export interface ConnectRequest extends ScopeRequest {
  readonly launch: Launch
  /** Null for a start that somebody asked for: then nothing forbids it. */
  readonly policy: StartPolicy | null
  /** The reason that stands in the log of a daemon that had to be started; without one it is found out. */
  readonly reason?: StartReason
  /** The variable that makes a daemon report another version than its own: named where two versions do not come together. */
  readonly versionVariable: string
}
