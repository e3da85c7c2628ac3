import type { DocumentSummary } from '../api.js'

export interface DocumentGroup {
  /** The name of the group: `Mission`, or a word for the content of its directory. */
  readonly name: string
  /** The directory with a trailing `/`; empty for the mission's own directory. */
  readonly directory: string
  readonly documents: readonly DocumentSummary[]
}

/** The order in which a mission is written and read. Other documents follow, sorted by name. */
const READING_ORDER = ['spec.md', 'plan.md', 'tasks.md', 'research.md', 'data-model.md', 'quickstart.md']

/** Words for the content of a mission's directories, in reading order. */
const DIRECTORIES: ReadonlyMap<string, string> = new Map([
  ['', 'Mission'],
  ['checklists/', 'Checklists'],
  ['contracts/', 'Contracts'],
  ['research/', 'Research'],
  ['decisions/', 'Decisions'],
  ['tasks/', 'Work packages'],
  ['reviews/', 'Reviews'],
])

/** Groups the documents by directory: the mission's own first, in reading order; other directories by name. */
export function groupDocuments(documents: readonly DocumentSummary[]): readonly DocumentGroup[] {
  const directories = new Set(documents.map(({ name }) => directoryOf(name)))
  return [...directories].toSorted(byDirectory).map((directory) => ({
    name: nameOf(directory),
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

/** Returns the name of a known directory, followed by its subdirectories: `Contracts / events`. */
function nameOf(directory: string): string {
  const top = topOf(directory)
  const rest = directory.slice(top.length).replace(/\/$/, '')
  const known = DIRECTORIES.get(top) ?? directory
  return rest === '' || !DIRECTORIES.has(top) ? known : `${known} / ${rest}`
}

function topOf(directory: string): string {
  return directory.slice(0, directory.indexOf('/') + 1)
}

function byDirectory(one: string, other: string): number {
  return rankOf(one) - rankOf(other) || compare(one, other)
}

function rankOf(directory: string): number {
  const found = [...DIRECTORIES.keys()].indexOf(topOf(directory))
  return found < 0 ? DIRECTORIES.size : found
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
