import type { BoardColumn, Lane, Problem } from './common.js'

export interface MissionSummary {
  /** The name of its directory below `kitty-specs`. */
  readonly id: string
  readonly title: string
  /**
   * From 0 to 1, by the weights of the lanes; null if no work package is on the board, or all that are on it are canceled. Packages that are not on the board
   * because their lane is not known count as 0.
   */
  readonly progress: number | null
  /** How many packages are in each column; `done` includes those that are canceled, which `lanes` tells apart. */
  readonly counts: Readonly<Record<BoardColumn, number>>
  /** How many packages have a prompt and no lane: the log does not mention them. */
  readonly not_finalised: number
  /** How many packages are in a lane that this version does not know. */
  readonly unknown_lanes: number
  /** How many packages have no lane because the log could not be read whole: it may name them in what was not read. */
  readonly unread_lanes: number
  /**
   * Problems of its log and its `meta.json` that make it unknown where packages stand, or whether it is merged. They are
   * among its problems too. If there are any, no command is advised for the mission.
   */
  readonly unreadable: readonly Problem[]
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
  /** The state in words, such as `approved, waiting for merge` `2 wait for you, 1 stalled` or `1 ready`. */
  readonly state_words: string
  /** The commit of its merge (`baseline_merge_commit`, else `merged_commit`); null if it is not merged. */
  readonly merge_commit: string | null
  /** How many packages are in each lane; `not_finalised` ones and those in unknown lanes are not counted here. */
  readonly lanes: Readonly<Partial<Record<Lane, number>>>
  /** The agents of its packages, each once, sorted. */
  readonly agents: readonly string[]
  /** How many of its packages wait for you (`NowReply.waiting`), and how many are stalled (`NowReply.stalled`). */
  readonly waiting_count: number
  readonly stalled_count: number
  /** How many decisions it asks for are open (`MissionReply.open_decisions`). */
  readonly decision_count: number
}

/**
 * Where a mission stands in the list. `finished`: nothing is to be done, or it is merged and nothing is in work or in review;
 * `waiting`: something in it waits for you; `active`: everything else.
 */
export type MissionSection = 'active' | 'waiting' | 'finished'

/**
 * The state of a mission: the first of these that applies. `merged`: it is merged, and nothing is in work or in review;
 * `done`: all packages are done or canceled; `canceled`: all are canceled; `approved`: all are at least approved, and it can be merged; `waiting`:
 * packages or decisions wait for you; `working`: packages are in Doing or in review; `unreadable`: its log could not be read whole; `not_finalised`: there are prompts, but no
 * package on the board; `empty`: there are no packages; `idle`: work has begun, and nothing is in work now; `planned`: no work has begun.
 */
export type MissionState =
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

/** `GET /api/missions`. Sorted: last changed first. */
export interface MissionsReply {
  readonly project: { readonly name: string; readonly path: string }
  /** The path of the project's charter, relative to the project; null if there is none. `GET /api/charter` has its text. */
  readonly charter: string | null
  readonly missions: readonly MissionSummary[]
  /** Problems that are in no mission's reply, such as an unreadable `kitty-specs`. */
  readonly problems: readonly Problem[]
}
