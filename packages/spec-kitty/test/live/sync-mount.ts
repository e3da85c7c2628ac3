import { spawnSync } from 'node:child_process'
import { mkdirSync } from 'node:fs'
import { isPrivate } from '../helpers/machine.js'

/** Why a test that needs a file system of its own is skipped. */
export const NO_MOUNT = 'no file system can be mounted here: that needs root and private namespaces'

/** A small file system in memory, mounted on a directory that is made for it. */
export interface Mounted {
  makeReadOnly(): void
  unmount(): void
}

/** Mounts one; null where this machine does not allow it. */
export function mountAt(path: string, size = '256k'): Mounted | null {
  mkdirSync(path, { recursive: true })
  const mount = ['mount', '-t', 'tmpfs', '-o', `size=${size},mode=0755`, 'familiar', path]
  if (!isPrivate || !succeeds(mount)) return null
  return {
    makeReadOnly: () => demand(['mount', '-o', 'remount,ro', path]),
    unmount: () => demand(['umount', path]),
  }
}

function demand(command: readonly string[]): void {
  if (!succeeds(command)) throw new Error(`this failed: ${command.join(' ')}`)
}

function succeeds([command = '', ...args]: readonly string[]): boolean {
  return spawnSync(command, args).status === 0
}
