import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it, type TestContext } from 'vitest'
import { refusingCalls } from '../../../familiar/test/helpers/refuse-calls.js'
import { dashboardsOf } from '../helpers/dashboards.js'
import { listenersOn } from '../helpers/machine.js'
import { FROM, makeDashboardTestEnv, recordIn, TO, type DashboardTestEnv } from './dashboards.js'
import { daemonsOf, lives, makeRoot, skipAloud, type SyncRoot } from './sync-root.js'

/** Commands that start a daemon, and have too few descriptors or processes for that. */
let root: SyncRoot
let place: DashboardTestEnv

beforeEach(() => {
  root = makeRoot()
  place = makeDashboardTestEnv()
})

afterEach(async () => {
  await root.end()
  await place.end()
})

const HIGHEST = 64
const MANY_MS = 240_000

/** A process with so many descriptors, and none of the test's own besides the usual three. */
function limited(count: number): readonly string[] {
  const close = 'for f in $(ls /proc/self/fd); do [ "$f" -gt 2 ] && eval "exec $f>&-"; done 2> /dev/null'
  return ['bash', '-c', `${close}; ulimit -n ${count} && exec "$0" "$@"`]
}

/** The limits from the lowest with which Node runs an empty file: with fewer it does not get to ours. */
function limits(context: TestContext): readonly number[] {
  const empty = join(root.base, 'empty.js')
  writeFileSync(empty, '')
  const all = Array.from({ length: HIGHEST - 9 }, (_, index) => index + 10)
  const lowest = all.find((count) => {
    const [command, ...args] = [...limited(count), process.execPath, empty]
    return spawnSync(command, args).status === 0
  })
  if (lowest === undefined) skipAloud(context, `Node does not run with ${HIGHEST} descriptors here`)
  return all.filter((count) => count >= lowest)
}

const LACK = /^spec-kitty: this process has too few resources: [^\n]+ \(raise its limits [^\n]+\)\n$/

/** It worked, or it says in one line what was lacking. */
function expectEither(
  limit: number,
  ran: { status: number | null; stdout: string; stderr: string },
): boolean {
  if (ran.status === 0) return true
  expect([limit, ran.status, ran.stdout, ran.stderr]).toEqual([limit, 75, '', expect.stringMatching(LACK)])
  return false
}

describe('with few descriptors', { timeout: MANY_MS }, () => {
  it('`sync start` starts a daemon, or says what it lacks and leaves nothing', (context) => {
    const results = limits(context).map((limit) => {
      const isStarted = expectEither(limit, root.run(['sync', 'start'], { prefix: limited(limit) }))
      expect([limit, daemonsOf(root.path).length]).toEqual([limit, isStarted ? 1 : 0])
      if (isStarted) expect(root.run(['sync', 'stop']).status).toBe(0)
      else expect([limit, existsSync(root.file('record.json'))]).toEqual([limit, false])
      expect(listenersOn(9400, 9450)).toEqual([])
      return isStarted
    })
    expect([results[0], results.at(-1)]).toEqual([false, true])
  })

  it('`sync restart` replaces the daemon, or leaves the one that runs', (context) => {
    let before = root.start()
    const results = limits(context).map((limit) => {
      const record = readFileSync(root.file('record.json'), 'utf8')
      const isDone = expectEither(limit, root.run(['sync', 'restart'], { prefix: limited(limit) }))
      expect([limit, lives(before)]).toEqual([limit, !isDone])
      if (!isDone) expect(readFileSync(root.file('record.json'), 'utf8')).toBe(record)
      before = root.remember() ?? before
      expect([limit, daemonsOf(root.path)]).toEqual([limit, [before.pid]])
      return isDone
    })
    expect([results[0], results.at(-1)]).toEqual([false, true])
  })

  it('`sync opt-in` records the consent, or says what it lacks and records nothing', (context) => {
    const project = join(root.base, 'p')
    const consent = join(project, '.kittify', 'config.yaml')
    mkdirSync(join(project, '.kittify'), { recursive: true })
    // It looks at the queue after that, and needs more descriptors for it.
    expect(root.run(['sync', 'publish', '--type', 'T', '--project', project]).status).toBe(0)
    for (const limit of limits(context)) {
      rmSync(consent, { force: true })
      const isDone = expectEither(limit, root.run(['sync', 'opt-in', project], { prefix: limited(limit) }))
      expect([limit, existsSync(consent)]).toEqual([limit, isDone])
    }
  })

  it('`dashboard` starts one, or says what it lacks and leaves nothing', async (context) => {
    const project = place.project('p')
    const results: boolean[] = []
    for (const limit of limits(context)) {
      const isStarted = expectEither(
        limit,
        await place.run(project, ['dashboard'], { prefix: limited(limit) }),
      )
      expect([limit, dashboardsOf(project).length]).toEqual([limit, isStarted ? 1 : 0])
      if (isStarted) expect((await place.run(project, ['dashboard', '--stop'])).status).toBe(0)
      else expect([limit, recordIn(project)?.['state']]).not.toEqual([limit, 'running'])
      expect(listenersOn(FROM, TO)).toEqual([])
      results.push(isStarted)
    }
    expect([results[0], results.at(-1)]).toEqual([false, true])
  })
})

describe('where no further process may be started', () => {
  const withoutProcesses = (context: TestContext) => {
    return { prefix: refusingCalls(context, 'fork=EAGAIN') }
  }

  it.for([['start'], ['restart']])(
    '`sync %s` says so in one line, and starts nothing',
    ([word = ''], context) => {
      expect(expectEither(0, root.run(['sync', word], withoutProcesses(context)))).toBe(false)
      expect([daemonsOf(root.path), existsSync(root.file('record.json'))]).toEqual([[], false])
    },
  )

  it('`sync restart` leaves the daemon that runs', (context) => {
    const daemon = root.start()
    expect(expectEither(0, root.run(['sync', 'restart'], withoutProcesses(context)))).toBe(false)
    expect([lives(daemon), root.remember()?.pid]).toEqual([true, daemon.pid])
  })

  it('`dashboard` says so as JSON, too', async (context) => {
    const project = place.project('p')
    const { status, document } = await place.json(project, ['dashboard'], withoutProcesses(context))
    expect([status, document.ok, document.error.code]).toEqual([75, false, 'E_RESOURCES'])
    expect([dashboardsOf(project), recordIn(project)]).toEqual([[], null])
  })
})
