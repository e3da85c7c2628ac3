import type { BoardColumn, Lane, Problem } from './common.js'

export interface MissionSummary {
  /** The name of the mission's directory below `kitty-specs`. */
  readonly id: string
  readonly title: string
  /**
   * From 0 to 1, by the weights of the lanes; null if no work package is on the board, or all on it are canceled.
   * Packages that are not on the board because their lane is unknown count as 0.
   */
  readonly progress: number | null
  /** How many packages are in each column; `done` includes canceled ones, which `lanes` counts separately. */
  readonly counts: Readonly<Record<BoardColumn, number>>
  /** How many packages have a prompt but no lane, because the log does not mention them. */
  readonly not_finalised: number
  /** How many packages are in a lane that this version does not know. */
  readonly unknown_lanes: number
  /** How many packages have no lane because the log could not be read completely: the unread part may mention them. */
  readonly unread_lanes: number
  /** How many packages have a lane that may not be their last one (`WorkPackage.lane_doubt`). */
  readonly lanes_in_doubt: number
  /**
   * Problems of the log and `meta.json` because of which it is unknown in which lanes packages are, or whether the
   * mission is merged. They are also among the mission's problems. If there are any, no command is suggested for the
   * mission.
   */
  readonly unreadable: readonly Problem[]
  /** When the mission last changed, ISO 8601 UTC, as `updated_from` says; null if it is empty. */
  readonly updated_at: string | null
  /**
   * Where `updated_at` comes from: the newest event in the log; without events, the newest date in `meta.json`; without
   * that, the newest modification time of the mission's files, which a `git checkout` changes.
   */
  readonly updated_from: 'event' | 'meta' | 'files' | null
  readonly problem_count: number
  /** The purpose of the mission in one line (`purpose_tldr` in `meta.json`); null if it is not given. */
  readonly purpose: string | null
  readonly section: MissionSection
  readonly state: MissionState
  /** The state in words, such as `approved, waiting for merge` `2 wait for you, 1 stalled` or `1 ready`. */
  readonly state_words: string
  /** The commit of the merge (`baseline_merge_commit`, otherwise `merged_commit`); null if `meta.json` has none. */
  readonly merge_commit: string | null
  /** When the mission was merged or discarded according to `meta.json`, ISO 8601 UTC; null if it says neither. */
  readonly merged_at: string | null
  readonly discarded_at: string | null
  /** How many packages are in each lane, without `not_finalised` ones and those in unknown lanes. */
  readonly lanes: Readonly<Partial<Record<Lane, number>>>
  /** The agents of the mission's packages, each once, sorted. */
  readonly agents: readonly string[]
  /** How many packages of the mission wait for you (`NowReply.waiting`), and how many are stalled (`NowReply.stalled`). */
  readonly waiting_count: number
  readonly stalled_count: number
  /** How many decisions of the mission are open (`MissionReply.open_decisions`). */
  readonly decision_count: number
}

/**
 * The section of the list that contains a mission. `finished`: nothing needs to be done, or it is discarded, or it
 * is merged; `waiting`: something in it waits for you; `active`: all other missions.
 */
export type MissionSection = 'active' | 'waiting' | 'finished'

/**
 * The state of a mission: the first of these that applies. `discarded`: it was given up; `merged`: it has a
 * `merge_commit` or `merged_at`, and no package was taken up again since: none is in Doing or For review by a lane change
 * after `merged_at` or, without it, after the package was done;
 * `done`: all packages are done or canceled; `canceled`: all are canceled; `approved`: all are at least approved, and it
 * can be merged; `waiting`: packages or decisions wait for you; `working`: packages are in Doing or in review;
 * `unreadable`: its log could not be read completely; `not_finalised`: there are prompts, but no package is on the board;
 * `empty`: there are no packages; `idle`: work has begun, but nothing is in work now; `planned`: no work has begun.
 */
export type MissionState =
  | 'discarded'
  | 'merged'
  | 'done'
  | 'canceled'
  | 'approved'
  | 'waiting'
  | 'working'
  | 'unreadable'
  | 'not_finalised'
  | 'empty'
  | 'idle'
  | 'planned'

/** `GET /api/missions`. Sorted by the last change, newest first. */
export interface MissionsReply {
  readonly project: { readonly name: string; readonly path: string }
  /** The path of the project's charter, relative to the project; null if there is none. `GET /api/charter` returns its text. */
  readonly charter: string | null
  readonly missions: readonly MissionSummary[]
  /** Problems that do not belong to a mission, such as an unreadable `kitty-specs`. */
  readonly problems: readonly Problem[]
}
