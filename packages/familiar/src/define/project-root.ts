import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { assertFaithful } from '../act/assert-scope-there.js'
import { FamiliarError } from '../errors.js'

/** Entries that make a directory the root of a project. */
const PROJECT_MARKERS = ['package.json', '.git'] as const

/** Returns the nearest directory with a package.json or .git: the given one, or one above it. */
export function projectRoot(from: string = workingDirectory()): string {
  for (let at = from; ; at = dirname(at)) {
    if (PROJECT_MARKERS.some((name) => existsSync(join(at, name)))) return at
    if (dirname(at) === at) break
  }
  throw new FamiliarError('E_SCOPE_UNUSABLE', `${from} is not in a project (no package.json, no .git)`, {
    hint: 'run the command in a project',
  })
}

function workingDirectory(): string {
  const path = currentDirectory()
  assertFaithful(path)
  return path
}

function currentDirectory(): string {
  try {
    return process.cwd()
  } catch (cause) {
    throw new FamiliarError('E_SCOPE_UNUSABLE', 'the working directory no longer exists', {
      hint: 'change into a directory that exists',
      cause,
    })
  }
}
