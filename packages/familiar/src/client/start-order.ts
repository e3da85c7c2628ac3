import type { Family } from '../family.js'
import type { Platform } from '../observe/platform/platform.js'
import type { Timing } from '../protocol/daemon-timing.js'

/** Why a daemon is started; written to its log. */
export type StartReason =
  | 'first_start'
  | 'recorded_dead'
  | 'version_mismatch'
  | 'installation_gone'
  | 'operator_restart'

/** How to start a daemon of this family. */
export interface Launch {
  /** The arguments after the interpreter: the entry module, the name of the family, the scope marker. */
  readonly args: readonly string[]
  /** The whole environment of the daemon. */
  readonly env: { readonly [name: string]: string | undefined }
  readonly cwd: string
  readonly logFile: string
  /** The only acceptable port. If omitted, the first free one of the range is used. */
  readonly port?: number
  readonly timing?: Partial<Timing>
}

export interface StartOrder {
  readonly family: Family
  /** The real path of the scope. */
  readonly scope: string
  readonly platform: Platform
  readonly launch: Launch
  readonly reason: StartReason
  readonly previousVersion: string | null
  /**
   * If this signal is aborted before the adoption, the daemon is not adopted and exits, and the signal's reason is
   * thrown.
   */
  readonly signal?: AbortSignal | undefined
  /** The deadline of the caller, who holds the life-cycle lock, on the clock of `monotonicMs`. */
  readonly until: number
  /** Called with one line of text if the daemon takes long to become ready. */
  readonly onWait?: ((message: string) => void) | undefined
}
