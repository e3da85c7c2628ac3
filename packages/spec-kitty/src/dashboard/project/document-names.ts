import type { WorkPackage } from '../api.js'
import { isHidden } from './confine.js'
import { LANE_FOLDERS } from './lane-columns.js'
import { META } from './project-paths.js'

/** The documents of a mission that are usually written in this order. They are listed first, in this order. */
export const FIXED: readonly string[] = [
  'spec.md',
  'plan.md',
  'tasks.md',
  'research.md',
  'data-model.md',
  'quickstart.md',
]

/** Every file below these directories is a document. */
export const TREES: readonly string[] = [
  'contracts',
  'checklists',
  'research',
  'reviews',
  'decisions',
  'analysis',
  'retrospectives',
]

export const TASKS = 'tasks'

/** How many directories deep a document may be. */
export const MAX_DEPTH = 4

/** Matches reports, matrices and retrospectives beside `spec.md`. */
const BESIDE = /\.(md|markdown|txt|csv|ya?ml|json)$/i

/** Files that contain the state of the mission. They are not documents, because the board shows that state. */
const STATE: ReadonlySet<string> = new Set([META, 'status.json', 'lanes.json'])

/** Returns whether a file of this name in `tasks`, or in a folder of a lane there, is a work package. */
export function isPackageFile(name: string): boolean {
  return /^WP.*\.md$/i.test(name)
}

/** Returns whether a file directly in the mission's directory is a document. */
export function isTopDocument(name: string): boolean {
  return FIXED.includes(name) || (BESIDE.test(name) && !STATE.has(name))
}

/** Returns whether a file directly in `tasks` is a document: a prompt, or a note about prompts. */
export function isTaskDocument(name: string): boolean {
  return /\.(md|markdown)$/i.test(name)
}

/** Returns whether a document is the prompt of a work package. */
export function isPromptName(name: string): boolean {
  const [first, ...below] = name.split('/')
  if (first !== TASKS || !isPackageFile(below.at(-1) ?? '')) return false
  return below.length === 1 || laneFolderOf(name) !== null
}

/** Returns whether this is a prompt, or a directory that contains prompts. */
export function isOfPrompts(name: string): boolean {
  const [first, folder = '', ...below] = name.split('/')
  if (first !== TASKS) return false
  const isPrompt = isPackageFile(below.at(-1) ?? folder)
  return folder === '' || LANE_FOLDERS.includes(folder) || (below.length === 0 && isPrompt)
}

/** Returns the lane folder that contains a prompt, directly or in the folder of a phase; null if there is none. */
export function laneFolderOf(name: string): string | null {
  const [first, folder = '', ...below] = name.split('/')
  return first === TASKS && below.length > 0 && LANE_FOLDERS.includes(folder) ? folder : null
}

/** Returns whether a mission may have a document of this name. No other file can be requested. */
export function isDocumentName(name: string): boolean {
  const parts = name.split('/')
  if (name.includes('\0') || parts.length > MAX_DEPTH + 1) return false
  if (parts.some((part) => part === '' || isHidden(part))) return false
  const [first = '', second, third] = parts
  if (second === undefined) return isTopDocument(name)
  if (first !== TASKS) return TREES.includes(first)
  if (third === undefined) return isTaskDocument(second)
  return !LANE_FOLDERS.includes(second) || isPromptName(name)
}

/**
 * Returns the package that a document is about, according to its name: the document is the package's prompt, or is in a
 * folder that is named like the package.
 */
export function packageOfDocument(
  name: string,
  packages: readonly Pick<WorkPackage, 'id' | 'document'>[],
): string | null {
  const [first, folder = '', inFolder] = name.split('/')
  if (first !== TASKS) return null
  const own = packages.find(({ document }) => document === name)
  if (own !== undefined || inFolder === undefined) return own?.id ?? null
  const named = packages.find(
    ({ id, document }) => folder === id || document?.slice(TASKS.length + 1).replace(/\.md$/i, '') === folder,
  )
  return named?.id ?? packages.find(({ id }) => folder.startsWith(`${id}-`))?.id ?? null
}
