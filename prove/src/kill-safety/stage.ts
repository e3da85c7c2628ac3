import { spawnSync } from 'node:child_process'
import { chmodSync, mkdirSync, realpathSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'

/** The directory of a trial: roots `r0` to `r2`, projects `p0` to `p2`, and what actors add. */
export interface Stage {
  readonly base: string
  readonly at: (scope: string) => string
  /** A build of the tool: its package. */
  readonly build: string
  readonly newerBuild: string
  /** A record that a daemon of ours has written on this machine. */
  readonly record: Readonly<Record<string, unknown>>
}

export const ROOTS = ['r0', 'r1', 'r2'] as const
export const PROJECTS = ['p0', 'p1', 'p2'] as const

/** Creates the directories on their own file system, which disappears with the trial's mount namespace. */
export function makeStage(given: Omit<Stage, 'at'>): Stage {
  mount(given.base)
  const base = realpathSync(given.base)
  chmodSync(base, 0o755)
  // Before 3.2.3, the predecessor knew only the root `.spec-kitty` in a home. Since then it also accepts a root named by
  // an environment variable.
  const at = (scope: string): string =>
    scope.startsWith('r') ? join(base, scope, '.spec-kitty') : join(base, scope)
  for (const root of ROOTS) mkdirSync(at(root), { recursive: true })
  for (const project of PROJECTS) mkdirSync(join(at(project), '.kittify'), { recursive: true })
  return { ...given, base, at }
}

/** Mounts an empty file system at a directory. */
export function mount(path: string): void {
  const { status, stderr } = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=64m,mode=0755', 'stage', path], {
    encoding: 'utf8',
  })
  if (status !== 0) throw new Error(`cannot mount at ${path}: ${stderr}`)
}

export function environmentOf(stage: Stage, root: string): Record<string, string> {
  return { PATH: process.env['PATH'] ?? '', HOME: stage.at('home'), SPEC_KITTY_HOME: stage.at(root) }
}

/** Returns the files that name a daemon of a scope. */
export function filesOf(path: string, family: 'sync' | 'dashboard') {
  const isSync = family === 'sync'
  const own = join(path, isSync ? 'daemons/sync' : '.kittify/daemon')
  return {
    own,
    record: join(own, 'record.json'),
    lock: join(own, 'daemon.lock'),
    old: join(path, isSync ? 'sync-daemon' : '.kittify/.dashboard'),
  }
}

/** Writes a file that only this user may read, as records are. */
export function writePrivate(path: string, text: string): void {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 })
  writeFileSync(path, text, { mode: 0o600 })
}
