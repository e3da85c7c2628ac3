import type { MissionName } from './common.js'

/**
 * `GET /api/search?q=TEXT`: what has all words of the text, without regard to case, in the names and titles of missions and
 * packages, and in the names and texts of documents. Beside a word of its own, a package or document may be named by words of its
 * mission; the id of a package may be written in any way (`WP6`, `wp06`). 400 if the text is empty, longer than 200 characters, or has control
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
