import { mkdirSync, renameSync, rmSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { spawnHostile } from '../../../../stand-ins/hostile.mjs'
import { spawnPredecessor, writeDashboardRecord } from '../../../../stand-ins/predecessor.mjs'
import { isFull, times } from '../../../familiar/test/helpers/counts.js'
import { figure } from '../../../familiar/test/helpers/figures.js'
import {
  lineOf,
  lives,
  processOf,
  removeAfterStart,
  type Process,
  type Timed,
} from '../helpers/dashboards.js'
import { listenersOn } from '../helpers/machine.js'
import {
  createHolders,
  forEach,
  freeze,
  FROM,
  makeDashboardTestEnv,
  mountAt,
  NO_MOUNT,
  recorded,
  recordPath,
  TO,
  unmount,
  type DashboardTestEnv,
} from './dashboards.js'

/** A range full of dashboards: the next one gets a port, and only what is provably abandoned pays for it. */
let place: DashboardTestEnv
let outside: readonly Process[]

/** Everything that must be the same process at the end, by what it is. */
const live = new Map<string, Process>()
const mounts: string[] = []
const held = createHolders()

const PORTS = Array.from({ length: TO - FROM }, (_, index) => FROM + index)

/**
 * Of the live ones, those without anything odd; seven are odd. One of ours takes ten times the processor time of one of theirs,
 * because it is started by a command that looks at the full range. With sixty orphans there are forty live ones, and the range is
 * full of dashboards; with fewer, this process holds the rest of it.
 */
const [ORPHANS, THEIRS, OURS] = [times(12, 60), times(3, 30), times(1, 3)]
const LIVE = THEIRS + OURS + 7

/** Among the other programs; the rest of the range is held by this process. */
const MORE_ORPHANS = 3

const HOSTILE = ['drip', 'endless', 'redirect', 'http', 'silent', 'reset', 'wrong-types', 'mimic'] as const

/** A dashboard that is younger, in a project that exists, is left whatever else is wrong with it. */
const STARTING_MS = 31_000

/** A hundred processes on two cores that others use too. */
const FLEET = { timeout: 240_000 }

beforeAll(async () => {
  place = makeDashboardTestEnv()
  const project = place.project('outside')
  place.project('orphans/one-that-stays')
  const started = [
    await spawnPredecessor({ family: 'dashboard', port: FROM - 1, project: join(place.base, 'never-was') }),
    await spawnPredecessor({ family: 'dashboard', port: TO, project: join(place.base, 'never-was') }),
    await spawnPredecessor({ family: 'sync', port: 9400, root: project, owner: false }),
  ]
  outside = started.map(({ pid }) => processOf(pid))
})

afterAll(async () => {
  for (const mount of mounts) unmount(mount)
  await held.release()
  await place?.end()
}, 120_000)

/** The predecessor's dashboards of deleted projects, as its test suites leave them. */
async function orphansOn(ports: readonly number[]): Promise<readonly Process[]> {
  return forEach(ports, async (port) => {
    const project = place.project(`orphans/${port}`)
    const orphan = await place.predecessor(port, project, { record: port % 2 === 0 })
    removeAfterStart(project)
    return orphan
  })
}

function busyPorts(): readonly number[] {
  return listenersOn(FROM, TO)
    .map(({ port }) => port)
    .toSorted((a, b) => a - b)
}

/** A dead process may keep its port for a moment longer than it has a command line. */
function stillThere(processes: readonly Process[]): number {
  return processes.filter(lives).length
}

function namesOfDead(): readonly string[] {
  return [...live].filter(([, process]) => !lives(process)).map(([name]) => name)
}

async function startNext(name: string): Promise<Timed> {
  const ran = await place.run(place.project(name), ['dashboard'])
  expect([ran.status, ran.stderr]).toEqual([0, ''])
  figure(`the next dashboard, whole command: ${Math.round(ran.ms)} ms`)
  return ran
}

/** Among live ones the same is shown with fewer, in every run. */
describe.skipIf(!isFull)('a hundred orphans', FLEET, () => {
  let orphans: readonly Process[]

  beforeAll(async () => {
    orphans = await orphansOn(PORTS)
  }, FLEET.timeout)

  it('go when the next dashboard needs a port, exactly they, and it starts', async () => {
    expect([stillThere(orphans), busyPorts()]).toEqual([100, PORTS])
    await startNext('first')
    const first = recorded(join(place.base, 'first'))
    expect([stillThere(orphans), busyPorts()]).toEqual([0, [first.port]])
    expect(stillThere(outside)).toBe(3)
    const { stdout } = await place.run(first.project, ['dashboard', '--stop'])
    expect(stdout).toContain(`process ${first.pid}`)
    expect(busyPorts()).toEqual([])
  })
})

describe(`${ORPHANS} orphans among ${LIVE} live dashboards`, FLEET, () => {
  let orphans: readonly Process[]
  /** When the last of a kind had started. Those that follow are of a kind that is there already. */
  let completeAt = 0

  beforeAll(async () => {
    orphans = await orphansOn(PORTS.filter((_, index) => index % 5 < 3).slice(0, ORPHANS))
    const rest = PORTS.filter((port) => !busyPorts().includes(port))
    await forEach(rest.slice(0, THEIRS), async (port) => {
      const project = place.project(`theirs-${port}`)
      live.set(`theirs, port ${port}`, await place.predecessor(port, project, { record: true }))
    })
    await startOddOnesOfTheirs(rest.slice(THEIRS))
    await forEach([...Array(OURS).keys()], async (index) => {
      live.set(`ours, ${index}`, await place.start(place.project(`ours-${index}`)))
    })
    await startOddOnesOfOurs()
    for (const port of PORTS.filter((one) => !busyPorts().includes(one))) await held.take(port)
  }, FLEET.timeout)

  it('is the stage, with every port taken', () => {
    expect([live.size, stillThere([...live.values()]), stillThere(orphans)]).toEqual([LIVE, LIVE, ORPHANS])
    expect(busyPorts()).toEqual(PORTS)
  })

  it('go, and every live one stays the same process', async () => {
    await startNext('second')
    const second = recorded(join(place.base, 'second'))
    expect([stillThere(orphans), namesOfDead()]).toEqual([0, []])
    expect(busyPorts()).toHaveLength(PORTS.length - ORPHANS + 1)
    live.set('ours, second', second)
  })

  it('go from among the listeners of other programs too', async () => {
    const free = PORTS.filter((port) => !busyPorts().includes(port))
    const hostile = free.slice(0, HOSTILE.length)
    await forEach(hostile, async (port, index) => {
      const kind = HOSTILE[index] ?? 'http'
      const payload = kind === 'mimic' ? { status: 'ok', project_path: '/gone', token: 'a' } : undefined
      const { pid } = await spawnHostile(kind, port, { payload })
      live.set(`another program, ${kind}`, processOf(pid))
    })
    completeAt = performance.now()
    const more = await orphansOn(free.slice(HOSTILE.length, HOSTILE.length + MORE_ORPHANS))
    for (const port of free.slice(HOSTILE.length + MORE_ORPHANS)) await held.take(port)
    expect([more.length, busyPorts()]).toEqual([MORE_ORPHANS, PORTS])
    await startNext('third')
    expect([stillThere(more), namesOfDead()]).toEqual([0, []])
    live.set('ours, third', recorded(join(place.base, 'third')))
  })

  it('are missing from a range full of live ones: an error that lists the holders, and nothing is signalled', async () => {
    const free = PORTS.filter((port) => !busyPorts().includes(port))
    const kept = await forEach(free, async (port) => {
      const more = await place.predecessor(port, place.project(`more-${port}`), { record: true })
      live.set(`theirs, port ${port}`, more)
      return more
    })
    expect([kept.length, busyPorts()]).toEqual([MORE_ORPHANS - 1, PORTS])
    const project = place.project('fourth')
    const { status, stdout, stderr } = await place.run(project, ['dashboard'])
    expect([status, stdout, lineOf(stderr).length, stderr.split('\n').length]).toEqual([1, '', 1, 3])
    expect(stderr).toMatch(
      /^spec-kitty: every port from 9237 to 9336 is in use\n.*\b\d+ by live daemons of their projects \(is_recorded_singleton\)/,
    )
    // No command frees a port: each of them is in use, or may be, because its project is only unmounted.
    expect(stderr).not.toContain('--force')
    const { document } = await place.json(project, ['dashboard'])
    expect(document).toMatchObject({ ok: false, error: { code: 'E_RANGE_FULL' } })
    expect([namesOfDead(), busyPorts()]).toEqual([[], PORTS])
    expect(stillThere(outside)).toBe(3)
  })

  it('and a clean-up that is asked for ends none of the live ones, once none of the stage counts as starting', async () => {
    await sleep(Math.max(0, STARTING_MS - (performance.now() - completeAt)))
    const { status, document } = await place.json(place.base, ['dashboard', '--cleanup-all', '--yes'])
    expect([status, document.swept, namesOfDead()]).toEqual([0, [], []])
  })
})

/** Live ones of the predecessor that look abandoned at first sight. */
async function startOddOnesOfTheirs(ports: readonly number[]): Promise<void> {
  const [three = 0, below = 0, itself = 0] = ports
  const old = await place.predecessor(three, place.project('three-lines'))
  writeDashboardRecord(old.project, { port: three, token: old.token })
  live.set('theirs, with a record of three lines', old)
  await onMount('theirs-below', 'project', (at) => place.predecessor(below, at, { record: true }))
  await onMount('theirs-itself', '', (at) => place.predecessor(itself, at, { record: true }))
}

/** The same of ours. */
async function startOddOnesOfOurs(): Promise<void> {
  const silent = await place.start(place.project('record-deleted'))
  rmSync(recordPath(silent.project))
  keepFromWriting(dirname(recordPath(silent.project)))
  live.set('ours, whose record was deleted and which holds its lock', silent)
  const moved = await place.startTimed(place.project('to-be-moved'), {})
  renameSync(moved.project, `${moved.project}-away`)
  live.set('ours, whose project was moved', moved)
  await onMount('ours-below', 'project', (at) => place.startTimed(at, {}))
  await onMount('ours-itself', '', (at) => place.startTimed(at, {}))
}

/** Starts one for a project on a file system that is unmounted afterwards. */
async function onMount(
  name: string,
  below: string,
  start: (project: string) => Promise<Process>,
): Promise<void> {
  const mount = join(place.base, 'mounts', name)
  const isMounted = mountAt(mount)
  if (isMounted) mounts.push(mount)
  // The directory must be older than the daemon, whose age is known in hundredths of a second.
  await sleep(50)
  const project = join(mount, below)
  mkdirSync(join(project, '.kittify'), { recursive: true })
  live.set(name, await start(project))
  if (isMounted) unmount(mount)
  else console.log(`${name}: ${NO_MOUNT}`)
}

/** It would write its record again within a second; where nothing can be mounted, that is what happens. */
function keepFromWriting(directory: string): void {
  try {
    freeze(directory)
    mounts.push(directory)
  } catch (error) {
    console.log(String(error))
  }
}
