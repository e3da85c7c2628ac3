import type { Launch, StartReason } from './start-order.js'
import type { FamiliarError } from '../errors.js'
import type { Family } from '../family.js'
import type { Self, VersionRelation } from '../identity/versions.js'
import type { Platform } from '../observe/platform/platform.js'
import type { Replaced } from './replace.js'
import type { DaemonRecord } from '../protocol/record.js'
import type { SelfReport } from '../protocol/self-report.js'

/** The scope whose daemon is wanted, and the installation that asks for it. */
export interface ScopeRequest {
  readonly family: Family
  /** The real path of the scope. */
  readonly scope: string
  readonly platform: Platform
  /** The installation that a daemon is compared with. */
  readonly self: Self
  /** Returns the command that ends a daemon that does not answer. The port is null if the daemon has none yet. */
  readonly doctorCommand: (port: number | null) => string
  /** The command that stops the daemon of the scope, of any version. */
  readonly stopCommand: string
  /** The tool's name for a scope; by default `scope`. */
  readonly scopeName?: string
  /** Returns the command that cleans up another scope; null if there is none. */
  readonly cleanCommand?: (scope: string) => string | null
  /** Returns the command that explains an id. */
  readonly explainCommand?: (id: string) => string
  /** Advice if this scope's daemon is out of reach, for example `set X to ... to use another daemon here`. */
  readonly otherScopeHint?: string
  /** Returns the command that stops the daemon of another scope; null if there is none. */
  readonly stopElsewhereCommand?: (scope: string) => string | null
  readonly onWait?: (message: string) => void
  /**
   * Aborting this signal ends the waits of the command. A daemon that is being started at that moment is not adopted, and
   * exits.
   */
  readonly signal?: AbortSignal
  /** False if no daemon may be replaced. An older daemon of the same protocol is then used as it is. */
  readonly mayReplace?: boolean
}

export interface ConnectRequest extends ScopeRequest {
  readonly launch: Launch
  /** Why no daemon may be started; omitted if one may be started, for example because the user asked for it. */
  readonly skipReason?: string | null
  /**
   * Returns the error to throw, instead of starting a daemon, if the last one was stopped by a command. Omitted if one is
   * started all the same.
   */
  readonly whenStopped?: () => FamiliarError
  /** The reason to log if a daemon has to be started. If omitted, it is determined then. */
  readonly reason?: StartReason
  /**
   * The environment variable that overrides the version that a daemon reports. It is named in the hint of
   * `E_VERSION_MISMATCH`.
   */
  readonly versionVariable: string
  /**
   * Returns whether the installation of this command was removed, or now has another version than the command; null if
   * unknown.
   */
  readonly isInstallationChanged?: () => boolean | null
}

/**
 * The result of a connect. `started`: null if a running daemon was found. `replaced`: the daemon that it replaced.
 * `relation`: how its version compares with that of this installation. `skipped`: no usable daemon runs, and none may be
 * started, for the reason in `reason`.
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
