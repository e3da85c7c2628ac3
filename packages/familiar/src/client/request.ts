import type { Launch, StartReason } from './spawn.js'
import type { Family } from '../family.js'
import type { Self } from '../identity/versions.js'
import type { Platform } from '../observe/platform/platform.js'

/** Whether a daemon may be started if the user did not explicitly ask for one. */
export interface StartPolicy {
  /** The environment variable that forbids it, null if it is not set. */
  readonly disabledBy: string | null
  readonly isRolledOut: boolean
  /** `local_only`: what the caller does needs no daemon of this family, so none is started. */
  readonly intent: 'remote_required' | 'local_only'
  readonly isManual: boolean
}

/** The scope whose daemon is wanted, and the installation that wants it. */
export interface ScopeRequest {
  readonly family: Family
  /** The real path of the scope. */
  readonly scope: string
  readonly platform: Platform
  /** The installation that a daemon is compared with. */
  readonly self: Self
  /** The command that ends a daemon that does not answer; the port is null if it has none yet. */
  readonly doctorCommand: (port: number | null) => string
  /** The command that stops the daemon of the scope, of any version. */
  readonly stopCommand: string
  /** What the user can do if this scope's daemon is out of reach: `set X to ... to use another daemon here`. */
  readonly otherScopeHint?: string
  readonly onWait?: (message: string) => void
}

export interface ConnectRequest extends ScopeRequest {
  readonly launch: Launch
  /** Null for a start that the user asked for: nothing forbids it. */
  readonly policy: StartPolicy | null
  /** The reason to log if a daemon has to be started; if omitted, it is determined. */
  readonly reason?: StartReason
  /** The environment variable that overrides the version a daemon reports; named in the hint of `E_VERSION_MISMATCH`. */
  readonly versionVariable: string
}
