import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { stopAll } from '../../../../stand-ins/predecessor.mjs'
import { figure } from '../../../familiar/test/helpers/figures.js'
import { runCli, type Ran } from '../helpers/cli.js'
import { listenersOn } from '../helpers/machine.js'
import {
  EDGES,
  KINDS,
  livePredecessor,
  makeWorld,
  older,
  populateEdges,
  populateRange,
  stalePredecessor,
  stateOf,
  type Kind,
  type Member,
  type World,
} from './matrix-world.js'
import { processesNaming, until } from './sync-root.js'

/**
 * Both families, and everything that looks like them, at the same time and in each other's ranges: every way to clean
 * up is gone through, and after each one every process is looked at. A clean-up ends its own stale daemons, and neither
 * the other family's nor anybody else's, and nothing beside its range.
 */
let world: World

interface EntryPoint {
  readonly name: string
  readonly family: 'sync' | 'dashboard'
  /** The root, or the project, that it is run in. */
  readonly place: string
  readonly args: readonly string[]
}

function entry(family: EntryPoint['family'], name: string, place: string, command: string): EntryPoint {
  return { name, family, place, args: command.split(' ') }
}

const PRE_MARKER_PORT = 9440
const DEAF_PORT = 9290

/** In this order: the ones that end more than their own scope come last. */
const ENTRY_POINTS: readonly EntryPoint[] = [
  entry('sync', 'sync start, its daemon cleans', 'live-9430', 'sync start'),
  entry('sync', 'sync start replaces', 'live-9431', 'sync start'),
  entry('sync', 'sync start replaces ours', 'older-sync', 'sync start'),
  entry('sync', 'sync stop', 'live-9432', 'sync stop'),
  entry('sync', 'upgrade-hook', 'older-hook', 'upgrade-hook'),
  entry('sync', '--reset', 'stale', 'auth doctor --reset'),
  entry('sync', '--reset --force --port N', 'stale', `auth doctor --reset --force --port ${PRE_MARKER_PORT}`),
  entry('sync', '--reset --force', 'stale', 'auth doctor --reset --force'),
  entry('dashboard', 'dashboard, its daemon cleans', 'live-9280', 'dashboard'),
  entry('dashboard', 'dashboard replaces', 'live-9281', 'dashboard'),
  entry('dashboard', 'dashboard replaces ours', 'older-dashboard', 'dashboard'),
  entry('dashboard', 'dashboard --stop', 'live-9282', 'dashboard --stop'),
  entry('dashboard', '--cleanup-all --yes', 'nowhere', 'dashboard --cleanup-all --yes'),
  entry('dashboard', '--cleanup-all --force --yes', 'nowhere', 'dashboard --cleanup-all --force --yes'),
]

const [SYNC_CLEANS, REPLACES, REPLACES_OWN, STOP, HOOK, RESET, FORCE_PORT, FORCE] = namesOf('sync')
const [
  DASHBOARD_CLEANS,
  DASHBOARD_REPLACES,
  DASHBOARD_REPLACES_OWN,
  DASHBOARD_STOP,
  CLEAN_ALL,
  CLEAN_ALL_FORCE,
] = namesOf('dashboard')

function namesOf(family: EntryPoint['family']): readonly string[] {
  return ENTRY_POINTS.filter((one) => one.family === family).map(({ name }) => name)
}

/** A predecessor's daemon counts as starting for 30 s after its start. */
const AGE_MS = 31_000

/** What a daemon cleans it cleans after the command has ended; a busy machine may make it wait for its next tick. */
const CLEANED_MS = 45_000

/** What became of every member after each entry point. */
const rows: { readonly entryPoint: string; readonly cells: ReadonlyMap<Member, string> }[] = []

beforeAll(async () => {
  world = makeWorld()
  // A project is older than its dashboard. If nothing in it is, it looks like an empty mount point in which `init` was run.
  for (const place of [...ENTRY_POINTS.map((one) => one.place), `live-${DEAF_PORT}`])
    world.directory(`${place}/.kittify`)
  const scopes = {
    sync: (port: number) => ({ root: world.directory(`live-${port}`) }),
    dashboard: (port: number) => ({ project: world.directory(`live-${port}`) }),
  }
  const stale = { 'sync 3.x stale': RESET, 'sync ours stale': FORCE }
  const gone = { 'dashboard 3.x stale': CLEAN_ALL, 'dashboard ours stale': CLEAN_ALL }
  await populateEdges(world, { sync: RESET ?? '', dashboard: CLEAN_ALL ?? '' })
  await populateRange(world, 9410, (kind) => (stale as Partial<Record<Kind, string>>)[kind] ?? null)
  await populateRange(world, 9250, (kind) => (gone as Partial<Record<Kind, string>>)[kind] ?? null)
  await stalePredecessor(world, 'sync', 9430, SYNC_CLEANS ?? '', scopes.sync(9430))
  await livePredecessor(world, 'sync', 9431, REPLACES ?? '')
  await livePredecessor(world, 'sync', 9432, STOP ?? '')
  await older(world, 'sync', 'older-sync', REPLACES_OWN ?? '')
  await older(world, 'sync', 'older-hook', HOOK ?? '')
  await stalePredecessor(world, 'sync', PRE_MARKER_PORT, FORCE_PORT ?? '', { marker: false })
  await stalePredecessor(world, 'dashboard', 9280, DASHBOARD_CLEANS ?? '', scopes.dashboard(9280))
  await livePredecessor(world, 'dashboard', 9281, DASHBOARD_REPLACES ?? '')
  await livePredecessor(world, 'dashboard', 9282, DASHBOARD_STOP ?? '')
  await older(world, 'dashboard', 'older-dashboard', DASHBOARD_REPLACES_OWN ?? '')
  await stalePredecessor(world, 'dashboard', DEAF_PORT, CLEAN_ALL_FORCE ?? '', {
    ...scopes.dashboard(DEAF_PORT),
    behaviour: 'deaf',
  })
  await sleep(AGE_MS)
}, 400_000)

afterAll(async () => {
  print()
  await stopAll()
  world?.end()
  expect(await until(() => listenersOn(9236, 9451).length === 0, 60_000)).toBe(true)
  expect(processesNaming(world.base)).toEqual([])
})

/** Runs it, and waits for those that it must end. */
async function run({ name, family, place, args }: EntryPoint): Promise<Ran> {
  const directory = world.directory(place)
  const env = { SPEC_KITTY_HOME: family === 'sync' ? directory : world.directory('home') }
  const ran = runCli([...args, '--json'], { env, prefix: ['env', '-C', directory] })
  const own = world.members.filter(({ endedBy }) => endedBy === name)
  await until(() => own.every((member) => stateOf(member) === 'retired'), CLEANED_MS)
  return ran
}

/** A daemon that the entry point started is one that must survive from now on. */
function rememberStarted({ family }: EntryPoint, { stdout }: Ran): void {
  const { outcome, pid, port } = JSON.parse(stdout) as { outcome?: string; pid: number; port: number }
  if (outcome === 'started') world.remember(`${family} ours live`, port, pid)
}

describe('every clean-up, before both families and everybody else', () => {
  it('finds everybody in place', () => {
    expect(world.members.filter((member) => stateOf(member) !== 'survived')).toEqual([])
    const kinds = new Set(world.members.map(({ kind }) => kind))
    expect([...kinds].toSorted()).toEqual([...KINDS].toSorted())
    for (const port of EDGES) expect(world.members.filter((member) => member.port === port)).toHaveLength(3)
  })

  it.each(ENTRY_POINTS)('$name ends what it has to end, and nothing else', async (entryPoint) => {
    const before = world.members.filter((member) => stateOf(member) === 'survived')
    const ran = await run(entryPoint)
    rows.push({
      entryPoint: entryPoint.name,
      cells: new Map(before.map((member) => [member, stateOf(member)])),
    })
    const wrong = before.filter((member) => stateOf(member) !== expected(member, entryPoint))
    rememberStarted(entryPoint, ran)
    expect([wrong, ran.status, ran.stderr]).toEqual([[], 0, expect.any(String)])
  })

  it('has sent nothing beyond a range: the same processes listen there', () => {
    expect(outside().map(stateOf)).toEqual(outside().map(() => 'survived'))
    expect(outside()).toHaveLength(12)
  })
})

function outside(): readonly Member[] {
  return world.members.filter(({ port }) => [9399, 9450, 9236, 9337].includes(port))
}

function expected({ endedBy }: Member, { name }: EntryPoint): string {
  return endedBy === name ? 'retired' : 'survived'
}

/** Rows: entry points; columns: kinds; cells: how many survived and how many were retired. */
function print(): void {
  const widths = KINDS.map((kind) => Math.max(kind.length, 8))
  const line = (name: string, cells: readonly string[]): string =>
    [name.padEnd(30), ...cells.map((cell, index) => cell.padStart(widths[index] ?? 0))].join('  ')
  const countOf = (cells: ReadonlyMap<Member, string>, kind: Kind): string => {
    const states = [...cells].filter(([member]) => member.kind === kind).map(([, state]) => state)
    const retired = states.filter((state) => state === 'retired').length
    return retired === 0 ? String(states.length) : `${states.length - retired} -${retired}`
  }
  const body = rows.map(({ entryPoint, cells }) =>
    line(
      entryPoint,
      KINDS.map((kind) => countOf(cells, kind)),
    ),
  )
  const cells = rows.reduce((sum, row) => sum + row.cells.size, 0)
  const summary = `${rows.length} entry points x ${KINDS.length} kinds of listener: ${cells} processes looked at`
  const same = outside().filter((member) => stateOf(member) === 'survived').length
  const beyond = `beside the ranges: ${outside().length} processes, ${same} of them the same and listening`
  figure([summary, 'survived -retired', line('', KINDS), ...body, beyond].join('\n'))
}
