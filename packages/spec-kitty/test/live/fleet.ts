import { spawn, spawnSync, type ChildProcess } from 'node:child_process'
import { chmodSync, chownSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { spawnHostile } from '../../../../stand-ins/hostile.mjs'
import { spawnPredecessor, stopAll } from '../../../../stand-ins/predecessor.mjs'
import { writeSyncRecord } from '../../../../stand-ins/write-predecessor-record.mjs'
import { isPrivate } from '../helpers/machine.js'

/** What a listener of the fleet must be found to be. */
export type Expected = readonly [cleanupClass: string, reason: string | null, rule: string]

export interface Member {
  readonly pid: number
  readonly port: number
  readonly expected: Expected
}

const NOBODY = 65534
const FIXTURES = fileURLToPath(new URL('../fixtures/processes/', import.meta.url))

/** Every kind of process that the sync doctor may meet, each a real one, and every root they serve. */
export interface Fleet {
  readonly base: string
  readonly root: string
  readonly members: readonly Member[]
  /** Sync- and dashboard-shaped listeners just outside the sync range. */
  readonly outside: readonly { readonly pid: number; readonly port: number }[]
  /** An innocent process that a record and a health reply name. */
  readonly innocent: number
  readonly roots: Readonly<
    Record<
      | 'other'
      | 'malformed'
      | 'unreadable'
      | 'wedged'
      | 'innocent'
      | 'oldRecord'
      | 'foreign'
      | 'readOnly'
      | 'home',
      string
    >
  >
  /** Why some members could not be started here. */
  readonly skipped: readonly string[]
  /** Puts another in the place of the one that counts as starting, which is so for 30 s only. Returns its pid. */
  renewYoung(): Promise<number>
  stop(): Promise<void>
}

const SAFE: Expected = ['safe_auto', null, 'S16']

/** Starts the fleet and lets it grow older than the 30 s in which a predecessor's daemon counts as starting. */
export async function startFleet(): Promise<Fleet> {
  const base = mkdtempSync(join(tmpdir(), 'familiar-fleet-'))
  chmodSync(base, 0o755)
  const at = (name: string): string => join(base, name)
  for (const name of [
    'root',
    'other',
    'home',
    'malformed',
    'unreadable',
    'wedged',
    'innocent',
    'oldRecord',
    'foreign',
    'readOnly',
  ]) {
    mkdirSync(at(name))
  }
  symlinkSync(at('root'), at('link'))
  const root = at('root')
  const members: Member[] = []
  const outside: Fleet['outside'][number][] = []
  const skipped: string[] = []
  const others: ChildProcess[] = []
  const add = (expected: Expected) => (started: { readonly pid: number; readonly port: number }) =>
    members.push({ pid: started.pid, port: started.port, expected })
  const sync = (port: number, version: string, more: object = {}) =>
    spawnPredecessor({ family: 'sync', port, version, root, ...more })

  const innocent = await spawnHostile('sleep', 0)
  await sync(9400, '3.2.6rc3', { record: true }).then(add(['never_touch', 'is_recorded_singleton', 'S5']))
  for (const [port, version] of [
    [9401, '3.2.2'],
    [9402, '3.2.2'],
    [9403, '3.2.3'],
    [9404, '3.2.3'],
    [9405, '3.2.4'],
    [9406, '3.2.5'],
    [9449, '3.2.4'],
  ] as const) {
    await sync(port, version).then(add(SAFE))
  }
  await Promise.all([
    sync(9407, '3.2.4', { marker: false }).then(add(['operator_required', 'pre_marker', 'S9'])),
    sync(9408, '3.2.4', { root: at('other'), record: true }).then(
      add(['operator_required', 'cross_root', 'S10']),
    ),
    sync(9409, '3.2.4', { root: at('other') }).then(add(['operator_required', 'cross_root', 'S10'])),
    sync(9410, '3.2.2', { root: at('home/.spec-kitty') }).then(
      add(['operator_required', 'cross_root', 'S10']),
    ),
    sync(9418, '3.2.4', { behaviour: 'deaf' }).then(add(['operator_required', 'unresponsive', 'S11'])),
    sync(9419, '3.2.4', { health: { owner: { pid: innocent.pid } } }).then(
      add(['operator_required', 'pid_port_mismatch', 'S12']),
    ),
    sync(9420, '3.2.4', { health: { owner: { port: 9400 } } }).then(
      add(['operator_required', 'pid_port_mismatch', 'S12']),
    ),
    sync(9421, '3.2.4', { health: { singleton_scope_id: at('other') } }).then(
      add(['operator_required', 'scope_mismatch', 'S13']),
    ),
    spawnHostile('http', 9423).then(add(['never_touch', 'third_party', 'S3a'])),
    spawnHostile('silent', 9424).then(add(['never_touch', 'not_spec_kitty', 'S3b'])),
    sync(9426, '3.2.4', { bind: '::1' }).then(add(SAFE)),
    sync(9427, '3.2.4', { bind: '0.0.0.0' }).then(add(SAFE)),
    sync(9428, '3.2.3', { bind: '::' }).then(add(SAFE)),
    spawnPredecessor({ family: 'dashboard', port: 9429, project: at('home') }).then(
      add(['never_touch', 'dashboard_family', 'S2']),
    ),
    sync(9430, '3.2.4', { behaviour: 'ignore-term' }).then(add(SAFE)),
    sync(9431, '3.2.3', { behaviour: 'close-then-hang' }).then(add(SAFE)),
    sync(9440, '3.2.4', { marker: at('link') }).then(add(SAFE)),
  ])
  for (const port of [9412, 9413, 9414, 9415, 9416, 9417]) {
    const stopped = await sync(port, '3.2.4')
    stopped.child.kill('SIGSTOP')
    add(['operator_required', 'unresponsive', 'S11'])(stopped)
  }

  const malformed = await sync(9434, '3.2.4', { root: at('malformed') })
  add(['operator_required', 'cross_root', 'S10'])(malformed)
  writeFileSync(join(at('malformed'), 'sync-daemon'), 'http://localhost:9434\n9434\n')
  await sync(9435, '3.2.4', { root: at('unreadable') }).then(add(['operator_required', 'cross_root', 'S10']))
  mkdirSync(join(at('unreadable'), 'sync-daemon'))
  const wedged = await sync(9436, '3.2.4', { root: at('wedged'), record: true })
  wedged.child.kill('SIGSTOP')
  add(['operator_required', 'cross_root', 'S10'])(wedged)
  await sync(9437, '3.2.4', { root: at('innocent') }).then(add(['operator_required', 'cross_root', 'S10']))
  writeSyncRecord(at('innocent'), { port: 9438, token: 'a'.repeat(32), pid: innocent.pid })
  const old = await sync(9441, '3.2.2', { root: at('oldRecord') })
  writeSyncRecord(at('oldRecord'), { port: 9441, token: old.token })
  add(['operator_required', 'cross_root', 'S10'])(old)

  await sync(9442, '3.2.4', { root: at('foreign') }).then(add(['operator_required', 'cross_root', 'S10']))
  const mountable = isPrivate && spawnSync('mount', ['-t', 'tmpfs', 'familiar', at('readOnly')]).status === 0
  await sync(9443, '3.2.4', { root: at('readOnly') }).then(add(['operator_required', 'cross_root', 'S10']))
  if (mountable) spawnSync('mount', ['-o', 'remount,ro', at('readOnly')])
  else skipped.push('no read-only file system can be mounted here')

  await spawnHostile('mimic', 9422, { payload: await healthOf(9405) }).then(
    add(['never_touch', 'third_party', 'S4']),
  )

  try {
    await sync(9411, '3.2.4', { uid: NOBODY, gid: NOBODY, owner: false }).then(
      add(['operator_required', 'other_user', 'S6']),
    )
    const foreign = spawn(
      process.execPath,
      ['-e', 'require("net").createServer().listen(9425, "127.0.0.1")'],
      {
        uid: NOBODY,
        gid: NOBODY,
        cwd: '/',
        stdio: 'ignore',
      },
    )
    others.push(foreign)
    add(['never_touch', 'not_spec_kitty', 'S3b'])({ pid: foreign.pid ?? 0, port: 9425 })
    await spawnUnsignallable(9433, root).then(add(['operator_required', 'ambiguous', 'S17']))
  } catch (error) {
    skipped.push(`no processes of other users here: ${String(error)}`)
  }

  try {
    chownSync(at('foreign'), NOBODY, NOBODY)
  } catch (error) {
    skipped.push(`no directory of another user here: ${String(error)}`)
  }
  for (const port of [9399, 9450]) outside.push(await sync(port, '3.2.4'))
  for (const port of [9236, 9237, 9336, 9337]) {
    outside.push(await spawnPredecessor({ family: 'dashboard', port, project: at('gone') }))
  }
  await sleep(31_000)
  const startYoung = async () => {
    const young = await sync(9432, '3.2.4')
    add(['operator_required', 'starting', 'S15'])(young)
    return young
  }
  let young = await startYoung()

  return {
    base,
    root,
    members,
    outside,
    innocent: innocent.pid,
    roots: {
      other: at('other'),
      malformed: at('malformed'),
      unreadable: at('unreadable'),
      wedged: at('wedged'),
      innocent: at('innocent'),
      oldRecord: at('oldRecord'),
      foreign: at('foreign'),
      home: at('home/.spec-kitty'),
      readOnly: at('readOnly'),
    },
    skipped,
    renewYoung: async () => {
      await young.stop()
      members.splice(
        members.findIndex(({ port }) => port === young.port),
        1,
      )
      young = await startYoung()
      return young.pid
    },
    stop: async () => {
      for (const child of others) child.kill('SIGKILL')
      await stopAll()
      if (mountable) spawnSync('umount', [at('readOnly')])
      rmSync(base, { recursive: true, force: true })
    },
  }
}

/** A process that root may not signal without the kill capability: its real and saved uid are another user's. */
async function spawnUnsignallable(port: number, root: string) {
  return spawnPredecessor({
    family: 'sync',
    port,
    version: '3.2.4',
    root,
    owner: false,
    node: join(FIXTURES, 'unsignallable.sh'),
  })
}

async function healthOf(port: number): Promise<unknown> {
  const reply = await fetch(`http://127.0.0.1:${port}/api/health`)
  return reply.json()
}
