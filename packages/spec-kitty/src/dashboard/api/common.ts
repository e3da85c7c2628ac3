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

/** A file or value in the project that is malformed or unreadable. It is shown, never repaired. */
export interface Problem {
  /** Relative to the project, with `/` as separator. */
  readonly path: string
  /** One sentence without the path: `line 3 is not a JSON object`, `its front matter is not YAML`. */
  readonly what: string
  /**
   * The packages whose lanes are in doubt because of it, at most 50; left out if there are none. Only where `unreadable` has the
   * problem too.
   */
  readonly in_doubt?: readonly string[]
}

export interface MissionName {
  readonly id: string
  readonly title: string
}

/** The body of every error reply. */
export interface ErrorReply {
  readonly error: string
  /** One sentence, for some errors. */
  readonly message?: string
}
