import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { UsageError, type Io, realPath } from 'familiar/cli'

/** Entries that make a directory a project. */
const SIGNS = ['.kittify', 'kitty-specs'] as const

/**
 * Returns the project that the working directory is in, as a real path: the nearest directory with `.kittify` or
 * `kitty-specs`. The runtime root has another name, so it does not make the home directory a project. Throws `UsageError`
 * if there is no project.
 */
export function currentProject(io: Pick<Io, 'cwd'>): string {
  const project = findProject(workingDirectory(io))
  if (project !== null) return project
  throw new UsageError(
    "there is no project here (no .kittify in this directory or above): 'spec-kitty init' makes one",
  )
}

/** Returns the nearest project directory at `start` or above it; null if there is none. */
export function findProject(start: string): string | null {
  for (let at = start; ; at = dirname(at)) {
    if (SIGNS.some((sign) => existsSync(join(at, sign)))) return at
    if (dirname(at) === at) return null
  }
}

/** Returns the working directory as a real path. Throws `UsageError` if it was removed. */
export function workingDirectory(io: Pick<Io, 'cwd'>): string {
  try {
    const directory = io.cwd()
    return realPath(directory) ?? directory
  } catch {
    throw new UsageError('the working directory does not exist any more')
  }
}
