import { spawn, type ChildProcess } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, type TestContext } from 'vitest'
import { refusalsOf } from '../../../familiar/test/helpers/refuse-calls.js'
import { spawnPredecessor, stopAll, type PredecessorOptions } from '../../../../stand-ins/predecessor.mjs'
import { lives, processesNaming, processOf, type Process } from '../helpers/dashboards.js'
import { makeDashboardTestEnv, type Dashboard, type DashboardTestEnv } from './dashboards.js'
import { makeRoot, skipAloud, until, type Daemon, type SyncRoot } from './sync-root.js'
import { works } from './vantage-fleet.js'
import { childrenOf, daemonsBelow } from './vantage-processes.js'
import { LOOPBACK } from './vantage-stands.js'

/** A command that stands where its facts about processes do not hold ends nothing, and says so. */
let root: SyncRoot
let place: DashboardTestEnv

function begin(): void {
  root = makeRoot()
  place = makeDashboardTestEnv()
}

async function end(): Promise<void> {
  await place?.end()
  await root?.end()
}

function need(context: TestContext, prefix: readonly string[]): void {
  if (!works(prefix)) skipAloud(context, `${prefix.join(' ').slice(0, 120)} does not work here`)
}

function candidateOf(document: any, { pid }: { readonly pid: number }): any {
  return document.candidates.find((one: any) => one.pid === pid)
}

describe('in another time namespace', () => {
  const prefix = ['unshare', '--time', '--boottime', '100000', '--fork']

  beforeEach(begin)
  afterEach(end)

  it('--reset does not know the live sync daemon, and leaves it; stop does not deny it', (context) => {
    need(context, prefix)
    const daemon = root.start()
    const { document } = root.json(['auth', 'doctor', '--reset'], { prefix })
    expect([document.reset_result.swept, lives(daemon)]).toEqual([[], true])
    expect(candidateOf(document, daemon)).toMatchObject({ rule: 'S8', skip_reason: 'missing_identity' })
    const stopped = root.run(['sync', 'stop'], { prefix })
    expect(stopped.stdout + stopped.stderr).not.toContain('no sync daemon')
  })

  it('--cleanup-all --force does not know the live dashboard, and leaves it; stop does not deny it', async (context) => {
    need(context, prefix)
    const project = place.project('one')
    const dashboard = await place.start(project)
    const sweep = ['dashboard', '--cleanup-all', '--yes', '--force']
    const { document } = await place.json(place.project('two'), sweep, { prefix })
    expect([document.swept, lives(dashboard)]).toEqual([[], true])
    expect(candidateOf(document, dashboard)).toMatchObject({ rule: 'D8', skip_reason: 'missing_identity' })
    const stopped = await place.run(project, ['dashboard', '--stop'], { prefix })
    expect(stopped.stdout + stopped.stderr).not.toContain('no dashboard')
  })
})

/** Numbers so large that no other process has them: the sleeps of this test. */
const INNOCENT = 'sleep 8639931'
const OUTSIDE = 'sleep 8639932'
const OUTSIDE_COUNT = 300
const MOST_PROCESSES = 5_000

/**
 * Lets the numbers of a pid namespace go on behind one, if the kernel allows it: without that, thousands of processes fill the
 * numbers up to that of a daemon which was started late. Those of all processes of a test are near each other.
 */
const SKIP_TO = 'skip() { echo $1 2>/dev/null >/proc/sys/kernel/ns_last_pid; }; skip'
const NEAR = 400

const SYNC_PORT = 9_420
const DASHBOARD_PORT = 9_300

const IN_NAMESPACE = fileURLToPath(new URL('../fixtures/processes/in-namespace.sh', import.meta.url))

describe('in a pid namespace with the /proc of another', () => {
  const REFUSED = [2, 'E_SCAN_IMPOSSIBLE']
  const keepers: ChildProcess[] = []
  let daemon: Daemon
  let dashboard: Dashboard & Process
  let projects: readonly [own: string, other: string]
  let stage: Stage

  /** Where the tests run their commands; `lack` says why they cannot. */
  interface Stage {
    readonly lack?: string
    readonly prefix: readonly string[]
    readonly stale: readonly Process[]
  }

  beforeAll(async () => {
    begin()
    daemon = root.start()
    projects = [place.project('one'), place.project('two')]
    dashboard = await place.start(projects[0])
    stage = await fill([
      { family: 'sync', port: SYNC_PORT, root: join(root.base, 'inside') },
      { family: 'dashboard', port: DASHBOARD_PORT, project: join(place.base, 'gone') },
    ])
  })

  afterAll(async () => {
    for (const { pid = 0 } of keepers.splice(0)) process.kill(-pid, 'SIGKILL')
    await stopAll()
    expect(await until(() => processesNaming('sleep 863993').length === 0)).toBe(true)
    await end()
  })

  /** Starts a shell that stays until the tests have ended; `say` gives it a line and returns its answer. */
  function keep(prefix: readonly string[], script: string) {
    const [command, ...args] = [...prefix, 'sh', '-c', `${script}; read -r _`]
    const keeper = spawn(command, args, { stdio: ['pipe', 'pipe', 'inherit'], detached: true })
    keepers.push(keeper)
    return {
      pid: keeper.pid ?? 0,
      say: async (line: string): Promise<string> => {
        const answer = new Promise<string>((resolve) =>
          keeper.stdout.once('data', (text) => resolve(`${text}`)),
        )
        keeper.stdin.write(`${line}\n`)
        return (await answer).trim()
      },
    }
  }

  /**
   * Starts stale daemons of the predecessor in a pid namespace of their own, and in there innocent processes until each number
   * that one of the daemons has outside is one of theirs. Outside there are so many that a number from inside is one there too.
   */
  async function fill(options: readonly PredecessorOptions[]): Promise<Stage> {
    const unshare = ['unshare', '--pid', '--fork', '--kill-child']
    if (!works(unshare)) return { lack: `${unshare.join(' ')} does not work here`, prefix: [], stale: [] }
    const inside = keep(
      unshare,
      `echo; read -r _; read -r n m; ${SKIP_TO} $((n - ${NEAR})); while :; do ${INNOCENT} & [ $! -ge $m ] && break; done; echo $!`,
    )
    await inside.say('')
    const [init = 0] = childrenOf(inside.pid)
    const prefix = ['nsenter', '--target', `${init}`, '--pid']
    const env = { IN_NAMESPACE_OF: `${init}` }
    const stale: number[] = []
    for (const option of options) {
      const started = await spawnPredecessor({ ...option, version: '3.2.2', node: IN_NAMESPACE, env })
      stale.push(childrenOf(started.pid)[0] ?? 0)
    }
    const [first, last] = [Math.min(...stale), Math.max(...stale)]
    if (last > MOST_PROCESSES) return { lack: `${last} processes would be too many`, prefix, stale: [] }
    const many = `read -r _; i=0; while [ $i -lt ${OUTSIDE_COUNT} ]; do ${OUTSIDE} & i=$((i+1)); done; echo`
    await keep([], many).say('')
    const shells = namingInnocent(true).length
    expect(await inside.say(`${first} ${last}`)).toBe(`${last}`)
    expect(await until(() => namingInnocent(true).length === shells)).toBe(true)
    const taken = new Set(namingInnocent(false).map(numberInside))
    expect(stale.filter((pid) => !taken.has(pid))).toEqual([])
    return { prefix, stale: stale.map(processOf) }
  }

  /** A child of the shell is named like the shell until it has become the sleep that it shall be. */
  function namingInnocent(isShell: boolean): readonly string[] {
    return processesNaming(INNOCENT).filter((line) => line.includes('sh -c') === isShell)
  }

  /** The number in its own namespace of a process of which the pid is the first word of the line. */
  function numberInside(line: string): number {
    const status = readFileSync(`/proc/${line.split(' ')[0]}/status`, 'utf8')
    return Number(/^NSpid:.*\t(\d+)$/m.exec(status)?.[1])
  }

  function innocents(): number {
    return namingInnocent(false).length
  }

  function prefixOf(context: TestContext): readonly string[] {
    return stage.lack === undefined ? stage.prefix : skipAloud(context, stage.lack)
  }

  /** Everything that the commands could have ended. */
  function left(): readonly unknown[] {
    return [innocents(), stage.stale.map(lives), lives(daemon), lives(dashboard)]
  }

  it('no command of sync looks at, records, starts or signals anything', (context) => {
    const prefix = prefixOf(context)
    const before = left()
    const force = ['auth', 'doctor', '--reset', '--force']
    const commands = [
      [...force, '--port', `${SYNC_PORT}`],
      force,
      ['auth', 'doctor'],
      ['sync', 'start'],
      ['sync', 'stop'],
    ]
    for (const args of commands) {
      const { status, document } = root.json(args, { prefix })
      expect([args, left(), status, document.error?.code]).toEqual([args, before, ...REFUSED])
    }
    expect(before.slice(1)).toEqual([[true, true], true, true])
  })

  it('no daemon comes up and no record is written, and an installer goes on', (context) => {
    const prefix = prefixOf(context)
    const other = root.beside(join(root.base, 'other'))
    const { status, document } = other.json(['sync', 'start'], { prefix })
    expect([status, document.error?.code]).toEqual(REFUSED)
    expect(existsSync(other.file('record.json'))).toBe(false)
    expect(other.run(['upgrade-hook'], { prefix }).status).toBe(0)
    expect(daemonsBelow(other.path)).toEqual([])
  })

  it('no command of the dashboard does either', async (context) => {
    const prefix = prefixOf(context)
    const [one, two] = projects
    const before = left()
    const sweep = ['dashboard', '--cleanup-all', '--yes', '--force']
    const runs: readonly (readonly [string, readonly string[]])[] = [
      [two, [...sweep, '--port', `${DASHBOARD_PORT}`]],
      [two, sweep],
      [two, ['dashboard']],
      [one, ['dashboard', '--stop']],
    ]
    for (const [project, args] of runs) {
      const { status, document } = await place.json(project, args, { prefix })
      expect([args, left(), status, document.error?.code]).toEqual([args, before, ...REFUSED])
    }
    expect(existsSync(join(two, '.kittify', 'daemon'))).toBe(false)
  })
})

describe.each([
  ['in a network of its own', LOOPBACK],
  ['where connect is not permitted', refusalsOf('connect=EPERM')],
])('%s', (_, prefix) => {
  const FORCE = /--force/

  beforeEach(begin)
  afterEach(end)

  it('a healthy sync daemon is unreachable; no command says how to end it, and force spares it', (context) => {
    need(context, prefix)
    const daemon: Daemon = root.start()
    const status = root.json(['sync', 'status'], { prefix })
    const doctor = root.json(['auth', 'doctor'], { prefix })
    const start = root.json(['sync', 'start'], { prefix })
    expect(status.document).toMatchObject({ state: 'unreachable', pid: daemon.pid })
    expect(doctor.document.findings).toContainEqual(expect.objectContaining({ id: 'F-013' }))
    expect(candidateOf(doctor.document, daemon)).toMatchObject({ skip_reason: 'unreachable' })
    expect(start.document).toMatchObject({ ok: false })
    for (const { stdout, stderr } of [status, doctor, start]) expect(stdout + stderr).not.toMatch(FORCE)
    for (const more of [[], ['--port', `${daemon.port}`]]) {
      const { document } = root.json(['auth', 'doctor', '--reset', '--force', ...more], { prefix })
      expect([document.reset_result?.swept, lives(daemon)]).toEqual([[], true])
    }
    expect(root.json(['sync', 'status']).document.state).toBe('running')
  })

  it('so is a healthy dashboard, and --cleanup-all --yes --force spares it', async (context) => {
    need(context, prefix)
    const project = place.project('one')
    const dashboard: Dashboard & Process = await place.start(project)
    const status = await place.json(project, ['dashboard', '--status'], { prefix })
    const start = await place.json(project, ['dashboard'], { prefix })
    expect(status.document).toMatchObject({ state: 'unreachable', pid: dashboard.pid })
    expect(start.document).toMatchObject({ ok: false })
    for (const { stdout, stderr } of [status, start]) expect(stdout + stderr).not.toMatch(FORCE)
    const sweep = ['dashboard', '--cleanup-all', '--yes', '--force']
    for (const from of [project, place.project('two')]) {
      const { document } = await place.json(from, sweep, { prefix })
      expect([document.swept, lives(dashboard)]).toEqual([[], true])
    }
    expect((await place.json(project, ['dashboard', '--status'])).document.state).toBe('running')
  })
})
