/**
 * The JSON that the dashboard's server sends to its page: `GET /api/now`, `/api/missions`, `/api/missions/:id`,
 * `/api/missions/:id/documents/:name`, `/api/charter`, `/api/search?q=`, `/api/daemons`, and the events of `/api/events`.
 * Every reply names its project in the header `spec-kitty-project`, because another project's dashboard may have taken over
 * the port. Types only, because the page and the server both import this file.
 */

export type { CleanUp, DaemonEntry, DaemonsReply } from './api-daemons.js'

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
  /** What the mission is for, in one line (`purpose_tldr` in `meta.json`); null if it does not say. */
  readonly purpose: string | null
  readonly section: MissionSection
  readonly state: MissionState
  /** The state in words, such as `approved, waiting for merge` or `2 wait for you`. */
  readonly state_words: string
  /** The commit of its merge (`baseline_merge_commit`); null if it is not merged. */
  readonly merge_commit: string | null
  /** How many packages are in each lane; `not_finalised` ones and those in unknown lanes are not counted here. */
  readonly lanes: Readonly<Partial<Record<Lane, number>>>
  /** The agents of its packages, each once, sorted. */
  readonly agents: readonly string[]
  /** How many of its packages wait for you (`NowReply.waiting`), and how many are stalled (`NowReply.stalled`). */
  readonly waiting_count: number
  readonly stalled_count: number
}

/**
 * Where a mission stands in the list. `finished`: nothing is to be done, or it is merged and nothing is in work or in review;
 * `waiting`: something in it waits for you; `active`: everything else.
 */
export type MissionSection = 'active' | 'waiting' | 'finished'

/**
 * The first that is true. `merged`: it is merged, and nothing is in work or in review; `done`: all packages are done or
 * canceled; `approved`: all are at least approved, and it can be merged; `waiting`: packages wait for you; `working`: packages
 * are in Doing or in review; `not_finalised`: there are prompts, but no package on the board; `empty`: there are no packages;
 * `planned`: no work has begun.
 */
export type MissionState =
  | 'merged'
  | 'done'
  | 'approved'
  | 'waiting'
  | 'working'
  | 'not_finalised'
  | 'empty'
  | 'planned'

/** `GET /api/missions`. Sorted: last changed first. */
export interface MissionsReply {
  readonly project: { readonly name: string; readonly path: string }
  /** The path of the project's charter, relative to the project; null if there is none. `GET /api/charter` has its text. */
  readonly charter: string | null
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
  /** The last verdict that an annotation or a lane change in the log has. */
  readonly review_result: {
    readonly verdict: string
    readonly reviewer: string | null
    readonly reference: string | null
  } | null
  /** The name of its prompt among the mission's documents; null when events name a package without a file. */
  readonly document: string | null
  /** When its lane last changed, ISO 8601 UTC; null without an event. */
  readonly updated_at: string | null
  /** Since when it is in its lane, ISO 8601 UTC: an event that leaves it in its lane does not count. Null without an event. */
  readonly lane_since: string | null
  /** Its lane changes in the order of the log, oldest first: the last 200. */
  readonly history: readonly LaneChange[]
  /** How many older lane changes `history` leaves out. */
  readonly history_omitted: number
  /** How often it went from `for_review` or `in_review` back to `planned`, `claimed` or `in_progress`. */
  readonly sent_back: number
  /** It is planned, and everything that it depends on is approved or done. */
  readonly is_ready: boolean
  /** The dependencies that are neither approved nor done, if it is in Planned or not finalised; else none. */
  readonly waiting_for: readonly string[]
  /** Of the subtasks in the front matter and in the log together. */
  readonly subtasks_done: number
  readonly subtasks_total: number
  /** The command that takes it further; null if there is none to type (it is in work, waits for others, or is finished). */
  readonly next_command: string | null
  /** Whether the process of its agent lives; null if it is not being worked on (it is not in Doing and not `in_review`). */
  readonly process: AgentProcess | null
}

/** One line of the log that moved a package. */
export interface LaneChange {
  /** ISO 8601 UTC. */
  readonly at: string
  /** Null: the log does not say, and it is the first one. */
  readonly from: string | null
  readonly to: string
  readonly by: string | null
  readonly reason: string | null
  /** The verdict of the review that ended with it, such as `approved`. */
  readonly verdict: string | null
  /** Someone made the change against the rules of the tool (`force`). */
  readonly is_forced: boolean
  /** The worktree whose copy of the log has it, if the main checkout does not have it. */
  readonly worktree: string | null
}

/**
 * Whether the process that works on a package lives, by the pid and the start time in the log (`shell_pid`,
 * `shell_pid_created_at`), compared with what this machine's kernel says. Silence never counts.
 *
 * - `running`: the pid exists here, and its start time is that in the log, to 2 s.
 * - `not_running_here`: no such pid, or it was given to another process. It may run on another machine or in a container.
 * - `unknown`: the log names no pid or no start time, or the kernel does not tell.
 */
export interface AgentProcess {
  readonly liveness: 'running' | 'not_running_here' | 'unknown'
  readonly pid: number | null
  /** When it started according to the log, ISO 8601 UTC. */
  readonly started_at: string | null
  /** Why, in one sentence. */
  readonly why: string
}

export interface DocumentSummary {
  /** Relative to the mission, with `/`: `spec.md`, `contracts/api.yaml`, `tasks/WP01-start.md`. */
  readonly name: string
  readonly bytes: number
  /** The package that it is about: its prompt, or a file in a folder below `tasks` that is named like the package. */
  readonly work_package: string | null
}

/** `GET /api/missions/:id`. */
export interface MissionReply extends MissionSummary {
  /** Sorted by id. */
  readonly work_packages: readonly WorkPackage[]
  readonly documents: readonly DocumentSummary[]
  /** The worktrees whose copies of the log have events that the main checkout does not have, and how many. */
  readonly worktrees: readonly { readonly name: string; readonly events: number }[]
  /** The command that takes the mission further, such as the one that finalises or merges it; null if there is none. */
  readonly next_command: string | null
  readonly flow: Flow
  readonly problems: readonly Problem[]
}

/** How the work of a mission went, from its log. Packages that no event moves are not in it. */
export interface Flow {
  /** The days (UTC) on which a lane changed, oldest first, at most the last 400. On days between, nothing changed. */
  readonly days: readonly FlowDay[]
  /** Sorted by id. */
  readonly packages: readonly PackageFlow[]
}

/** How many packages were in each column when the day ended. */
export interface FlowDay extends Readonly<Record<BoardColumn, number>> {
  /** `2026-06-17`. */
  readonly date: string
  /** All that were on the board. */
  readonly total: number
}

export interface PackageFlow {
  readonly id: string
  /** When it first came into Doing, ISO 8601 UTC; null if it never did. */
  readonly started_at: string | null
  /** Since when it is approved or done; null if it is not. */
  readonly finished_at: string | null
  /** From `started_at` to `finished_at`; null unless both are known. */
  readonly cycle_seconds: number | null
  readonly sent_back: number
}

/** `GET /api/now`: what happens in all missions, and what needs you. Within each list, the longest in its lane is first. */
export interface NowReply {
  /** ISO 8601 UTC. */
  readonly generated_at: string
  /** The packages in Doing whose process is running, or is not known. */
  readonly working: readonly NowPackage[]
  /** The packages that wait for you. One in Doing is also in `working` or `stalled`. */
  readonly waiting: readonly WaitingPackage[]
  /** The packages in Doing whose process is not running here. */
  readonly stalled: readonly NowPackage[]
  /** The missions whose packages are all at least approved, and that are not merged. */
  readonly ready_to_merge: readonly {
    readonly mission: MissionName
    readonly since: string | null
    readonly command: string
  }[]
  /** How many there are of each, also of those that are left out: each list has at most 500. */
  readonly counts: {
    readonly working: number
    readonly waiting: number
    readonly stalled: number
    readonly ready_to_merge: number
  }
}

export interface MissionName {
  readonly id: string
  readonly title: string
}

export interface NowPackage {
  readonly mission: MissionName
  readonly id: string
  readonly title: string
  readonly lane: string
  readonly agent: string | null
  readonly assignee: string | null
  readonly model: string | null
  readonly role: string | null
  readonly profile: string | null
  /** Since when it is in its lane, ISO 8601 UTC. */
  readonly lane_since: string | null
  readonly subtasks_done: number
  readonly subtasks_total: number
  readonly sent_back: number
  /** Null unless the package is in the column Doing or in the lane `in_review`, where an agent should be at work on it. */
  readonly process: AgentProcess | null
  readonly next_command: string | null
  readonly worktree: string | null
}

export interface WaitingPackage extends NowPackage {
  /**
   * `for_review`: its review has not begun; `review_abandoned`: it is `in_review`, but no agent is named, or its process is not
   * running here; `blocked`; `sent_back`: a review sent it back, nothing has moved it since, and no process works on it.
   */
  readonly why: 'for_review' | 'review_abandoned' | 'blocked' | 'sent_back'
  /** What the log says of it: the reason of the last lane change, or of the last review. */
  readonly reason: string | null
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

/** `GET /api/charter`: the charter of the project; 404 if there is none. */
export interface CharterReply extends DocumentReply {
  /** Relative to the project. */
  readonly path: string
}

/**
 * `GET /api/search?q=TEXT`: what has all words of the text, without regard to case, in the names and titles of missions and
 * packages, and in the names and texts of documents. 400 if the text is empty, longer than 200 characters, or has control
 * characters.
 */
export interface SearchReply {
  readonly query: string
  /** At most 50: missions, then packages, then documents by name, then by text; of each, the last changed mission first. */
  readonly results: readonly SearchResult[]
  /** False: there are more results, or the time (2 s) did not suffice to read everything. */
  readonly is_complete: boolean
  /** How many documents were read, and how many there are. */
  readonly documents_read: number
  readonly documents_total: number
}

export interface SearchResult {
  readonly kind: 'mission' | 'package' | 'document'
  readonly mission: MissionName
  /** The id of the package; null for a mission, and for a document that belongs to none. */
  readonly work_package: string | null
  /** The name of the document to open; null for a mission, and for a package without a prompt. */
  readonly document: string | null
  readonly title: string
  /** Text around the first match, on one line: show it as text. Null if only the name or title matches. */
  readonly snippet: string | null
  /** The line of the match in the shown text of the document, from 1; null without a snippet. */
  readonly line: number | null
}

/** The body of every refusal. */
export interface ErrorReply {
  readonly error: string
  /** One sentence, for some errors. */
  readonly message?: string
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

/**
 * The first one of a stream has `missions: null`: the page then reads everything, because it cannot know what it missed. Each
 * has an id (the `id` line of server-sent events); with `/api/events?after=ID`, the first one names what changed since, which
 * may be nothing.
 */
export interface ChangedEvent {
  /** The missions that may have changed; null: any may have, and so may the list itself. */
  readonly missions: readonly string[] | null
}
