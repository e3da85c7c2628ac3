import { spawn, spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, it, type TestContext } from 'vitest'
import { isFull } from '../../../familiar/test/helpers/counts.js'
import { refusalsOf } from '../../../familiar/test/helpers/refuse-calls.js'
import { CLI, smallEnvironment } from '../helpers/cli.js'
import { dashboardsOf, endOf, textOf } from '../helpers/dashboards.js'
import { makeDashboardTestEnv, recordIn, type DashboardTestEnv } from './dashboards.js'
import { daemonsOf, makeRoot, skipAloud, type SyncRoot } from './sync-root.js'

/** A daemon that nothing can reach is no daemon: none is left, and none is recorded. */
let root: SyncRoot
let place: DashboardTestEnv

beforeAll(() => {
  root = makeRoot()
  place = makeDashboardTestEnv()
})

afterAll(async () => {
  await root.end()
  await place.end()
})

/** What comes before a command so that it, and the daemon that it starts, cannot use the loopback interface. */
const WITHOUT: Readonly<Record<string, readonly [prefix: readonly string[], cause: RegExp]>> = {
  'whose loopback interface is down': [
    ['unshare', '--net'],
    /cannot reach its own port 127\.0\.0\.1:\d+ \(ENETUNREACH\)/,
  ],
  'that may not connect': [refusalsOf('connect=EPERM'), /cannot reach its own port .* \(EPERM\)/],
  'that may not listen': [refusalsOf('listen=EACCES'), /cannot listen on 127\.0\.0\.1:\d+ \(EACCES\)/],
  'that may not bind': [refusalsOf('bind=EPERM'), /cannot listen on 127\.0\.0\.1:\d+ \(EPERM\)/],
  'that gets no address': [
    refusalsOf('bind=EADDRNOTAVAIL'),
    /cannot listen on 127\.0\.0\.1:\d+ \(EADDRNOTAVAIL\)/,
  ],
}

function without(context: TestContext, how: string) {
  const [prefix, cause] = WITHOUT[how] ?? [[], /^/]
  const { status, error, stderr } = spawnSync(prefix[0] ?? '', [...prefix.slice(1), 'true'], {
    encoding: 'utf8',
  })
  if (status !== 0) skipAloud(context, `${prefix[0]} does not work here: ${error?.message ?? stderr.trim()}`)
  return { prefix, cause }
}

const LINE = /^spec-kitty: [^\n]+\): bring the loopback interface up [^\n]+\n$/

/** The library starts both daemons: the sync daemon shows every cause, a dashboard one of each kind, and with FAMILIAR_FULL=1 all. */
const FOR_DASHBOARDS = isFull
  ? Object.keys(WITHOUT)
  : ['whose loopback interface is down', 'that may not listen']

describe.for(Object.keys(WITHOUT))('a machine %s', (how) => {
  it('gets no sync daemon, and is told why', (context) => {
    const { prefix, cause } = without(context, how)
    const { status, document, stderr } = root.json(['sync', 'start'], { prefix })
    expect([status, document.error.code, stderr]).toEqual([
      1,
      'E_DAEMON_START_FAILED',
      expect.stringMatching(LINE),
    ])
    expect(stderr).toMatch(cause)
    expect([daemonsOf(root.path), existsSync(root.file('record.json'))]).toEqual([[], false])
  })
})

describe('a machine that is well again', () => {
  it('gets its sync daemon, whatever was in the way before', () => {
    expect(root.start().pid).toBeGreaterThan(1)
  })
})

describe.for(FOR_DASHBOARDS)('a machine %s', (how) => {
  it('gets no dashboard, in the background or in the foreground', async (context) => {
    const { prefix, cause } = without(context, how)
    const project = place.project(how)
    const ran = await place.run(project, ['dashboard'], { prefix })
    expect([ran.status, ran.stdout, ran.stderr]).toEqual([1, '', expect.stringMatching(LINE)])
    expect(ran.stderr).toMatch(cause)
    const [command, ...args] = [...prefix, process.execPath, CLI, 'dashboard', '--foreground']
    const child = spawn(command, args, {
      cwd: project,
      env: smallEnvironment(place.env),
      stdio: ['ignore', 'ignore', 'pipe'],
    })
    const [status, stderr] = await Promise.all([endOf(child), textOf(child.stderr)])
    expect([status, stderr]).toEqual([1, expect.stringMatching(LINE)])
    expect([dashboardsOf(project), recordIn(project)]).toEqual([[], null])
  })
})
