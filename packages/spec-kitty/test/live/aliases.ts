import { spawnSync } from 'node:child_process'
import { mkdirSync, symlinkSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { expect, type TestContext } from 'vitest'
import { isPrivate } from '../helpers/machine.js'
import { NO_MOUNT } from './sync-mount.js'
import { skipAloud } from './sync-root.js'

/** Another path to a directory that exists. */
export interface Alias {
  readonly path: string
  /** Takes the path away again, also while a process works in it. */
  remove(): void
}

/** How one directory gets two paths. Only a symbolic link can be resolved; for a bind mount both paths are real ones. */
export const WAYS = [
  'a symbolic link to it',
  'a bind mount of it',
  'a bind mount of the directory above it',
] as const

export type Way = (typeof WAYS)[number]

/** Makes another path to the directory, beside `base`; skips the test aloud where that needs a mount and none can be made. */
export function makeAlias(context: TestContext, way: Way, directory: string, base: string): Alias {
  const isOfParent = way.endsWith('above it')
  const target = isOfParent ? dirname(directory) : directory
  const at = join(base, 'alias')
  const path = isOfParent ? join(at, basename(directory)) : at
  if (way.startsWith('a symbolic link')) {
    symlinkSync(target, at)
    return { path, remove: () => undefined }
  }
  mkdirSync(at)
  if (!isPrivate || spawnSync('mount', ['--bind', target, at]).status !== 0) skipAloud(context, NO_MOUNT)
  return { path, remove: () => expect(spawnSync('umount', ['--lazy', at]).status).toBe(0) }
}

/** What a command said, with `--json`. */
export interface Said {
  readonly status: number | null
  readonly stdout: string
  readonly stderr: string
}

/**
 * How a command at one path treats the daemon that was started at the other: `found`, as its own; `told`: it says that
 * the daemon runs, at which path, and no remedy that ends it. Anything else is returned as it was said.
 */
export function treatment(said: Said, isFound: boolean, pid: number, other: string): string {
  if (said.status === 0 && isFound) return 'found'
  const text = said.stdout + said.stderr
  const isTold = text.includes(String(pid)) && text.includes(other)
  return isTold && !/does not answer|not running|--force/.test(text) ? 'told' : `exit ${said.status}: ${text}`
}
