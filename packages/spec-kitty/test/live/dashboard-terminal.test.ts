import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { CLI, smallEnvironment } from '../helpers/cli.js'
import {
  endOf,
  gone,
  healthOn,
  lives,
  processOf,
  signal,
  until,
  type Process,
  killAll,
} from '../helpers/dashboards.js'
import { listenersOn } from '../helpers/machine.js'
import { FROM, makeDashboardTestEnv, recorded, recordIn, TO, type DashboardTestEnv } from './dashboards.js'

/** What a dashboard does when its terminal, or who reads what it says, goes away. */
let place: DashboardTestEnv
let project: string
const running: ChildProcess[] = []
const dashboards: Process[] = []

beforeEach(() => {
  place = makeDashboardTestEnv()
  project = place.project('project')
})

afterEach(async () => {
  for (const one of dashboards.splice(0)) {
    signal(one, 'SIGKILL')
    await gone(one, 60_000)
  }
  await killAll(running)
  await place.end()
})

/** Runs a command on a terminal of its own, which is closed when the process that is returned ends. */
function onTerminal(command: string): ChildProcess {
  const child = spawn('script', ['-qec', command, '/dev/null'], {
    cwd: project,
    env: smallEnvironment({ ...place.env, TERM: 'xterm', SHELL: '/bin/sh' }),
    stdio: ['pipe', 'pipe', 'ignore'],
  })
  child.stdout?.resume()
  running.push(child)
  return child
}

async function dashboardThatRuns(): Promise<Process & { readonly port: number }> {
  expect(await until(() => recordIn(project)?.['state'] === 'running', 60_000)).toBe(true)
  const { pid, port } = recorded(project)
  const found = { ...processOf(pid), port }
  dashboards.push(found)
  return found
}

describe('the terminal is closed', () => {
  it('a dashboard in the foreground leaves, and its record says why', async () => {
    const terminal = onTerminal(`exec '${process.execPath}' '${CLI}' dashboard --foreground`)
    const dashboard = await dashboardThatRuns()
    terminal.kill('SIGKILL')
    await endOf(terminal)
    expect(await gone(dashboard, 60_000)).toBe(true)
    expect(recordIn(project)).toMatchObject({ state: 'stopped', stop_reason: 'SIGHUP' })
    expect(listenersOn(FROM, TO)).toEqual([])
  })

  it('a dashboard in the background stays, also where it is signalled itself', async () => {
    const terminal = onTerminal(`'${process.execPath}' '${CLI}' dashboard; cat`)
    const dashboard = await dashboardThatRuns()
    terminal.kill('SIGKILL')
    await endOf(terminal)
    signal(dashboard, 'SIGHUP')
    expect(await healthOn(dashboard.port)).toMatchObject({ project_path: project })
    expect([lives(dashboard), recordIn(project)?.['state']]).toEqual([true, 'running'])
  })
})

describe('the reader of its output is gone', () => {
  it('a dashboard in the foreground serves on, and marks its record when it leaves', async () => {
    const preload = join(place.base, 'talk.cjs')
    writeFileSync(
      preload,
      `process.on('SIGUSR2', () => {
        process.stderr.write('said on stderr\\n')
        process.stdout.write('said on stdout\\n')
      })`,
    )
    const child = spawn(process.execPath, ['--require', preload, CLI, 'dashboard', '--foreground'], {
      cwd: project,
      env: smallEnvironment(place.env),
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    running.push(child)
    const dashboard = await dashboardThatRuns()
    const closed = [once(child.stdout, 'close'), once(child.stderr, 'close')]
    child.stdout.destroy()
    child.stderr.destroy()
    await Promise.all(closed)
    for (let times = 0; times < 3; times++) {
      signal(dashboard, 'SIGUSR2')
      expect(await healthOn(dashboard.port)).toMatchObject({ project_path: project })
    }
    signal(dashboard, 'SIGTERM')
    expect(await endOf(child)).not.toBe(null)
    expect(recordIn(project)).toMatchObject({ state: 'stopped', stop_reason: 'SIGTERM' })
  })
})
