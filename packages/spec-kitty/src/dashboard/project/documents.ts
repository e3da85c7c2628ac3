import { basename, join } from 'node:path'
import type { DocumentReply, Problem } from '../api.js'
import { MAX_SHOWN_BYTES } from '../shown-bytes.js'
import { decode } from './decode-text.js'
import {
  FIXED,
  isDocumentName,
  isPackageFile,
  isTaskDocument,
  isTopDocument,
  MAX_DEPTH,
  TASKS,
  TREES,
} from './document-names.js'
import { list, readBytes, withFile, type Names } from './read-safely.js'
import { splitFrontMatter } from './split-front-matter.js'
import { isLane, LANE_FOLDERS, laneNamed } from './lane-columns.js'
import { locate, type LocatedEntry, type Located } from './locate.js'

export const MAX_DOCUMENTS = 1000

/** A document, and the file that its name leads to; null if the file was not located. */
export interface FoundDocument {
  readonly name: string
  readonly found: LocatedEntry | null
}

const LINKED = 'is a link to a directory and is not entered'

/** The content of a directory: all names, and which of them are plain files. */
type Listed = Pick<Names, 'names' | 'files'>

/** Collects the documents found, and their problems. */
export interface Collection {
  readonly documents: FoundDocument[]
  /** The directories that were entered to find the documents. */
  readonly directories: LocatedEntry[]
  readonly complain: (name: string, what: string) => void
  /** Whether only the prompts are read. For all other documents, only the information in their directory is used. */
  readonly is_brief: boolean
}

/**
 * Collects the documents of a mission by the names in its directory. Collects the prompts first, so that other documents
 * cannot use up the limit.
 */
export async function collectDocuments(
  mission: LocatedEntry,
  listed: Listed,
  into: Collection,
): Promise<void> {
  const { names } = listed
  const tasks = names.includes(TASKS) ? await enter(mission, TASKS, TASKS, into) : null
  if (tasks !== null) await collectPrompts(tasks, into)
  await collectOthers(mission, listed, into)
  if (tasks !== null) await collectNotes(tasks, into)
  into.documents.sort((one, other) => Number(isTask(one)) - Number(isTask(other)))
}

function isTask({ name }: FoundDocument): boolean {
  return name.startsWith(`${TASKS}/`)
}

async function collectOthers(mission: LocatedEntry, listed: Listed, into: Collection): Promise<void> {
  const { names } = listed
  const others = names.filter((name) => isTopDocument(name) && !FIXED.includes(name))
  for (const name of [...FIXED.filter((fixed) => names.includes(fixed)), ...others]) {
    if (isFull(into, name)) return
    await collectFile(mission, name, name, into, listed)
  }
  for (const name of TREES) {
    if (names.includes(name)) await collectTree(mission, name, name, 1, into)
  }
}

async function collectFile(
  directory: LocatedEntry,
  name: string,
  as: string,
  into: Collection,
  listed: Listed | null,
): Promise<void> {
  if (into.is_brief && listed?.files.has(name) === true)
    return void into.documents.push({ name: as, found: null })
  const found = await locate(directory, name)
  if (found.kind === 'file') into.documents.push({ name: as, found })
  else if (found.kind === 'directory') into.complain(as, 'is a directory where a file should be')
  else if (found.kind === 'unusable') into.complain(as, found.what)
}

interface Entered extends Listed {
  readonly directory: LocatedEntry
}

/** Returns a directory and the names in it; null if it is absent or unusable. Reports every problem except absence. */
async function enter(
  parent: LocatedEntry,
  name: string,
  as: string,
  into: Collection,
): Promise<Entered | null> {
  const found = await locate(parent, name)
  if (found.kind === 'absent') return null
  if (found.kind !== 'directory') {
    into.complain(as, found.kind === 'unusable' ? found.what : 'is a file where a directory should be')
    return null
  }
  into.directories.push(found)
  const listed = await list(found)
  if ('kind' in listed) {
    into.complain(as, listed.what)
    return null
  }
  for (const what of listed.problems) into.complain(as, what)
  return { directory: found, names: listed.names, files: listed.files }
}

async function collectPrompts(tasks: Entered, into: Collection): Promise<void> {
  await collectPackages(tasks, TASKS, into)
  for (const folder of LANE_FOLDERS.filter((name) => tasks.names.includes(name))) {
    const as = `${TASKS}/${folder}`
    const found = await enter(tasks.directory, folder, as, into)
    if (found === null) continue
    if (found.directory.path === join(tasks.directory.path, folder)) await collectPhases(found, as, 1, into)
    else into.complain(as, LINKED)
  }
}

/** Collects the documents beside the prompts: notes, and the folders of packages. */
async function collectNotes({ directory, names, files }: Entered, into: Collection): Promise<void> {
  for (const name of names) {
    if (isPackageFile(name) || LANE_FOLDERS.includes(name)) continue
    const as = `${TASKS}/${name}`
    if (isFull(into, as)) return
    if (into.is_brief && files.has(name)) {
      if (isTaskDocument(name)) into.documents.push({ name: as, found: null })
      continue
    }
    const found = await locate(directory, name)
    if (found.kind === 'directory') {
      await collectBelow(directory, name, as, 1, found, into)
      complainOfPrompts(name, as, into)
    } else if (found.kind === 'file' && isTaskDocument(name)) into.documents.push({ name: as, found })
    else if (found.kind === 'unusable') into.complain(as, found.what)
  }
}

/** Reports a folder that is named like a lane but is not one in which prompts are searched. */
function complainOfPrompts(name: string, as: string, into: Collection): void {
  if (!isLane(laneNamed(name))) return
  const isPrompt = ({ name: document }: FoundDocument): boolean =>
    document.startsWith(`${as}/`) && isPackageFile(basename(document))
  if (into.documents.some((one) => isPrompt(one)))
    into.complain(
      as,
      `has prompts, but is none of the folders ${LANE_FOLDERS.join(', ')}: they are not packages`,
    )
}

/** Collects the prompts in the folder of a lane, and in the folders of phases that some projects have in it. */
async function collectPhases(lane: Entered, as: string, depth: number, into: Collection): Promise<void> {
  await collectPackages(lane, as, into)
  for (const name of lane.names) {
    const inPhase = `${as}/${name}`
    if (isPackageFile(name) || depth === MAX_DEPTH - 1 || isFull(into, inPhase)) continue
    const found = await locate(lane.directory, name)
    if (found.kind !== 'directory' || isLinkedDirectory(lane.directory, name, found)) continue
    const phase = await enter(lane.directory, name, inPhase, into)
    if (phase !== null) await collectPhases(phase, inPhase, depth + 1, into)
  }
}

async function collectPackages({ directory, names }: Entered, as: string, into: Collection): Promise<void> {
  for (const name of names.filter((name) => isPackageFile(name))) {
    if (isFull(into, as)) return
    await collectFile(directory, name, `${as}/${name}`, into, null)
  }
}

/** Below the top directory, symlinks to directories are not entered, because they could form an endless tree. */
async function collectTree(
  parent: LocatedEntry,
  name: string,
  as: string,
  depth: number,
  into: Collection,
): Promise<void> {
  if (depth > MAX_DEPTH) return into.complain(as, `is deeper than ${MAX_DEPTH} directories and is not shown`)
  const entered = await enter(parent, name, as, into)
  for (const child of entered?.names ?? []) {
    const childAs = `${as}/${child}`
    if (isFull(into, as)) return
    if (entered === null) continue
    if (into.is_brief && entered.files.has(child)) {
      into.documents.push({ name: childAs, found: null })
      continue
    }
    const found = await locate(entered.directory, child)
    if (found.kind === 'file') into.documents.push({ name: childAs, found })
    else if (found.kind === 'unusable') into.complain(childAs, found.what)
    else if (found.kind === 'directory')
      await collectBelow(entered.directory, child, childAs, depth, found, into)
  }
}

/** Collects the documents in a directory that was found in another one, which is `depth` directories deep. */
async function collectBelow(
  parent: LocatedEntry,
  name: string,
  as: string,
  depth: number,
  found: LocatedEntry,
  into: Collection,
): Promise<void> {
  if (isLinkedDirectory(parent, name, found)) into.complain(as, LINKED)
  else await collectTree(parent, name, as, depth + 1, into)
}

function isLinkedDirectory(parent: LocatedEntry, name: string, found: Located): boolean {
  return found.kind === 'directory' && found.path !== join(parent.path, name)
}

function isFull(into: Collection, as: string): boolean {
  if (into.documents.length < MAX_DOCUMENTS) return false
  into.complain(as, `is one of more than ${MAX_DOCUMENTS} documents, and not everything in it is shown`)
  return true
}

/** Returns a document to show; null if there is none of this name. */
export async function readDocument(
  mission: LocatedEntry,
  name: string,
  path: string,
): Promise<DocumentReply | null> {
  if (!isDocumentName(name)) return null
  let at = mission
  for (const part of name.split('/')) {
    const found = at.kind === 'directory' ? await locate(at, part) : null
    if (found === null || found.kind === 'absent') return null
    if (found.kind === 'unusable') return closed(name, path, found.what)
    if (at !== mission && isLinkedDirectory(at, part, found)) return null
    at = found
  }
  if (at.kind === 'directory') return null
  return readText(at, name, path)
}

/** Reads a file that was found, and returns the text to show. `name` determines the format, and `path` is used in problems. */
export async function readText(file: LocatedEntry, name: string, path: string): Promise<DocumentReply> {
  const read = await withFile(file, async (handle, { size }) => ({
    bytes: await readBytes(handle, 0, Math.min(Number(size), MAX_SHOWN_BYTES)),
    size: Number(size),
  }))
  if ('kind' in read) return closed(name, path, read.what)
  const isTruncated = read.size > MAX_SHOWN_BYTES
  const { text, problem } = decode(read.bytes, !isTruncated)
  const isMarkdown = /\.(md|markdown)$/i.test(name)
  const split = isMarkdown && text !== null ? splitFrontMatter(text) : { body: text, problem: null }
  const said = [problem, split.problem].filter((what) => what !== null)
  return {
    name,
    format: isMarkdown ? 'markdown' : 'text',
    text: split.body,
    bytes: read.size,
    is_truncated: isTruncated && text !== null,
    problems: said.map((what): Problem => ({ path, what })),
  }
}

function closed(name: string, path: string, what: string): DocumentReply {
  const format = /\.(md|markdown)$/i.test(name) ? 'markdown' : 'text'
  return { name, format, text: null, bytes: 0, is_truncated: false, problems: [{ path, what }] }
}
