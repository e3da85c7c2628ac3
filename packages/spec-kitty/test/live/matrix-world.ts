import { mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { spawnHostile, type HostileKind } from '../../../../stand-ins/hostile.mjs'
import { spawnPredecessor, type PredecessorOptions } from '../../../../stand-ins/predecessor.mjs'
import { isAlive, startTicksOf } from '../helpers/machine.js'
import { startOlder, startOwn } from './matrix-own.js'

/** Everything that a clean-up of one family could take for its own, on the ports of both. */

export const KINDS = [
  'sync 3.x stale',
  'sync 3.x live',
  'sync ours stale',
  'sync ours live',
  'dashboard 3.x stale',
  'dashboard 3.x live',
  'dashboard ours stale',
  'dashboard ours live',
  'http',
  'silent',
  'mimic',
] as const

export type Kind = (typeof KINDS)[number]

/** One process that listens. */
export interface Member {
  readonly kind: Kind
  readonly port: number
  readonly pid: number
  readonly ticks: string
  /** The entry point that has to end it; null: none may. */
  readonly endedBy: string | null
}

export interface World {
  readonly base: string
  readonly members: Member[]
  /** A directory of the test by its name, made. */
  directory(name: string): string
  /** Remembers a process that an entry point started. */
  remember(kind: Kind, port: number, pid: number): void
  end(): void
}

type Casting = Omit<Member, 'pid' | 'ticks'>

/** The ports at both ends of both ranges, and their neighbours. */
export const EDGES = [9399, 9400, 9449, 9450, 9236, 9237, 9336, 9337] as const
const INSIDE: ReadonlySet<number> = new Set([9400, 9449, 9237, 9336])

/** Returns an empty world in a directory of its own. */
export function makeWorld(): World {
  const base = realpathSync(mkdtempSync(join(tmpdir(), 'familiar-matrix-')))
  const members: Member[] = []
  const directory = (name: string): string => {
    mkdirSync(join(base, name), { recursive: true })
    return join(base, name)
  }
  const world: World = {
    base,
    members,
    directory,
    remember: (kind, port, pid) => add(world, { kind, port, endedBy: null }, pid),
    end: () => {
      for (const { pid, ticks } of members) if (isAlive(pid, ticks)) process.kill(pid, 'SIGKILL')
      rmSync(base, { recursive: true, force: true })
    },
  }
  return world
}

/** Starts what stands at the edges: on each of the eight ports one of each sort, each on an address of its own. */
export async function populateEdges(world: World, endedBy: Record<'sync' | 'dashboard', string>) {
  const thirds = ['http', 'silent', 'mimic'] as const
  await inTurn(
    [...EDGES.entries()].flatMap(([index, port]) => {
      const isSync = port > 9390
      const ends = (family: 'sync' | 'dashboard'): string | null =>
        INSIDE.has(port) && isSync === (family === 'sync') ? endedBy[family] : null
      return [
        () => stalePredecessor(world, 'sync', port, ends('sync'), { bind: '127.0.0.1' }),
        () => stalePredecessor(world, 'dashboard', port, ends('dashboard'), { bind: '127.0.0.2' }),
        () => stranger(world, thirds[index % 3] ?? 'http', port, '::1'),
      ]
    }),
  )
}

/** Starts what stands inside one range: of both families what is stale and what is live, and strangers. */
export async function populateRange(world: World, from: number, ends: (kind: Kind) => string | null) {
  const port = (at: number): number => from + at
  const own = (kind: Kind, family: 'sync' | 'dashboard', at: number, isStale: boolean) => async () => {
    const scope = world.directory(`own-${port(at)}`)
    const { pid } = await startOwn(family, scope, world.directory('logs'), port(at), isStale)
    add(world, { kind, port: port(at), endedBy: ends(kind) }, pid)
  }
  await inTurn([
    () => stalePredecessor(world, 'sync', port(0), ends('sync 3.x stale')),
    () => livePredecessor(world, 'sync', port(1), null),
    own('sync ours stale', 'sync', 2, true),
    own('sync ours live', 'sync', 3, false),
    () => stalePredecessor(world, 'dashboard', port(4), ends('dashboard 3.x stale')),
    () => livePredecessor(world, 'dashboard', port(5), null),
    own('dashboard ours stale', 'dashboard', 6, true),
    own('dashboard ours live', 'dashboard', 7, false),
    () => stranger(world, 'http', port(8)),
    () => stranger(world, 'silent', port(9)),
    () => stranger(world, 'mimic', port(10), '127.0.0.1', 'sync'),
    () => stranger(world, 'mimic', port(11), '127.0.0.1', 'dashboard'),
  ])
}

/** A sync daemon that no record names, or a dashboard whose project is gone. */
export async function stalePredecessor(
  world: World,
  family: 'sync' | 'dashboard',
  port: number,
  endedBy: string | null,
  more: Partial<PredecessorOptions> = {},
): Promise<void> {
  const scope = family === 'sync' ? { root: world.directory('stale') } : { project: join(world.base, 'gone') }
  const { pid } = await spawnPredecessor({ family, port, version: '3.2.4', ...scope, ...more })
  add(world, { kind: `${family} 3.x stale`, port, endedBy }, pid)
}

/** A daemon that the record of its root or project names. */
export async function livePredecessor(
  world: World,
  family: 'sync' | 'dashboard',
  port: number,
  endedBy: string | null,
  more: Partial<PredecessorOptions> = {},
): Promise<void> {
  const path = world.directory(`live-${port}`)
  const scope = family === 'sync' ? { root: path } : { project: path }
  const { pid } = await spawnPredecessor({ family, port, version: '3.2.4', record: true, ...scope, ...more })
  add(world, { kind: `${family} 3.x live`, port, endedBy }, pid)
}

/** A daemon of ours of an older version, the live one of its own root or project. */
export async function older(
  world: World,
  family: 'sync' | 'dashboard',
  name: string,
  endedBy: string | null,
): Promise<void> {
  const { pid, port } = await startOlder(family, world.directory(name), world.directory('logs'))
  add(world, { kind: `${family} ours live`, port, endedBy }, pid)
}

async function stranger(
  world: World,
  kind: HostileKind & Kind,
  port: number,
  host = '127.0.0.1',
  as: 'sync' | 'dashboard' = port < 9390 ? 'dashboard' : 'sync',
): Promise<void> {
  const payload = {
    status: 'ok',
    daemon_family: as,
    singleton_scope_id: world.directory('stale'),
    project_path: join(world.base, 'gone'),
    protocol_version: 1,
    package_version: '3.2.4',
    sync: {},
    owner: { pid: process.pid, port },
  }
  const { pid } = await spawnHostile(kind, port, { host, payload: kind === 'mimic' ? payload : undefined })
  add(world, { kind, port, endedBy: null }, pid)
}

function add({ members }: World, casting: Casting, pid: number): void {
  members.push({ ...casting, pid, ticks: startTicksOf(pid) ?? 'gone' })
}

/** One after the other: sixty processes that start at once are slower than in turn. */
async function inTurn(steps: readonly (() => Promise<void>)[]): Promise<void> {
  for (const step of steps) await step()
}

/** Whether a member is the process that it was, and listens on its port. It may end while that is asked. */
export function stateOf({ pid, ticks, port }: Member): 'survived' | 'retired' | 'deaf' {
  const isListening = holdsPort(pid, port)
  if (!isAlive(pid, ticks)) return 'retired'
  return isListening ? 'survived' : 'deaf'
}

function holdsPort(pid: number, port: number): boolean {
  const hex = port.toString(16).toUpperCase().padStart(4, '0')
  return ['tcp', 'tcp6'].some((table) =>
    socketsIn(`/proc/${pid}/net/${table}`)
      .split('\n')
      .some((row) => row.includes(`:${hex} `) && row.split(/\s+/).includes('0A')),
  )
}

function socketsIn(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return ''
  }
}
