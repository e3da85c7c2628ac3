import type { BoardColumn, Problem } from './common.js'
import type { DocumentSummary } from './documents.js'
import type { MissionSummary } from './missions.js'
import type { AgentProcess } from './processes.js'

/**
 * A work package. For agent, assignee, model, role and profile, an annotation in the log counts before the front matter
 * of the prompt.
 */
export interface WorkPackage {
  readonly id: string
  readonly title: string
  /**
   * One of `Lane`, or a lane that this version does not know; null if the package has no lane, which means that it is not
   * finalised, or else `is_lane_unread`.
   */
  readonly lane: string | null
  /** True if it has no lane only because the log could not be read completely. */
  readonly is_lane_unread: boolean
  /**
   * Where the lane is from: an event in the log; in a mission without such events, the `lane` in the front matter of the
   * prompt, or the folder that the prompt is in (`tasks/done/`). Null: it has no lane.
   */
  readonly lane_source: 'events' | 'front_matter' | 'folder' | null
  /**
   * The column on the board; null if the package is not on the board (`genesis`, no lane, or an unknown lane, which is
   * also a problem).
   */
  readonly column: BoardColumn | null
  /** The worktree whose copy of the log contains the event that gave the lane, if the main checkout does not contain it. */
  readonly worktree: string | null
  readonly dependencies: readonly string[]
  /** The ids of its subtasks, from the front matter. */
  readonly subtasks: readonly string[]
  /**
   * The states of subtasks in the log, which may name subtasks that are not in `subtasks`. The state `done` means done, and is
   * also given for `completed` and `complete`, in upper or lower case. An id has the case that it has in `subtasks`.
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
  /** The last verdict that an annotation or a lane change in the log has. */
  readonly review_result: {
    readonly verdict: string
    readonly reviewer: string | null
    readonly reference: string | null
  } | null
  /** The review that the front matter says (`review_status`, `reviewed_by`); null if it says none, or the log has a review. */
  readonly front_matter_review: { readonly status: string | null; readonly by: string | null } | null
  /** The name of its prompt among the mission's documents; null when events name a package without a file. */
  readonly document: string | null
  /** When its lane last changed, ISO 8601 UTC; null without an event. */
  readonly updated_at: string | null
  /**
   * When the package entered its present lane, ISO 8601 UTC. An event that names the same lane again does not count. Null
   * without an event.
   */
  readonly lane_since: string | null
  /** Its lane changes in the order of the log, oldest first: the last 200. */
  readonly history: readonly LaneChange[]
  /** How many older lane changes `history` leaves out. */
  readonly history_omitted: number
  /** How often a review sent it back to `planned`, `claimed` or `in_progress`. */
  readonly sent_back: number
  /** True if it is planned, and everything that it depends on is approved or done. */
  readonly is_ready: boolean
  /** The dependencies that are neither approved nor done. Only for a package that is in Planned or not finalised; else empty. */
  readonly waiting_for: readonly string[]
  /** The number of done subtasks and of all, counting those in the front matter and those in the log. */
  readonly subtasks_done: number
  readonly subtasks_total: number
  /**
   * The command that takes it further; null if there is none to type (an agent is at work on it, it waits for others, or is
   * finished). If its agent has left it, the one that takes its work or its review up again.
   */
  readonly next_command: string | null
  /** Whether the process of its agent lives; null if it is not being worked on (it is not in Doing and not `in_review`). */
  readonly process: AgentProcess | null
}

/** One line of the log that moved a package. */
export interface LaneChange {
  /** ISO 8601 UTC. */
  readonly at: string
  /** The lane before; null if the log does not say it and this is the first change. */
  readonly from: string | null
  readonly to: string
  readonly by: string | null
  readonly reason: string | null
  /** The verdict of the review that ended with it, such as `approved`. */
  readonly verdict: string | null
  /** Someone forced the change against the rules of the tool (`force`). */
  readonly is_forced: boolean
  /** A review sent the package back with it. A reviewer who begins, and so moves it to `in_progress`, does not. */
  readonly is_sent_back: boolean
  /** The worktree whose copy of the log contains it, if the main checkout does not. */
  readonly worktree: string | null
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
  /** The decisions that the log asks for and that were not taken, withdrawn or put off, the oldest first. */
  readonly open_decisions: readonly OpenDecision[]
  readonly flow: Flow
  readonly problems: readonly Problem[]
}

/** A decision that waits for you. Its state is in the log; if that could not be read whole, none is known to be open. */
export interface OpenDecision {
  readonly id: string
  readonly question: string
  /** ISO 8601 UTC; null if the log does not say when. */
  readonly asked_at: string | null
  /** The name of the document about it; null if there is none. */
  readonly document: string | null
}

/** How the work of a mission progressed, from its log. Packages that no event moves are left out. */
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
  /** How many of those in `done` are canceled. */
  readonly canceled: number
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
