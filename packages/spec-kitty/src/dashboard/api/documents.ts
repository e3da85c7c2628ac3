import type { Problem } from './common.js'

export interface DocumentSummary {
  /** Relative to the mission, with `/`: `spec.md`, `contracts/api.yaml`, `tasks/WP01-start.md`. */
  readonly name: string
  readonly bytes: number
  /** The package that it is about: its prompt, or a file in a folder below `tasks` that is named like the package. */
  readonly work_package: string | null
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
