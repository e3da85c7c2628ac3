import { existsSync, mkdirSync, readdirSync, readlinkSync, rmSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { dirname, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import {
  dashboardsOf,
  endOf,
  gone,
  healthOn,
  lineOf,
  lives,
  signal,
  startIn,
  until,
} from '../helpers/dashboards.js'
import { times } from '../../../familiar/test/helpers/counts.js'
import { figure } from '../../../familiar/test/helpers/figures.js'
import { seeded } from '../../../familiar/test/helpers/random.js'
import { listenersOn } from '../helpers/machine.js'
import {
  createHolders,
  forEach,
  FROM,
  makeDashboardTestEnv,
  recordIn,
  recordPath,
  TO,
  type DashboardTestEnv,
} from './dashboards.js'

/** What the predecessor's cure of its orphans missed. */
let place: DashboardTestEnv

beforeEach(() => {
  place = makeDashboardTestEnv()
})

afterEach(() => place.end(), 60_000)

const ROUNDS = times(3, 100)

/** Whatever was on its way has come or gone by then, on a busy machine too. */
const SETTLED_MS = 60_000

const LOCKS = new Set(['.gitignore', 'daemon.lock', 'lifecycle.lock'])

/** How long a command takes that starts a dashboard: measured once, because the moments are random anyway. */
let wholeMs: number | undefined
async function timeOfWhole(): Promise<number> {
  if (wholeMs !== undefined) return wholeMs
  const whole = await place.run(place.project('whole'), ['dashboard'])
  expect(whole.status).toBe(0)
  return (wholeMs = whole.ms)
}

/** Removes a project in which a dashboard may just be writing: a user who deletes one tries again, too. */
async function remove(project: string): Promise<void> {
  for (const end = performance.now() + SETTLED_MS; ; await sleep(5)) {
    try {
      return rmSync(project, { recursive: true, force: true })
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOTEMPTY' || performance.now() > end) throw error
    }
  }
}

/** What may be left of a start: nothing but locks, or a dashboard that its record names. Null is right. */
async function wrongWith(project: string): Promise<string | null> {
  const record = recordIn(project)
  const isSettled = await until(() => {
    const now = recordIn(project)
    const ours = dashboardsOf(project)
    return now?.['state'] === 'running' ? ours.length === 1 && ours[0]?.pid === now['pid'] : ours.length === 0
  }, SETTLED_MS)
  if (!isSettled)
    return `record ${String(record?.['pid'])}, processes ${JSON.stringify(dashboardsOf(project))}`
  if (recordIn(project) !== null) return null
  const directory = dirname(recordPath(project))
  const left = existsSync(directory) ? readdirSync(directory).filter((name) => !LOCKS.has(name)) : []
  return left.length === 0 ? null : `left in the project: ${left.join()}`
}

describe(`a start that is interrupted at a random moment, ${ROUNDS} times`, () => {
  it.each(['SIGINT', 'SIGKILL'] as const)(
    'by %s to the command and its process group leaves no unrecorded process, and the next works',
    { timeout: 240_000 + ROUNDS * 8_000 },
    async (how) => {
      const { random } = seeded('live/dashboard-missed')
      const wholeTime = await timeOfWhole()
      const outcomes = { nothing: 0, recorded: 0 }
      for (let round = 0; round < ROUNDS; round++) {
        const project = place.project(`round-${round}`)
        const command = startIn(project, ['dashboard'], place.env)
        await sleep(random() * wholeTime * 1.1)
        if (command.exitCode === null) process.kill(-(command.pid ?? 0), how)
        await endOf(command)
        expect(await wrongWith(project), `round ${round}`).toBe(null)
        outcomes[recordIn(project) === null ? 'nothing' : 'recorded'] += 1
        const before = dashboardsOf(project)
        const next = await place.start(project)
        if (before.length > 0) expect(next.pid).toBe(before[0]?.pid)
        expect(await healthOn(next.port)).toMatchObject({ project_path: project })
        expect((await place.run(project, ['dashboard', '--stop'])).status).toBe(0)
        expect(lives(next)).toBe(false)
      }
      figure(`${how}: ${JSON.stringify(outcomes)}`)
    },
  )

  it('also before it is ready, by SIGKILL to the command alone', { timeout: 120_000 }, async () => {
    const found: string[] = []
    for (let round = 0; round < ROUNDS; round++) {
      const project = place.project(`early-${round}`)
      const command = startIn(project, ['dashboard'], place.env)
      // The moment at which there is a daemon and no record.
      await until(() => dashboardsOf(project).length > 0 || command.exitCode !== null, 60_000, 2)
      command.kill('SIGKILL')
      await endOf(command)
      expect(await wrongWith(project), `round ${round}`).toBe(null)
      found.push(recordIn(project) === null ? 'nothing' : 'recorded')
    }
    expect(found).toContain('nothing')
  })
})

const TICK_MS = 300
const GONE_MS = 60_000

describe('a temporary project that is deleted while its dashboard runs', () => {
  it('has none soon afterwards: it leaves by itself, and leaves nothing', async () => {
    const project = place.project('temporary')
    const dashboard = await place.startTimed(project, { tickMs: TICK_MS })
    rmSync(project, { recursive: true })
    expect(await gone(dashboard, GONE_MS)).toBe(true)
    expect([listenersOn(FROM, TO), readdirSync(place.base)]).toEqual([[], ['home']])
  })

  it('with everything that it was in', async () => {
    const project = place.project('run/tests/temporary')
    const dashboard = await place.startTimed(project, { tickMs: TICK_MS })
    rmSync(join(place.base, 'run'), { recursive: true })
    expect(await gone(dashboard, GONE_MS)).toBe(true)
  })

  it('also while a page is open, and a request that never ends', async () => {
    const project = place.project('watched')
    const dashboard = await place.startTimed(project, { tickMs: TICK_MS, drainMs: 500 })
    const page = await fetch(`${dashboard.url}/api/events`)
    expect(page.status).toBe(200)
    const slow = connect({ host: '127.0.0.1', port: dashboard.port })
    slow.on('error', () => undefined)
    slow.write('GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n')
    rmSync(project, { recursive: true })
    expect(await gone(dashboard, GONE_MS)).toBe(true)
    await page.body?.cancel().catch(() => undefined)
    slow.destroy()
  })

  it('and made again at once is another project: the old one leaves it alone, the next command starts a new one', async () => {
    const project = place.project('again')
    const old = await place.startTimed(project, { tickMs: 3_000 })
    rmSync(project, { recursive: true })
    mkdirSync(join(project, '.kittify'), { recursive: true })
    writeFileSync(join(project, '.kittify', 'mine'), 'mine\n')
    const next = await place.start(project)
    expect(next.pid).not.toBe(old.pid)
    expect(await gone(old, GONE_MS)).toBe(true)
    await sleep(500)
    expect(lives(next)).toBe(true)
    expect(recordIn(project)).toMatchObject({ pid: next.pid, state: 'running' })
  })
})

describe(
  'a project that is deleted while its dashboard starts',
  { timeout: 240_000 + ROUNDS * 8_000 },
  () => {
    it(`at ${ROUNDS} random moments keeps no dashboard, and has no record afterwards`, async () => {
      const { random } = seeded('live/dashboard-missed')
      const wholeTime = await timeOfWhole()
      for (let round = 0; round < ROUNDS; round++) {
        const project = place.project(`deleted-${round}`)
        const command = place.run(project, ['dashboard'])
        await sleep(random() * wholeTime)
        await remove(project)
        const { stderr } = await command
        expect(lineOf(stderr).slice(1)).toEqual([])
        expect(stderr).not.toContain('internal error')
        // What runs now stands in a directory that was deleted, and leaves on its second tick.
        const isThere = existsSync(recordPath(project))
        expect([round, isThere ? readdirSync(project, { recursive: true }) : []]).toEqual([round, []])
        for (const left of dashboardsOf(project)) {
          expect(readlinkSync(`/proc/${left.pid}/cwd`)).toMatch(/ \(deleted\)$/)
          signal(left, 'SIGKILL')
        }
      }
    })
  },
)

describe('an exhausted range', () => {
  const held = createHolders()
  const ORPHANS = times(6, 20)

  afterEach(() => held.release())

  it('without any record file anywhere is cleaned all the same', { timeout: 120_000 }, async () => {
    const ports = Array.from({ length: TO - FROM }, (_, index) => FROM + index)
    const orphans = await forEach(ports.slice(0, ORPHANS), async (port) => {
      const project = place.project(`temporary/${port}`)
      const orphan = await place.predecessor(port, project)
      rmSync(project, { recursive: true })
      return orphan
    })
    for (const port of ports.slice(ORPHANS)) await held.take(port)
    expect(listenersOn(FROM, TO)).toHaveLength(100)
    const next = await place.start(place.project('next'))
    expect([orphans.filter(lives), lives(next)]).toEqual([[], true])
    expect(listenersOn(FROM, TO)).toHaveLength(TO - FROM - ORPHANS + 1)
  })
})
