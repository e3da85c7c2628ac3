import { spawnSync } from 'node:child_process'
import { mkdirSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { isPrivate } from '../helpers/machine.js'
import { NO_MOUNT } from './sync-mount.js'

/** The file systems on which homes lie. Every one but the first is mounted for the test. */
export const KINDS = ['the one of the temporary directory', 'tmpfs', 'overlay', 'ext4', 'btrfs'] as const

export type Kind = (typeof KINDS)[number]

/** Large enough for mkfs.btrfs; the file of the loop device has holes, so it takes little of the disk. */
const IMAGE_BYTES = 256 * 1024 * 1024

export interface FileSystem {
  /** A directory on it; empty, but for two lock files of the root `home/.spec-kitty` in the lower layer of an overlay. */
  readonly path: string
  /** Why there is none of this kind here; null where there is one. */
  readonly missing: string | null
  remove(): void
}

/**
 * Makes a file system of the kind, below an existing directory. Only in the private namespaces of `npm test`: there the mount is
 * seen by the test and its children, and ends with them, also where the test is killed.
 */
export function makeFileSystem(kind: Kind, base: string): FileSystem {
  const path = join(base, 'disk')
  mkdirSync(path)
  if (kind === 'the one of the temporary directory') return { path, missing: null, remove: () => undefined }
  const missing = isPrivate ? mount(kind, base, path) : NO_MOUNT
  return { path, missing, remove: () => void spawnSync('umount', ['--lazy', path]) }
}

/** Returns why it cannot be mounted. */
function mount(kind: Exclude<Kind, (typeof KINDS)[0]>, base: string, path: string): string | null {
  if (kind === 'tmpfs') return failureOf(['mount', '-t', 'tmpfs', 'familiar', path])
  return kind === 'overlay' ? mountOverlay(base, path) : mountImage(kind, base, path)
}

/** The layers lie on a tmpfs: an overlay, on which many machines have their temporary directory, cannot hold them. */
function mountOverlay(base: string, path: string): string | null {
  const layers = join(base, 'layers')
  mkdirSync(layers)
  const failure = failureOf(['mount', '-t', 'tmpfs', 'familiar', layers])
  if (failure !== null) return failure
  const [lower, upper, work] = ['lower', 'upper', 'work'].map((name) => join(layers, name))
  for (const directory of [lower, upper, work]) mkdirSync(directory ?? '')
  leaveLocks(join(lower ?? '', 'home', '.spec-kitty', 'daemons', 'sync'))
  const options = `lowerdir=${lower},upperdir=${upper},workdir=${work}`
  const overlaid = failureOf(['mount', '-t', 'overlay', '-o', options, 'familiar', path])
  // The overlay keeps its layers; their own path is not needed.
  return failureOf(['umount', '--lazy', layers]) ?? overlaid
}

/** As in the image of a container that was made of a home in use: the first that opens a lock there copies it up. */
function leaveLocks(directory: string): void {
  mkdirSync(directory, { recursive: true, mode: 0o700 })
  for (const name of ['daemon.lock', 'lifecycle.lock']) {
    writeFileSync(join(directory, name), '', { mode: 0o600 })
  }
}

function mountImage(kind: 'ext4' | 'btrfs', base: string, path: string): string | null {
  const image = join(base, 'image')
  writeFileSync(image, '')
  truncateSync(image, IMAGE_BYTES)
  return (
    failureOf([`mkfs.${kind}`, '-q', image]) ?? failureOf(['mount', '-t', kind, '-o', 'loop', image, path])
  )
}

/** Runs a command; returns what it said where it did not work. */
function failureOf([command = '', ...args]: readonly string[]): string | null {
  const { status, error, stderr } = spawnSync(command, args, { encoding: 'utf8' })
  return status === 0 ? null : `${command}: ${error?.message ?? (stderr.trim() || `exit ${status}`)}`
}
