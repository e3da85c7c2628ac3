import type { Problem } from './common.js'

export interface DocumentSummary {
  /** The path relative to the mission, with `/`: `spec.md`, `contracts/api.yaml`, `tasks/WP01-start.md`. */
  readonly name: string
  readonly bytes: number
  /**
   * The package that the document is about: it is the package's prompt, or a file in a folder below `tasks` that is named
   * like the package.
   */
  readonly work_package: string | null
}

/** `GET /api/missions/:id/documents/:name`, the name percent-encoded, including its slashes. */
export interface DocumentReply {
  readonly name: string
  /** The page renders Markdown, and shows everything else as it is. */
  readonly format: 'markdown' | 'text'
  /** The text without front matter; null if the file cannot be shown (binary, unreadable, outside the project). */
  readonly text: string | null
  readonly bytes: number
  /** True if `text` contains only the beginning. */
  readonly is_truncated: boolean
  readonly problems: readonly Problem[]
}

/** `GET /api/charter`: the charter of the project; 404 if there is none. */
export interface CharterReply extends DocumentReply {
  /** Relative to the project. */
  readonly path: string
}
