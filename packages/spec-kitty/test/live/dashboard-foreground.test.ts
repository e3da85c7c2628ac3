import type { ChildProcess } from 'node:child_process'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import {
  dashboardsOf,
  endOf,
  healthOn,
  lineOf,
  lives,
  processOf,
  signal,
  startIn,
  until,
  type Process,
  killAll,
} from '../helpers/dashboards.js'
import { listenersOn } from '../helpers/machine.js'
import { getJson } from './pages-wire.js'
import { FROM, makeDashboardTestEnv, recorded, recordIn, TO, type DashboardTestEnv } from './dashboards.js'

/** `dashboard --foreground`: it lives in the command, and ends with it. */
let place: DashboardTestEnv
let project: string
const running: ChildProcess[] = []

beforeEach(() => {
  place = makeDashboardTestEnv()
  project = place.project('project')
})

afterEach(async () => {
  await killAll(running)
  await place.end()
})

interface Foreground extends Process {
  readonly child: ChildProcess
  readonly port: number
  readonly said: () => string
  readonly ended: Promise<number | null>
}

/** Starts one and waits for its URL. */
async function startForeground(more: readonly string[] = []): Promise<Foreground> {
  const child = startIn(project, ['dashboard', '--foreground', ...more], place.env)
  running.push(child)
  let said = ''
  child.stdout?.on('data', (chunk: Buffer) => (said += chunk.toString()))
  const ended = endOf(child)
  expect(await until(() => said.endsWith('\n'), 60_000)).toBe(true)
  const port = Number(/^http:\/\/127\.0\.0\.1:(\d+)\/\n$/.exec(said)?.[1])
  return { ...processOf(child.pid ?? 0), child, port, said: () => said, ended }
}

describe('in the foreground', () => {
  it('prints its URL and serves, in this very process, until Ctrl+C ends it with 0', async () => {
    const here = await startForeground()
    expect(recorded(project)).toMatchObject({ pid: here.pid, port: here.port })
    expect(await healthOn(here.port)).toMatchObject({ project_path: project })
    expect(dashboardsOf(place.base)).toEqual([])
    process.kill(-here.pid, 'SIGINT')
    expect(await here.ended).toBe(0)
    expect([listenersOn(FROM, TO), recordIn(project)]).toMatchObject([[], { state: 'stopped' }])
  })

  it('SIGHUP (its terminal was closed) and SIGTERM end it as cleanly', async () => {
    for (const name of ['SIGHUP', 'SIGTERM'] as const) {
      const here = await startForeground()
      signal(here, name)
      expect([name, await here.ended]).toEqual([name, 0])
      const [left, record] = [listenersOn(FROM, TO), recordIn(project)]
      expect([left, record]).toMatchObject([[], { state: 'stopped', stop_reason: name }])
    }
  })

  it('knows itself, and the page of another project that is in use, and of nothing else', async () => {
    const here = await startForeground()
    const other = await place.start(place.project('other'))
    await place.predecessor(9300, join(place.base, 'gone'), {})
    const { families, summary } = await getJson(here.port, '/api/daemons')
    const told = new Map(families[0].daemons.map((one: { port: number }) => [one.port, one]))
    const urlOf = (port: number): string => `http://127.0.0.1:${port}/`
    expect(told.get(here.port)).toMatchObject({
      pid: here.pid,
      is_self: true,
      is_live: true,
      url: urlOf(here.port),
    })
    expect(told.get(other.port)).toMatchObject({ is_self: false, is_live: false, url: urlOf(other.port) })
    expect(told.get(9300)).toMatchObject({ is_self: false, url: null })
    expect(summary.text).toMatch(
      /^(1 stale(, \d+ MB)?: one command|1 for you to decide|nothing to clean up)$/,
    )
    expect(families[0].clean_up.lines).toContainEqual(
      expect.stringContaining(`process ${here.pid} on port ${here.port}`),
    )
  })

  it('takes the port it is given, and says when that one is in use', async () => {
    const here = await startForeground(['--port', '9300'])
    expect(here.port).toBe(9300)
    const other = place.project('other')
    const { status, stderr } = await place.run(other, ['dashboard', '--foreground', '--port', '9300'])
    expect([status, lineOf(stderr)]).toEqual([1, [expect.stringContaining('port 9300 is in use')]])
    expect(lives(here)).toBe(true)
  })

  it('SIGKILL leaves nothing that is in the way of the next', async () => {
    const here = await startForeground()
    signal(here, 'SIGKILL')
    await here.ended
    expect([listenersOn(FROM, TO), dashboardsOf(place.base)]).toEqual([[], []])
    const next = await place.start(project)
    expect(next.pid).not.toBe(here.pid)
  })

  it('--stop from another terminal ends it, with 0', async () => {
    const here = await startForeground()
    const { status, document } = await place.json(project, ['dashboard', '--stop'])
    expect([status, document]).toMatchObject([0, { outcome: 'stopped', pid: here.pid }])
    expect(await here.ended).toBe(0)
    expect(listenersOn(FROM, TO)).toEqual([])
    const logs = await place.json(project, ['dashboard', 'logs', '-n', '1'])
    expect(logs.document.lines).toMatchObject([{ event: 'stopped', reason: 'operator_stop' }])
  })

  it('a second command in the project finds it, a second one in the foreground is refused', async () => {
    const here = await startForeground()
    const { document } = await place.json(project, ['dashboard'])
    expect(document).toMatchObject({ outcome: 'found', pid: here.pid, port: here.port })
    const { status, stdout, stderr } = await place.run(project, ['dashboard', '--foreground'])
    const where = `already: http://127.0.0.1:${here.port}/ (process ${here.pid})`
    expect([status, stdout, lineOf(stderr)]).toEqual([1, '', [expect.stringContaining(where)]])
    const shown = await place.json(project, ['dashboard', '--status'])
    expect(shown.document).toMatchObject({ state: 'running', pid: here.pid })
  })

  it('is never touched by a clean-up, wherever and with whatever options it runs', async () => {
    const here = await startForeground()
    for (const args of [['--yes'], ['--yes', '--force'], ['--yes', '--force', '--port', String(here.port)]]) {
      const { document } = await place.json(place.home, ['dashboard', '--cleanup-all', ...args])
      const shown = document.candidates.find(({ pid }: { pid: number }) => pid === here.pid)
      expect([args, shown.cleanup_class, lives(here)]).toEqual([args, 'never_touch', true])
      expect(document.swept).toEqual([])
    }
    const { status } = await place.run(place.home, ['auth', 'doctor', '--reset', '--force'])
    expect([status, lives(here)]).toEqual([0, true])
  })
})
