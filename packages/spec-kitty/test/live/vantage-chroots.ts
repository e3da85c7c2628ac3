import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { isPrivate } from '../helpers/machine.js'
import type { Fleet } from './vantage-fleet.js'
import { PROJECTS, ROOTS } from './vantage-scopes.js'

/** The directories of the fleet, for a place in which they are empty. */
export function emptyDirectories(): readonly string[] {
  return [...ROOTS, ...PROJECTS.map((name) => `${name}/.kittify`)]
}

/** Two: in one the files are the same, in the other the paths of the fleet are other, empty directories. */
export function makeChroots({ scopes: { base } }: Fleet) {
  if (!isPrivate) {
    return { vantages: [], skipped: ['chroot: needs private namespaces'], tidy: () => {}, end: () => {} }
  }
  const [same, other] = ['same', 'other'].map((name) => mkdtempSync(`/tmp/familiar-chroot-${name}-`))
  const paths = [same ?? '', other ?? '']
  const isMounted = paths.every((path) => succeeds(['mount', '--rbind', '/', path]))
  const empty = join(other ?? '', base)
  const isEmptied = isMounted && succeeds(['mount', '-t', 'tmpfs', 'none', empty])
  const tidy = (): void => {
    if (!isEmptied) return
    for (const name of [...ROOTS, ...PROJECTS]) rmSync(join(empty, name), { recursive: true, force: true })
    for (const name of emptyDirectories()) mkdirSync(join(empty, name), { recursive: true })
  }
  tidy()
  return {
    vantages: [
      { name: 'chroot, same files', sight: 'same_files' as const, prefix: ['chroot', same ?? ''] },
      { name: 'chroot, other files', sight: 'nothing' as const, prefix: ['chroot', other ?? ''] },
    ],
    skipped: isEmptied ? [] : ['chroot: nothing can be mounted here'],
    tidy,
    end: () => {
      for (const path of paths) spawnSync('umount', ['-l', path])
      for (const path of paths) rmdirSync(path)
    },
  }
}

function succeeds([command = '', ...args]: readonly string[]): boolean {
  return spawnSync(command, args, { stdio: 'ignore' }).status === 0
}
