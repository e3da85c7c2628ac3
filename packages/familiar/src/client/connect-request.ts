import type { Launch, StartReason } from './launch.js'
import type { Family } from '../family.js'
import type { Self, VersionRelation } from '../identity/versions.js'
import type { Platform } from '../observe/platform/platform.js'
import type { Replaced } from './replace.js'
import type { DaemonRecord } from '../protocol/record.js'
import type { SelfReport } from '../protocol/self-report.js'

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
  /** Returns the command that cleans up another scope; null if there is none. */
  readonly cleanCommand?: (scope: string) => string | null
  /** Returns the command that explains an id. */
  readonly explainCommand?: (id: string) => string
  /** What the user can do if this scope's daemon is out of reach: `set X to ... to use another daemon here`. */
  readonly otherScopeHint?: string
  /** Returns the command that stops the daemon of another scope; null if there is none. */
  readonly stopElsewhereCommand?: (scope: string) => string | null
  readonly onWait?: (message: string) => void
  /**
   * Aborting this signal ends the waits of the command. A daemon that is being started at that moment is not adopted, and
   * exits.
   */
  readonly signal?: AbortSignal
  /** False if no daemon may be replaced: an older one of the same protocol is then used as it is. */
  readonly mayReplace?: boolean
}

export interface ConnectRequest extends ScopeRequest {
  readonly launch: Launch
  /** Why no daemon may be started; omitted if one may, as when the user asked for it. */
  readonly skipReason?: string | null
  /** The reason to log if a daemon has to be started; if omitted, it is determined. */
  readonly reason?: StartReason
  /** The environment variable that overrides the version a daemon reports; named in the hint of `E_VERSION_MISMATCH`. */
  readonly versionVariable: string
  /** Returns whether the installation of this command is gone from disk, or of another version than the command; null if unknown. */
  readonly isInstallationChanged?: () => boolean | null
}

/**
 * `started`: null if a running daemon was found. `replaced`: the daemon that it replaced. `relation`: how its version
 * compares with that of this installation. `skipped`: no usable daemon runs, and none may be started; `reason` says why.
 */
export type Found =
  | {
      readonly outcome: 'connected'
      readonly record: DaemonRecord
      readonly report: SelfReport
      readonly started: StartReason | null
      readonly replaced: Replaced | null
      readonly relation: VersionRelation
    }
  | { readonly outcome: 'skipped'; readonly reason: string }
