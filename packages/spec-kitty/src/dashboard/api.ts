/**
 * The JSON that the dashboard's server sends to its page: `GET /api/missions`, `/api/missions/:id`,
 * `/api/missions/:id/documents/:name`, `/api/daemons`, and the events of `/api/events`. Types only, because the page and
 * the server both import this file.
 */

/** The state of a work package, as recorded in `status.events.jsonl`. */
export type Lane =
  | 'genesis'
  | 'planned'
  | 'blocked'
  | 'claimed'
  | 'in_progress'
  | 'for_review'
  | 'in_review'
  | 'approved'
  | 'done'
  | 'canceled'

/** The five columns of the board, from left to right. */
export type BoardColumn = 'planned' | 'doing' | 'for_review' | 'approved' | 'done'

/** Something malformed or unreadable in the project. It is shown, never repaired. */
export interface Problem {
  /** Relative to the project, with `/` as separator. */
  readonly path: string
  /** One sentence without the path: `line 3 is no JSON`, `its front matter is no YAML`. */
  readonly what: string
}

export interface MissionSummary {
  /** The name of its directory below `kitty-specs`. */
  readonly id: string
  readonly title: string
  /** From 0 to 1, by the weights of the lanes; null if no work package is on the board. */
  readonly progress: number | null
  readonly counts: Readonly<Record<BoardColumn, number>>
  /** When its files or its lanes last changed, ISO 8601 UTC. */
  readonly updated_at: string | null
  readonly problem_count: number
}

/** `GET /api/missions`. Sorted: last changed first. */
export interface MissionsReply {
  readonly project: { readonly name: string; readonly path: string }
  readonly missions: readonly MissionSummary[]
  /** Problems that are in no mission's reply, such as an unreadable `kitty-specs`. */
  readonly problems: readonly Problem[]
}

export interface WorkPackage {
  readonly id: string
  readonly title: string
  /** From the events: one of `Lane`, or a lane that this version does not know; `planned` without events. */
  readonly lane: string
  /** Null: not on the board (`genesis`). An unknown lane is shown in `planned`, with a problem. */
  readonly column: BoardColumn | null
  readonly dependencies: readonly string[]
  readonly subtasks: readonly string[]
  readonly agent: string | null
  readonly assignee: string | null
  readonly phase: string | null
  /** The name of its prompt among the mission's documents; null when events name a package without a file. */
  readonly document: string | null
  /** When its lane last changed, ISO 8601 UTC; null without events. */
  readonly updated_at: string | null
}

export interface DocumentSummary {
  /** Relative to the mission, with `/`: `spec.md`, `contracts/api.yaml`, `tasks/WP01-start.md`. */
  readonly name: string
  readonly bytes: number
}

/** `GET /api/missions/:id`. */
export interface MissionReply extends MissionSummary {
  /** Sorted by id. */
  readonly work_packages: readonly WorkPackage[]
  readonly documents: readonly DocumentSummary[]
  readonly problems: readonly Problem[]
}

/** `GET /api/missions/:id/documents/:name`, the name percent-encoded, including its slashes. */
export interface DocumentReply {
  readonly name: string
  /** Markdown is rendered by the page, everything else is shown as it is. */
  readonly format: 'markdown' | 'text'
  /** Without the front matter; null when the file cannot be shown (binary, unreadable, outside the project). */
  readonly text: string | null
  readonly bytes: number
  /** True when only the beginning is in `text`. */
  readonly is_truncated: boolean
  readonly problems: readonly Problem[]
}

/** One daemon of the page's Daemons view. */
export interface DaemonEntry {
  readonly family: string
  readonly pid: number | null
  readonly port: number | null
  readonly package_version: string | null
  /** The runtime root or the project it belongs to. */
  readonly scope: string | null
  /** True for the dashboard of this project and the sync daemon of this runtime root. */
  readonly is_live: boolean
  readonly cleanup_class: 'safe_auto' | 'operator_required' | 'never_touch'
  readonly skip_reason: string | null
  /** The id of the decision table row that matched. */
  readonly rule: string
  readonly uptime_seconds: number | null
  readonly memory_bytes: number | null
  /** What the user can do about the daemon, mostly a command; null if nothing is to be done. */
  readonly remedy: string | null
}

/** `GET /api/daemons`: everything that listens in the port ranges of both families. A scan is reused for a second. */
export interface DaemonsReply {
  readonly generated_at: string
  readonly families: readonly {
    readonly name: string
    /** Half-open: `to` is excluded. */
    readonly ports: { readonly from: number; readonly to: number }
    readonly daemons: readonly DaemonEntry[]
    /** Why the family could not be scanned, in one sentence; null if it was. */
    readonly problem: string | null
  }[]
}

/**
 * `GET /api/events`, server-sent events named `changed`. The first one of a stream has `missions: null` and comes as soon
 * as the project is watched: the page then reads everything, because it cannot know what it missed.
 */
export interface ChangedEvent {
  /** The missions that may have changed; null: any may have, and so may the list itself. */
  readonly missions: readonly string[] | null
}
