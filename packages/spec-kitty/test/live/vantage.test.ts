import { spawn, type ChildProcess } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, describe, expect, it, type TestContext } from 'vitest'
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

beforeEach(() => {
  root = makeRoot()
  place = makeDashboardTestEnv()
})

afterEach(async () => {
  await place.end()
  await root.end()
})

function need(context: TestContext, prefix: readonly string[]): void {
  if (!works(prefix)) skipAloud(context, `${prefix.join(' ').slice(0, 120)} does not work here`)
}

function candidateOf(document: any, { pid }: { readonly pid: number }): any {
  return document.candidates.find((one: any) => one.pid === pid)
}

describe('in another time namespace', () => {
  const prefix = ['unshare', '--time', '--boottime', '100000', '--fork']

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
const IN_NAMESPACE = fileURLToPath(new URL('../fixtures/processes/in-namespace.sh', import.meta.url))

describe('in a pid namespace with the /proc of another', () => {
  const REFUSED = [2, 'E_SCAN_IMPOSSIBLE']
  const keepers: ChildProcess[] = []

  afterEach(async () => {
    for (const { pid = 0 } of keepers.splice(0)) process.kill(-pid, 'SIGKILL')
    await stopAll()
    expect(await until(() => processesNaming('sleep 863993').length === 0, 5_000)).toBe(true)
  })

  /** Starts a shell that stays until the test has ended; `say` gives it a line and returns its answer. */
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
   * Starts a stale daemon of the predecessor in a pid namespace of its own, and in there innocent processes until one
   * has the number that the daemon has outside. Outside there are so many that a number from inside is one there too.
   */
  async function fill(context: TestContext, options: PredecessorOptions) {
    const unshare = ['unshare', '--pid', '--fork', '--kill-child']
    need(context, unshare)
    const inside = keep(
      unshare,
      `echo; read -r _; read -r n; ${SKIP_TO} $((n - ${NEAR})); while :; do ${INNOCENT} & [ $! -ge $n ] && break; done; echo $!`,
    )
    await inside.say('')
    const [init = 0] = childrenOf(inside.pid)
    const env = { IN_NAMESPACE_OF: `${init}` }
    const started = await spawnPredecessor({ ...options, version: '3.2.2', node: IN_NAMESPACE, env })
    const [stale = 0] = childrenOf(started.pid)
    if (stale > MOST_PROCESSES) skipAloud(context, `${stale} processes would be too many`)
    const many = `read -r _; i=0; while [ $i -lt ${OUTSIDE_COUNT} ]; do ${OUTSIDE} & i=$((i+1)); done; echo`
    await keep([], many).say('')
    const shells = namingInnocent(true)
    expect(await inside.say(`${stale}`)).toBe(`${stale}`)
    expect(await until(() => namingInnocent(true) === shells, 5_000)).toBe(true)
    return { prefix: ['nsenter', '--target', `${init}`, '--pid'], stale: processOf(stale) }
  }

  /** A child of the shell is named like the shell until it has become the sleep that it shall be. */
  function namingInnocent(isShell: boolean): number {
    return processesNaming(INNOCENT).filter((line) => line.includes('sh -c') === isShell).length
  }

  function innocents(): number {
    return namingInnocent(false)
  }

  it('no command of sync looks at, records, starts or signals anything', async (context) => {
    const daemon = root.start()
    const port = 9_420
    const scope = join(root.base, 'inside')
    const { prefix, stale } = await fill(context, { family: 'sync', port, root: scope })
    const before = innocents()
    const force = ['auth', 'doctor', '--reset', '--force']
    const commands = [
      [...force, '--port', `${port}`],
      force,
      ['auth', 'doctor'],
      ['sync', 'start'],
      ['sync', 'stop'],
    ]
    for (const args of commands) {
      const { status, document } = root.json(args, { prefix })
      const left = [innocents(), lives(stale), lives(daemon)]
      expect([args, ...left, status, document.error?.code]).toEqual([args, before, true, true, ...REFUSED])
    }
  })

  it('no daemon comes up and no record is written, and an installer goes on', async (context) => {
    const { prefix } = await fill(context, { family: 'sync', port: 9_420, root: join(root.base, 'inside') })
    const { status, document } = root.json(['sync', 'start'], { prefix })
    expect([status, document.error?.code]).toEqual(REFUSED)
    expect(existsSync(root.file('record.json'))).toBe(false)
    expect(root.run(['upgrade-hook'], { prefix }).status).toBe(0)
    expect(daemonsBelow(root.base)).toEqual([])
  })

  it('no command of the dashboard does either', async (context) => {
    const [one, two] = [place.project('one'), place.project('two')]
    const dashboard = await place.start(one)
    const port = 9_300
    const { prefix, stale } = await fill(context, {
      family: 'dashboard',
      port,
      project: join(place.base, 'gone'),
    })
    const before = innocents()
    const sweep = ['dashboard', '--cleanup-all', '--yes', '--force']
    const runs: readonly (readonly [string, readonly string[]])[] = [
      [two, [...sweep, '--port', `${port}`]],
      [two, sweep],
      [two, ['dashboard']],
      [one, ['dashboard', '--stop']],
    ]
    for (const [project, args] of runs) {
      const { status, document } = await place.json(project, args, { prefix })
      const left = [innocents(), lives(stale), lives(dashboard)]
      expect([args, ...left, status, document.error?.code]).toEqual([args, before, true, true, ...REFUSED])
    }
    expect(existsSync(join(two, '.kittify', 'daemon'))).toBe(false)
  })
})

const REFUSED = ['strace', '-D', '-f', '-qq', '-o', '/dev/null', '-e', 'trace=connect', '-e']

describe.each([
  ['in a network of its own', LOOPBACK],
  ['where connect is not permitted', [...REFUSED, 'inject=connect:error=EPERM']],
])('%s', (_, prefix) => {
  const FORCE = /--force/

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
