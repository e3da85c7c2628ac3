import { mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, chmodSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'

/** Where the fleet of the vantage matrix lives: runtime roots, projects, and the files in them that name a daemon. */

export const ROOTS = [
  'live',
  'stale',
  'orphan',
  'old',
  'older',
  'pre',
  'text',
  'net',
  'pid',
  'time',
  'user',
  'home',
] as const
export const PROJECTS = ['p-live', 'p-old', 'p-fork', 'p-text', 'p-net'] as const

export type Root = (typeof ROOTS)[number]
export type Project = (typeof PROJECTS)[number]
export type Scope = Root | Project

/** The files that name a daemon. The last two of a project are where earlier versions kept them. */
const RECORDS = ['sync-daemon', 'daemons/sync/record.json']
const LOCKS = ['daemons/sync/daemon.lock', 'daemons/sync/lifecycle.lock']
const PROJECT_RECORDS = ['.kittify/.dashboard', '.kittify/daemon/record.json']
const PROJECT_LOCKS = [
  '.kittify/daemon/daemon.lock',
  '.kittify/daemon/lifecycle.lock',
  '.kittify/.dashboard.lock',
  '.kittify/.dashboard.lifecycle.lock',
]

export interface Scopes {
  readonly base: string
  at(scope: string): string
  records(): readonly string[]
  locks(): readonly string[]
  /** What the files of a scope say, to be put back after a command has changed it. */
  remember(scope: Scope): ReadonlyMap<string, string | null>
  end(): void
}

export function isProject(scope: Scope): scope is Project {
  return scope.startsWith('p-')
}

/** Makes every root and every project, in a directory that everybody may enter. */
export function makeScopes(): Scopes {
  const base = realpathSync(mkdtempSync(join(tmpdir(), 'familiar-vantage-')))
  chmodSync(base, 0o755)
  const at = (scope: string): string => join(base, scope)
  for (const scope of [...ROOTS, ...PROJECTS]) makeScope(at(scope), isProject(scope))
  return {
    base,
    at,
    records: () => filesOf(at, RECORDS, PROJECT_RECORDS),
    locks: () => filesOf(at, LOCKS, PROJECT_LOCKS),
    remember: (scope) => contentOf(at(scope), isProject(scope)),
    end: () => rmSync(base, { recursive: true, force: true }),
  }
}

/** Makes the directory of one scope. */
export function makeScope(path: string, hasProject: boolean): void {
  mkdirSync(hasProject ? join(path, '.kittify') : path, { recursive: true })
}

/** Puts back what stood there. A file is written in place: a lock is held on the file, not on its path. */
export function putBack(content: ReadonlyMap<string, string | null>): void {
  for (const [path, text] of content) {
    if (text === readOrNull(path)) continue
    if (text === null) rmSync(path, { recursive: true, force: true })
    else {
      mkdirSync(dirname(path), { recursive: true })
      writeFileSync(path, text, { mode: 0o600 })
    }
  }
}

function filesOf(
  at: Scopes['at'],
  inRoot: readonly string[],
  inProject: readonly string[],
): readonly string[] {
  return [...ROOTS, ...PROJECTS].flatMap((scope) =>
    (isProject(scope) ? inProject : inRoot).map((file) => join(at(scope), file)),
  )
}

function contentOf(path: string, hasProject: boolean): ReadonlyMap<string, string | null> {
  const files = hasProject
    ? [...PROJECT_RECORDS, PROJECT_LOCKS[0] ?? '', PROJECT_LOCKS[2] ?? '']
    : [...RECORDS, LOCKS[0] ?? '']
  return new Map(files.map((file) => [join(path, file), readOrNull(join(path, file))]))
}

function readOrNull(path: string): string | null {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return null
  }
}
