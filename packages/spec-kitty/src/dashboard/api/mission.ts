import type { BoardColumn, Problem } from './common.js'
import type { DocumentSummary } from './documents.js'
import type { MissionSummary } from './missions.js'
import type { AgentProcess } from './processes.js'

/**
 * A work package. What the log says about agent, assignee, model, role or profile takes precedence over the front matter
 * of the prompt. Model, role and profile are those of `agent`.
 */
export interface WorkPackage {
  /** In the spelling of the prompt; without a prompt, in that of the log. */
  readonly id: string
  readonly title: string
  /**
   * One of `Lane`, or a lane that this version does not know. Null if the package has no lane: it is not finalised or, if
   * `is_lane_unread`, its lane could not be read.
   */
  readonly lane: string | null
  /** True if the lane is missing only because the log could not be read completely. */
  readonly is_lane_unread: boolean
  /**
   * Why the last lane change of the package may be another one: a part of the log could not be read, or its last event is
   * in the future. `lane` is then the last one that is known. Null if the lane is certain.
   */
  readonly lane_doubt: string | null
  /**
   * Where the lane comes from: an event in the log or, in a mission without such events, the `lane` in the front matter
   * of the prompt, or the folder that contains the prompt (`tasks/done/`). Null: the package has no lane.
   */
  readonly lane_source: 'events' | 'front_matter' | 'folder' | null
  /**
   * The column on the board; null if the package is not on the board. It is not if its lane is `genesis`, missing or
   * unknown; an unknown lane is also a problem.
   */
  readonly column: BoardColumn | null
  /** The worktree whose copy of the log contains the event that set the lane, if the main checkout does not contain it. */
  readonly worktree: string | null
  readonly dependencies: readonly string[]
  /** The ids of the package's subtasks, from the front matter. */
  readonly subtasks: readonly string[]
  /**
   * The states of subtasks in the log, which may name subtasks that are not in `subtasks`. `completed` and `complete`, in
   * upper or lower case, are returned as `done`. An id is written as in `subtasks`, even if the log writes it in another
   * case or the prompt writes text after it.
   */
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
  /** The last verdict of an annotation or a lane change in the log. */
  readonly review_result: {
    readonly verdict: string
    readonly reviewer: string | null
    readonly reference: string | null
  } | null
  /** The review in the front matter (`review_status`, `reviewed_by`); null if there is none, or if the log contains a review. */
  readonly front_matter_review: { readonly status: string | null; readonly by: string | null } | null
  /** The name of the package's prompt among the mission's documents; null if events name a package without a file. */
  readonly document: string | null
  /** When the lane of the package last changed, ISO 8601 UTC; null without an event. */
  readonly updated_at: string | null
  /**
   * When the package entered its present lane, ISO 8601 UTC. A later event with the same lane does not count. Null
   * without an event.
   */
  readonly lane_since: string | null
  /** The last 200 lane changes of the package in the order of the log, oldest first. */
  readonly history: readonly LaneChange[]
  /** How many older lane changes are omitted from `history`. */
  readonly history_omitted: number
  /** How often a review sent the package back to `planned`, `claimed` or `in_progress`. */
  readonly sent_back: number
  /**
   * True if the package is planned, everything that it depends on is known and approved or done, and the mission is neither
   * merged nor discarded.
   */
  readonly is_ready: boolean
  /**
   * The dependencies that are neither approved nor done. Only for a package that is in Planned or not finalised;
   * otherwise empty.
   */
  readonly waiting_for: readonly string[]
  /**
   * Why a package in Planned is neither ready nor has a command, in a few words: `it waits for WP02`. Null for any other
   * package.
   */
  readonly not_ready_because: string | null
  /**
   * What the log says about why the package is blocked, or why a review sent it back; null if it says nothing, or if the package is
   * neither blocked nor where the review put it.
   */
  readonly reason: string | null
  /** The time of the newest event of any kind about the package, ISO 8601 UTC; null without one. */
  readonly last_event_at: string | null
  /** The number of done subtasks and of all, counting those in the front matter and those in the log. */
  readonly subtasks_done: number
  readonly subtasks_total: number
  /**
   * The command that continues the package; null if none is needed (an agent is working on it, it waits for others, or it
   * is finished). If its agent has left it, the command that resumes its work or its review.
   */
  readonly next_command: string | null
  /**
   * Whether the process of the package's agent is running; null if nobody should be working on the package (it is not in
   * Doing and not `in_review`).
   */
  readonly process: AgentProcess | null
}

/** One line of the log that moved a package. */
export interface LaneChange {
  /** ISO 8601 UTC. */
  readonly at: string
  /** The previous lane; null if the log does not name it and this is the first change. */
  readonly from: string | null
  readonly to: string
  readonly by: string | null
  readonly reason: string | null
  /** The verdict of the review that ended with this change, such as `approved`. */
  readonly verdict: string | null
  /** True if someone forced the change against the rules of the tool (`force`). */
  readonly is_forced: boolean
  /**
   * True if a review sent the package back with this change. A reviewer who begins a review also moves it to
   * `in_progress`; that does not count.
   */
  readonly is_sent_back: boolean
  /** The worktree whose copy of the log contains the change, if the main checkout does not. */
  readonly worktree: string | null
}

/** `GET /api/missions/:id`. */
export interface MissionReply extends MissionSummary {
  /** Sorted by id. */
  readonly work_packages: readonly WorkPackage[]
  readonly documents: readonly DocumentSummary[]
  /**
   * The worktrees whose copies of the log contain events that the main checkout does not, with the number of these events.
   * An event that several worktrees have counts for each of them.
   */
  readonly worktrees: readonly { readonly name: string; readonly events: number }[]
  /** The command that continues the mission, such as the one that finalises or merges it; null if there is none. */
  readonly next_command: string | null
  /** The decisions that the log asks for and that were not taken, withdrawn or deferred, the oldest first. */
  readonly open_decisions: readonly OpenDecision[]
  readonly flow: Flow
  readonly problems: readonly Problem[]
}

/**
 * A decision that waits for you. Its state is in the log; if the log could not be read completely, no decision is
 * reported as open.
 */
export interface OpenDecision {
  readonly id: string
  readonly question: string
  /** ISO 8601 UTC; null if the log does not say when. */
  readonly asked_at: string | null
  /** The name of the document about it; null if there is none. */
  readonly document: string | null
}

/** How the work of a mission progressed, according to its log. Packages without lane changes are left out. */
export interface Flow {
  /** The days (UTC) on which a lane changed, oldest first, at most the last 400. Nothing changed on the days in between. */
  readonly days: readonly FlowDay[]
  /** Sorted by id. */
  readonly packages: readonly PackageFlow[]
}

/** How many packages were in each column at the end of the day. */
export interface FlowDay extends Readonly<Record<BoardColumn, number>> {
  /** `2026-06-17`. */
  readonly date: string
  /** How many of the packages in `done` are canceled. */
  readonly canceled: number
  /** The number of packages on the board. */
  readonly total: number
}

export interface PackageFlow {
  readonly id: string
  /** When the package first entered Doing, ISO 8601 UTC; null if it never did. */
  readonly started_at: string | null
  /** Since when the package has been approved or done; null if it is neither. */
  readonly finished_at: string | null
  /** From `started_at` to `finished_at`; null unless both are known. */
  readonly cycle_seconds: number | null
  readonly sent_back: number
}
