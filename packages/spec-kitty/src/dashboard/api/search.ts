import type { MissionName } from './common.js'

/**
 * `GET /api/search?q=TEXT`: finds all words of the text, ignoring case, in the names and titles of missions and packages,
 * and in the names and texts of documents. A package or document must contain at least one of the words; its mission may
 * contain the others. The id of a package may be written in any way (`WP6`, `wp06`). 400 if the text is empty, longer
 * than 200 characters, or contains control characters.
 */
export interface SearchReply {
  readonly query: string
  /**
   * At most 50: missions, then packages, then documents found by name, then documents found by text; within each, the
   * mission that changed last is first.
   */
  readonly results: readonly SearchResult[]
  /** False: there are more results, or the time (2 s) was not enough to read everything. */
  readonly is_complete: boolean
  /** How many documents were read, and how many there are. */
  readonly documents_read: number
  readonly documents_total: number
}

export interface SearchResult {
  readonly kind: 'mission' | 'package' | 'document'
  readonly mission: MissionName
  /** The id of the package; null for a mission, and for a document that does not belong to a package. */
  readonly work_package: string | null
  /** The name of the document to open; null for a mission, and for a package without a prompt. */
  readonly document: string | null
  readonly title: string
  /** The text around the first match, on one line. It is plain text, not HTML. Null if only the name or title matches. */
  readonly snippet: string | null
  /** The line of the match in the displayed text of the document, counted from 1; null without a snippet. */
  readonly line: number | null
}
