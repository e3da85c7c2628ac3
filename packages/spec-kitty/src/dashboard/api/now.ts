import type { MissionName, Problem } from './common.js'
import type { OpenDecision } from './mission.js'
import type { AgentProcess } from './processes.js'

/**
 * `GET /api/now`: what happens in all missions that are not merged, and what needs you. Each list begins with what has
 * been in its lane for longest, unless it says otherwise.
 */
export interface NowReply {
  /** ISO 8601 UTC. */
  readonly generated_at: string
  /** The packages in Doing, and those under review, whose process runs or is not known. */
  readonly working: readonly NowPackage[]
  /** The packages that wait for you. One in Doing is also in `working` or `stalled`. */
  readonly waiting: readonly WaitingPackage[]
  /** The packages in Doing whose process is not running here. */
  readonly stalled: readonly NowPackage[]
  /**
   * The packages that can be started, at most 50. Those for which most others wait come first, then those of the mission
   * that changed last.
   */
  readonly ready_to_start: readonly ReadyPackage[]
  /** The missions whose packages are all at least approved, and that are not merged, as `meta.json` says. */
  readonly ready_to_merge: readonly {
    readonly mission: MissionName
    readonly since: string | null
    readonly command: string
  }[]
  /**
   * Why it is not known where the packages of a mission stand, or whether it is merged; not for missions that are merged. The
   * mission is null if it is not known which missions there are.
   */
  readonly unreadable: readonly { readonly mission: MissionName | null; readonly problem: Problem }[]
  /** The decisions that wait for you, in missions that are not finished; within a mission the oldest is first. */
  readonly decisions: readonly (OpenDecision & { readonly mission: MissionName })[]
  /** How many packages or missions each list has in total: the other lists contain at most 500 each. */
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

export interface ReadyPackage extends NowPackage {
  /** How many packages of its mission wait for it, directly or through others. */
  readonly unblocks: number
}

export interface WaitingPackage extends NowPackage {
  /**
   * `for_review`: its review has not begun; `review_abandoned`: it is `in_review`, but no agent is named, or its process is not
   * running here; `blocked`; `sent_back`: a review sent it back, nothing has moved it since, and no process works on it.
   */
  readonly why: 'for_review' | 'review_abandoned' | 'blocked' | 'sent_back'
  /** Why, as the log has said since it is in its lane: the reason of the lane change, or of the review. */
  readonly reason: string | null
}
