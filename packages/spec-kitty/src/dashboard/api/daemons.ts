/** One daemon in the page's Daemons view. */
export interface DaemonEntry {
  readonly family: string
  readonly pid: number | null
  readonly port: number | null
  readonly package_version: string | null
  /** The runtime root or the project that the daemon belongs to. */
  readonly scope: string | null
  /** True for the dashboard of this project and the sync daemon of this runtime root. */
  readonly is_live: boolean
  /** True for the dashboard that sends this reply. */
  readonly is_self: boolean
  /** The page of a dashboard that is proven to be in use, of any project; null for all other daemons. */
  readonly url: string | null
  /** The reason (`skip_reason`) in one sentence, for a reader who does not know the rules. */
  readonly explanation: string
  readonly cleanup_class: 'safe_auto' | 'operator_required' | 'never_touch'
  readonly skip_reason: string | null
  /** The id of the decision table row that matched. */
  readonly rule: string
  readonly uptime_seconds: number | null
  readonly memory_bytes: number | null
  /** The command that the user can run for the daemon, or a sentence if there is none; null if nothing needs to be done. */
  readonly remedy: string | null
}

/** `GET /api/daemons`: every process that listens in the port ranges of both families. A scan is reused for a second. */
export interface DaemonsReply {
  readonly generated_at: string
  readonly families: readonly {
    readonly name: string
    /** Half-open: `to` is excluded. */
    readonly ports: { readonly from: number; readonly to: number }
    readonly daemons: readonly DaemonEntry[]
    /** Why the family could not be scanned, in one sentence; null if it was. */
    readonly problem: string | null
    readonly clean_up: CleanUp
  }[]
  readonly summary: {
    /** How many daemons a clean-up would end. */
    readonly stale: number
    /** The memory that these daemons use; null if it is unknown for all of them. */
    readonly stale_bytes: number | null
    /** How many daemons need a decision. */
    readonly undecided: number
    /** The clean-up commands, one for each family that has something stale. */
    readonly commands: readonly string[]
    /** One line: `1 stale, 44 MB: one command`, or `nothing to clean up`. */
    readonly text: string
  }
}

/** What a clean-up of a family would do now. */
export interface CleanUp {
  /** The command that does it; null if there is nothing to do. */
  readonly command: string | null
  /** The command that only reports what it would do. */
  readonly dry_run_command: string
  /** What would happen, one sentence per line. */
  readonly lines: readonly string[]
}
