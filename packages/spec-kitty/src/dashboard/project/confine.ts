import { sep } from 'node:path'

/** A real path in a project, and where the links that stand at it or below it may lead. */
export interface Confined {
  readonly path: string
  /** The real path of the project. Nothing outside of it is looked at. */
  readonly root: string
  /** Every link must end in this directory: for the files of a mission, the directory of the mission. */
  readonly within: string
}

/** A dot in front. HFS+ ignores some invisible characters in names, so there they do not make another name of `.git`. */
const HIDDEN = /^\p{Default_Ignorable_Code_Point}*\./u

/** Returns whether a name is hidden, as `.git`, `.env` and `.kittify` are: git, tools and daemons keep secrets there. */
export function isHidden(name: string): boolean {
  return HIDDEN.test(name)
}

/** Returns whether a path is a directory or lies below it. */
export function isIn(directory: string, path: string): boolean {
  return path === directory || path.startsWith(baseOf(directory))
}

/** Returns what a link is that leads to a real path which may not be shown; null where it may be shown. */
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
