import { sep } from 'node:path'

/** A real path in a project, and the limits for symlinks at it or below it. */
export interface Confined {
  readonly path: string
  /** The real path of the project. Nothing outside it is accessed. */
  readonly root: string
  /** Every symlink must lead into this directory. For the files of a mission, it is the mission's directory. */
  readonly within: string
  /** Called before each name is looked up in `within`, or below it, to resolve a symlink. */
  readonly onLookup?: OnLookup | undefined
}

/** `directory` is a path without symlinks. */
export type OnLookup = (directory: string, name: string) => Promise<void>

/**
 * Matches a leading dot, even after invisible characters, because HFS+ ignores some of them and would treat such a name
 * as `.git`.
 */
const HIDDEN = /^\p{Default_Ignorable_Code_Point}*\./u

/** Returns whether a name is hidden, like `.git`, `.env` and `.kittify`. Git, tools and daemons keep secrets under such names. */
export function isHidden(name: string): boolean {
  return HIDDEN.test(name)
}

/** Returns whether a path is a directory or lies below it. */
export function isIn(directory: string, path: string): boolean {
  return path === directory || path.startsWith(baseOf(directory))
}

/**
 * Returns why a symlink to this real path must not be followed, as a text that begins with `a link`; null if it may be
 * followed.
 */
export function refusalOf({ root, within }: Omit<Confined, 'path'>, path: string): string | null {
  if (!isIn(root, path)) return 'a link that leads out of the project'
  if (partsBelow(root, path).some((part) => isHidden(part))) return 'a link to a hidden file or directory'
  if (!isIn(within, path)) return `a link that leads out of ${partsBelow(root, within).join('/')}`
  return null
}

function partsBelow(root: string, path: string): readonly string[] {
  return path.slice(baseOf(root).length).split(sep)
}

function baseOf(directory: string): string {
  return directory.endsWith(sep) ? directory : directory + sep
}
