import { existsSync, statSync } from 'node:fs'
import { basename, dirname, isAbsolute, join, resolve } from 'node:path'
import { assertFaithful, UsageError, type Io, realPath } from 'familiar/cli'

/** Entries that make a directory a project; one of them is enough. */
export const SIGNS = ['.kittify', 'kitty-specs'] as const

/** The directory of a project's git worktrees. */
const WORKTREES = '.worktrees'

/**
 * Returns the project that the working directory is in, as a real path: the nearest directory with `.kittify` or
 * `kitty-specs`. The runtime root has another name, so it does not make the home directory a project. Throws `UsageError`
 * if there is no project.
 */
export function currentProject(io: Pick<Io, 'cwd'>): string {
  const project = findProject(workingDirectory(io))
  if (project !== null) return project
  throw new UsageError(
    `there is no project here (no ${SIGNS.join(' or ')} in this directory or above): 'spec-kitty init' makes one`,
  )
}

/** Returns the nearest project directory at `start` or above it; null if there is none. A worktree is not a project. */
export function findProject(start: string): string | null {
  for (let at = start; ; at = dirname(at)) {
    if (isProject(at)) return projectOf(at)
    if (dirname(at) === at) return null
  }
}

/** Returns the project of the working directory; null outside a project, or if the directory no longer exists. */
export function projectHere(io: Pick<Io, 'cwd'>): string | null {
  try {
    return currentProject(io)
  } catch {
    return null
  }
}

/**
 * If a directory is a worktree of a project (`PROJECT/.worktrees/NAME`), returns the project; otherwise returns the
 * directory itself. A worktree is a checkout of the same missions, so its own dashboard would show a second, older state
 * of them.
 */
export function projectOf(directory: string): string {
  const worktrees = dirname(directory)
  const project = dirname(worktrees)
  const isWorktree = basename(worktrees) === WORKTREES && isProject(project)
  return isWorktree ? projectOf(project) : directory
}

/** Returns whether the directory has one of the entries that make it a project. */
export function isProject(directory: string): boolean {
  return SIGNS.some((sign) => existsSync(join(directory, sign)))
}

/** The directories that contain the files of a project or a repository, and no project of their own. */
const OWN_FILES: ReadonlySet<string> = new Set(['.kittify', '.git'])

/**
 * Throws `UsageError` if the path cannot become a project: it is a file, or inside one, or inside a directory with the own
 * files of a project or a repository.
 */
export function assertCanBeProject(path: string): void {
  const file = fileAt(path)
  if (file !== null) throw new UsageError(`${file} is a file, not a directory`)
  for (let at = path; dirname(at) !== at; at = dirname(at))
    if (OWN_FILES.has(basename(at)))
      throw new UsageError(
        `${path} cannot be a project: name the directory that ${basename(at)} belongs to, ${dirname(at)}`,
      )
}

/** Returns the path, or what is above it, if that is there and not a directory; otherwise null. */
export function fileAt(path: string): string | null {
  for (let at = path; ; at = dirname(at)) {
    try {
      return statSync(at).isDirectory() ? null : at
    } catch {
      if (dirname(at) === at) return null
    }
  }
}

/**
 * Returns an absolute path. Reads the working directory only if the path is relative, because the directory may be gone.
 * Throws `E_SCOPE_UNUSABLE` if the path leads to a directory whose path is not UTF-8.
 */
export function resolveHere(path: string, io: Pick<Io, 'cwd'>): string {
  const found = isAbsolute(path) ? resolve(path) : resolve(workingDirectory(io), path)
  assertFaithful(realPath(found) ?? found)
  return found
}

/**
 * Returns the working directory as a real path. Throws `UsageError` if it was removed, and `E_SCOPE_UNUSABLE` if its path is
 * not UTF-8.
 */
export function workingDirectory(io: Pick<Io, 'cwd'>): string {
  const directory = whereThisRuns(io)
  assertFaithful(directory)
  return directory
}

function whereThisRuns(io: Pick<Io, 'cwd'>): string {
  try {
    const directory = io.cwd()
    return realPath(directory) ?? directory
  } catch {
    throw new UsageError('the working directory does not exist any more')
  }
}
