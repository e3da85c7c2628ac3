import type { DocumentSummary } from '../api.js'

export interface DocumentGroup {
  /** The directory with a trailing `/`; empty for the mission's own directory. */
  readonly directory: string
  readonly documents: readonly DocumentSummary[]
}

/** The order in which a mission is written and read. Other documents follow, sorted by name. */
const READING_ORDER = ['spec.md', 'plan.md', 'tasks.md', 'research.md', 'data-model.md', 'quickstart.md']

/** Groups the documents by directory: the mission's own first, in reading order; the others by name. */
export function groupDocuments(documents: readonly DocumentSummary[]): readonly DocumentGroup[] {
  const directories = new Set(documents.map(({ name }) => directoryOf(name)))
  return [...directories].toSorted(compare).map((directory) => ({
    directory,
    documents: documents.filter(({ name }) => directoryOf(name) === directory).toSorted(byReadingOrder),
  }))
}

/** Returns a document's name without its directory. */
export function baseName(name: string): string {
  return name.slice(directoryOf(name).length)
}

function directoryOf(name: string): string {
  return name.slice(0, name.lastIndexOf('/') + 1)
}

function byReadingOrder(one: DocumentSummary, other: DocumentSummary): number {
  return rank(one.name) - rank(other.name) || compare(one.name, other.name)
}

function rank(name: string): number {
  const found = READING_ORDER.indexOf(name)
  return found < 0 ? READING_ORDER.length : found
}

function compare(one: string, other: string): number {
  return one.localeCompare(other, 'en', { numeric: true })
}
