import { spawnSync } from 'node:child_process'
import { mkdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { isPrivate } from '../helpers/machine.js'
import { NO_MOUNT } from './sync-mount.js'
import { lives, makeRoot, skipAloud, type SyncRoot } from './sync-root.js'

/** An overlay with `xino=on` puts the number of the layer into the highest bits of an inode, which a Number rounds. */
let base: SyncRoot
let mounts: string[]

beforeEach(() => {
  base = makeRoot()
  mounts = []
})

afterEach(async () => {
  for (const mount of mounts.toReversed()) spawnSync('umount', ['--lazy', mount])
  await base.end()
})

function mountAt(name: string, options: readonly string[]): string | null {
  const path = join(base.base, name)
  mkdirSync(path, { recursive: true })
  if (!isPrivate || spawnSync('mount', [...options, path]).status !== 0) return null
  mounts.push(path)
  return path
}

/** Returns two homes whose inodes differ only in the lowest bits; null if there are none here. */
function twoHomes(): readonly [SyncRoot, SyncRoot] | null {
  const layers = ['lower', 'upper'].map((name) => mountAt(name, ['-t', 'tmpfs', '-o', 'inode64', 'familiar']))
  const [lower, upper] = layers
  if (lower == null || upper == null) return null
  for (const path of [join(lower, 'a'), join(lower, 'b'), join(upper, 'up'), join(upper, 'work')])
    mkdirSync(path)
  const options = `xino=on,lowerdir=${lower},upperdir=${upper}/up,workdir=${upper}/work`
  const overlay = mountAt('overlay', ['-t', 'overlay', '-o', options, 'familiar'])
  if (overlay === null) return null
  const [a, b] = [join(overlay, 'a'), join(overlay, 'b')]
  const isRounded = statSync(a).ino === statSync(b).ino
  return isRounded ? [base.beside(a), base.beside(b)] : null
}

it('two homes whose inodes are equal as Numbers are two: no command in one ends the daemon of the other', (context) => {
  const [one, other] = twoHomes() ?? skipAloud(context, NO_MOUNT)
  one.start()
  one.run(['sync', 'stop'])
  const daemon = other.start()
  const { orphans, reset_result: result } = one.json(['auth', 'doctor', '--reset', '--force']).document
  expect(orphans).toMatchObject([{ pid: daemon.pid, skip_reason: 'cross_root', in_use_by: other.path }])
  expect([result.swept, result.failed]).toEqual([[], []])
  const own = one.start()
  expect(own.pid).not.toBe(daemon.pid)
  one.run(['sync', 'stop'])
  expect([lives(own), lives(daemon)]).toEqual([false, true])
  expect(other.json(['sync', 'status']).document).toMatchObject({ state: 'running', pid: daemon.pid })
  other.run(['sync', 'stop'])
})
