import type { MissionName, Problem } from './common.js'
import type { OpenDecision } from './mission.js'
import type { AgentProcess } from './processes.js'

/**
 * `GET /api/now`: what happens in all missions that are neither merged nor discarded, and what needs you. Unless stated otherwise, each
 * list is sorted by the time in the present lane, longest first.
 */
export interface NowReply {
  /** ISO 8601 UTC. */
  readonly generated_at: string
  /**
   * The packages in Doing or under review whose process runs, or whose process is unknown. Those whose process runs come
   * first, and then those with the newest event.
   */
  readonly working: readonly NowPackage[]
  /** The packages that wait for you. A package in Doing is also in `working` or `stalled`. */
  readonly waiting: readonly WaitingPackage[]
  /** The packages in Doing whose process is not running here. */
  readonly stalled: readonly NowPackage[]
  /**
   * The packages that can be started, at most 50. Those on which the most other packages depend come first, then those of
   * the mission that changed last.
   */
  readonly ready_to_start: readonly ReadyPackage[]
  /** The missions whose packages are all at least approved, and that are not merged according to `meta.json`. */
  readonly ready_to_merge: readonly {
    readonly mission: MissionName
    readonly since: string | null
    readonly command: string
  }[]
  /**
   * Why it is unknown in which lanes the packages of a mission are, or whether it is merged. Merged missions are not
   * listed. The mission is null if it is unknown which missions exist.
   */
  readonly unreadable: readonly { readonly mission: MissionName | null; readonly problem: Problem }[]
  /** The decisions that wait for you, in missions that are not finished; within a mission, the oldest is first. */
  readonly decisions: readonly (OpenDecision & { readonly mission: MissionName })[]
  /** The total number of packages or missions for each list, because the other lists contain at most 500 each. */
  readonly counts: {
    readonly working: number
    readonly waiting: number
    readonly stalled: number
    readonly ready_to_start: number
    readonly ready_to_merge: number
    readonly unreadable: number
    readonly decisions: number
  }
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
  /** Since when the package has been in its lane, ISO 8601 UTC. */
  readonly lane_since: string | null
  readonly subtasks_done: number
  readonly subtasks_total: number
  readonly sent_back: number
  /** Null unless the package is in the column Doing or in the lane `in_review`, where an agent should be working on it. */
  readonly process: AgentProcess | null
  readonly next_command: string | null
  readonly worktree: string | null
  /** As in `WorkPackage`. */
  readonly lane_doubt: string | null
  readonly not_ready_because: string | null
  readonly last_event_at: string | null
}

export interface ReadyPackage extends NowPackage {
  /** How many packages of the same mission wait for this one, directly or through others. */
  readonly unblocks: number
}

export interface WaitingPackage extends NowPackage {
  /**
   * Why the package waits for you. `for_review`: its review has not begun; `review_abandoned`: it is `in_review`, but the
   * log names neither an agent nor who began the review, or the agent's process is not running here; `blocked`: its lane is `blocked`; `sent_back`: a review
   * sent it back, its lane has not changed since, and no process works on it.
   */
  readonly why: 'for_review' | 'review_abandoned' | 'blocked' | 'sent_back'
  /** The reason in the log, since the package entered its lane: that of the lane change, or of the review. */
  readonly reason: string | null
}
