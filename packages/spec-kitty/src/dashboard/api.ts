/**
 * The JSON that the dashboard's server sends to its page: `GET /api/missions`, `/api/missions/:id`,
 * `/api/missions/:id/documents/:name`, `/api/daemons`, and the events of `/api/events`. Every reply names its project in
 * the header `spec-kitty-project`, because another project's dashboard may have taken over the port. Types only, because
 * the page and the server both import this file.
 */

/** The header that names the project of a reply, by the id in `HelloEvent`. */
export type ProjectHeader = 'spec-kitty-project'

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
  /**
   * From 0 to 1, by the weights of the lanes; null if no work package is on the board. Packages that are not on the board
   * because their lane is not known count as 0.
   */
  readonly progress: number | null
  readonly counts: Readonly<Record<BoardColumn, number>>
  /** How many packages have a prompt and no lane: the log does not mention them. */
  readonly not_finalised: number
  /** How many packages are in a lane that this version does not know. */
  readonly unknown_lanes: number
  /** When it last changed, ISO 8601 UTC, as `updated_from` says; null if it is empty. */
  readonly updated_at: string | null
  /**
   * Where `updated_at` is from: the newest event in the log; without events, the newest date in `meta.json`; without that,
   * the newest modification time of its files, which a `git checkout` changes.
   */
  readonly updated_from: 'event' | 'meta' | 'files' | null
  readonly problem_count: number
}

/** `GET /api/missions`. Sorted: last changed first. */
export interface MissionsReply {
  readonly project: { readonly name: string; readonly path: string }
  readonly missions: readonly MissionSummary[]
  /** Problems that are in no mission's reply, such as an unreadable `kitty-specs`. */
  readonly problems: readonly Problem[]
}

/**
 * What an annotation in the log says at work (agent, assignee, model, role, profile) counts, else what the front matter of
 * the prompt says.
 */
export interface WorkPackage {
  readonly id: string
  readonly title: string
  /** One of `Lane`, or a lane that this version does not know; null: it has none, which means that it is not finalised. */
  readonly lane: string | null
  /**
   * Where the lane is from: an event in the log; in a mission without such events, the `lane` in the front matter of the
   * prompt, or the folder that the prompt is in (`tasks/done/`). Null: it has no lane.
   */
  readonly lane_source: 'events' | 'front_matter' | 'folder' | null
  /** Null: not on the board (`genesis`, no lane, or an unknown lane, which is a problem too). */
  readonly column: BoardColumn | null
  /** The worktree whose copy of the log has the event that gave the lane, if the main checkout does not have it. */
  readonly worktree: string | null
  readonly dependencies: readonly string[]
  /** The ids in the front matter. */
  readonly subtasks: readonly string[]
  /** What the log says of subtasks, also of some that are not in `subtasks`; `done` means done. */
  readonly subtask_states: readonly { readonly id: string; readonly state: string }[]
  readonly agent: string | null
  readonly assignee: string | null
  readonly phase: string | null
  readonly model: string | null
  readonly role: string | null
  /** The profile of the agent. */
  readonly profile: string | null
  /** The last 20 notes in the log, oldest first. Times are ISO 8601 UTC. */
  readonly notes: readonly { readonly at: string; readonly by: string | null; readonly text: string }[]
  /** The last review in the log. */
  readonly review: {
    readonly by: string | null
    readonly at: string | null
    readonly reason: string | null
  } | null
  /** The last verdict that an annotation in the log has. */
  readonly review_result: {
    readonly verdict: string
    readonly reviewer: string | null
    readonly reference: string | null
  } | null
  /** The name of its prompt among the mission's documents; null when events name a package without a file. */
  readonly document: string | null
  /** When its lane last changed, ISO 8601 UTC; null without an event. */
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
  /** The worktrees whose copies of the log have events that the main checkout does not have, and how many. */
  readonly worktrees: readonly { readonly name: string; readonly events: number }[]
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
  /** The command that the user can run about the daemon, or a sentence where there is none; null if nothing is to be done. */
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
 * `GET /api/events`: server-sent events. The first one is `hello`, sent at once. Then come `watch` and `changed`, as soon as
 * the project is watched, and every time something happens; and `heartbeat` every ten seconds, without a meaning of its own:
 * a client that has heard nothing for 25 s has lost the dashboard.
 */
export interface StreamEvents {
  readonly hello: HelloEvent
  readonly watch: WatchEvent
  readonly changed: ChangedEvent
  readonly heartbeat: Readonly<Record<string, never>>
}

/** Who answers. A client that gets another project than before must not go on: what it shows is not of this project. */
export interface HelloEvent {
  readonly project: {
    /** Stands for the path of the project, and is in the header `spec-kitty-project` of every reply. */
    readonly id: string
    readonly name: string
    readonly path: string
  }
  /** Differs between two runs of the dashboard. */
  readonly instance: string
  readonly version: string
  /** The build of the page that this dashboard serves, as the page says in its `<meta name="page-build">`. */
  readonly page: string
}

/** Whether changes of the project are told by the system, or found only by looking at it again and again. */
export interface WatchEvent {
  /** Null: all of them are told. */
  readonly blind: {
    /** ISO 8601 UTC. */
    readonly since: string
    /** Why, in one sentence. */
    readonly why: string
  } | null
}

/** The first one of a stream has `missions: null`: the page then reads everything, because it cannot know what it missed. */
export interface ChangedEvent {
  /** The missions that may have changed; null: any may have, and so may the list itself. */
  readonly missions: readonly string[] | null
}
