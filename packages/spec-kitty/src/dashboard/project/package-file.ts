import type { PackageFields } from './front-matter.js'

/** The file of a work package, and the fields of its front matter. */
export interface PackageFile {
  /** The name of the file among the mission's documents. */
  readonly document: string
  readonly fields: PackageFields
}

/** Returns the id in a file name: `WP01` for `tasks/WP01-start.md`, or the whole stem if it has no number. */
export function idOfName(document: string): string {
  const stem = stemOf(document)
  return numberIn(stem)?.replace(/^wp/i, 'WP') ?? stem
}

/**
 * Returns the id at the beginning of a name: `WP01` for `WP01-start`, `WP01b` for `WP01b-more`, and `WP01.1` for
 * `WP01.1-more`; null if there is none.
 */
function numberIn(name: string): string | null {
  return /^WP-?\d+(?:[a-z]|(?:\.\d+)+)?(?![a-z\d])/i.exec(name)?.[0] ?? null
}

/** Returns the name of a file without its folders and without `.md`. */
export function stemOf(document: string): string {
  return document.slice(document.lastIndexOf('/') + 1).replace(/\.md$/i, '')
}
