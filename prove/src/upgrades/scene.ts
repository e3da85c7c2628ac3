import { spawn, type ChildProcess } from 'node:child_process'
import { mkdirSync, readFileSync } from 'node:fs'
import { getPriority } from 'node:os'
import { createInterface } from 'node:readline'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import type { Random } from '../random.js'
import { formOf } from '../faults/checks.js'
import { prepareSync, recordOf } from '../stage/home.js'
import { until } from '../stage/processes.js'
import type { Lateness } from '../stage/lateness.js'
import { run, type Ran } from '../stage/run.js'
import type { EventServer } from '../stage/server.js'
import type { Layout } from './installations.js'

const CLIENT = fileURLToPath(new URL('./client.js', import.meta.url))
const CLIENTS = 2

/** The observations of a scene. */
export interface Seen {
  /** The time from the start of the first command of a version to its answer, in milliseconds. */
  readonly handOvers: readonly number[]
  /** Those of the hand-overs during which the witness saw no busy machine. Only these are judged by elapsed time. */
  readonly onTime: readonly number[]
  /** For the same hand-overs, the processor time of the command and of the new daemon, which does not depend on the load. */
  readonly processor: readonly number[]
  /** Commands that ran beside the upgrades. */
  readonly commands: number
  readonly requests: number
  /** How often each error code occurred. Every such request was sent again. */
  readonly refused: Readonly<Record<string, number>>
  readonly lost: number
  readonly mostDaemons: number
  readonly samples: number
  readonly restarts: number
  /** Commands that Node itself could not start, because their first file was incomplete. */
  readonly unstarted: number
  readonly wrong: readonly string[]
}

export type Scene = ReturnType<typeof openScene>

/** One home with a daemon, clients that send requests to it, and commands. Its observations are returned at its end. */
export function openScene(
  base: string,
  server: EventServer,
  name: string,
  random: Random,
  lateness: Pick<Lateness, 'count'>,
) {
  const home = join(base, 'home')
  const project = join(base, 'project')
  mkdirSync(project)
  prepareSync(home, project, server.url)
  // Hosted sync stays off until the end, so that the daemon uploads nothing and every acknowledged event is in the queue.
  const env = { SPEC_KITTY_HOME: home }
  const wrong: string[] = []
  const handOvers: number[] = []
  const onTime: number[] = []
  const processor: number[] = []
  const answered: string[] = []
  const refused: Record<string, number> = {}
  const state = { isOver: false, commands: 0, mostDaemons: 0, samples: 0, restarts: 0, unstarted: 0, lost: 0 }
  const clients: ChildProcess[] = []
  const tasks: Promise<void>[] = []
  let layout: Layout | null = null

  const command = async (args: readonly string[], prefix: readonly string[] = []): Promise<Ran | null> => {
    const now = layout
    if (now === null) throw new Error('nothing is installed')
    const before = now.stamp()
    const ran = await run([...prefix, ...now.command(args)], { directory: base, env, limitMs: 45_000 }).catch(
      () => null,
    )
    state.commands += 1
    const isNodes =
      before === null ||
      now.stamp() !== before ||
      /Cannot find module '[^']*bin\/spec-kitty\.js'/.test(ran?.stderr ?? '')
    const form = ran === null ? null : (formOf(ran, false) ?? emptyOf(ran))
    // Only Node's own messages about a file that it reads before ours are excused, because our own answers must always be
    // right.
    if (form !== null && isNodes && isInNodesWords(ran)) state.unstarted += 1
    else if (form !== null) wrong.push(`${args.join(' ')}: ${form}`)
    return ran
  }
  const sample = async (): Promise<void> => {
    while (!state.isOver) {
      const count = listenersIn(9400, 9450)
      state.samples += 1
      state.mostDaemons = Math.max(state.mostDaemons, count)
      await sleep(5)
    }
  }
  const look = async (): Promise<void> => {
    while (!state.isOver) {
      await command(
        random.pick([
          ['sync', 'status', '--json'],
          ['sync', 'status'],
          ['auth', 'doctor', '--json'],
        ]),
      )
      await sleep(50)
    }
  }
  const onLine = (line: any): void => {
    if (line.kind === 'answered') answered.push(line.id)
    else if (line.kind === 'lost') state.lost += 1
    else refused[line.code ?? line.message] = (refused[line.code ?? line.message] ?? 0) + 1
    if (line.kind === 'error' && !REFUSALS.has(line.code ?? ''))
      wrong.push(`a request ended with ${line.message}`)
  }
  const startClient = (number: number): void => {
    const child = spawn(process.execPath, [CLIENT, home, project, `${name}-${number}`], {
      env: { PATH: process.env['PATH'] ?? '', HOME: '/nonexistent', ...env },
      stdio: ['pipe', 'pipe', 'inherit'],
    })
    createInterface({ input: child.stdout }).on('line', (line) => onLine(JSON.parse(line)))
    clients.push(child)
  }
  return {
    base,
    random,
    use: (next: Layout): void => void (layout = next),
    begin: async (): Promise<void> => {
      const ran = await command(['sync', 'start'])
      if (ran?.status !== 0) throw new Error(`the first version does not start: ${ran?.stderr}`)
      tasks.push(sample(), look())
      for (let number = 0; number < CLIENTS; number++) startClient(number)
      if (!(await until(() => answered.length > 4, 30_000))) throw new Error('no request is answered')
    },
    /** Runs the first command of a version. After that, there must be a daemon of that version. */
    handOver: async (version: string): Promise<void> => {
      const before = recordOf(home)
      const lateBefore = lateness.count()
      const times = join(base, 'times')
      const ran = await command(['sync', 'start', '--json'], timed(times))
      const ms = ran?.ms ?? 0
      const document = documentOf(ran)
      const isFirst = before === null || before === 'damaged' || before.version !== version
      if (ran?.status !== 0 || document.package_version !== version)
        return void wrong.push(
          `the hand-over to ${version} ended with ${ran?.status}: ${ran?.stderr}${ran?.stdout}`,
        )
      if (!isFirst) return
      handOvers.push(ms)
      if (lateness.count() === lateBefore) onTime.push(ms)
      const after = recordOf(home)
      const daemonMs = after === null || after === 'damaged' ? 0 : processorMs(after.pid)
      processor.push(secondsIn(times) * 1000 + daemonMs)
    },
    /** Runs this many commands, which must leave the running daemon in place. */
    expectSame: async (count: number): Promise<void> => {
      const before = recordOf(home)
      for (let number = 0; number < count; number++) await command(['sync', 'start'])
      const after = recordOf(home)
      if (before === null || before === 'damaged' || after === null || after === 'damaged')
        wrong.push('the record is missing or damaged')
      else if (after.pid !== before.pid) state.restarts += 1
    },
    /** Runs `sync start` repeatedly until the returned function is called. */
    startMeanwhile: () => {
      const until = { isOver: false }
      const starting = (async () => {
        while (!until.isOver) await command(['sync', 'start'])
      })()
      return async (): Promise<void> => {
        until.isOver = true
        await starting
      }
    },
    close: async (): Promise<Seen> => {
      for (const child of clients) child.stdin?.end()
      await Promise.all(clients.map(ended))
      state.isOver = true
      await Promise.all(tasks)
      const uploading = { directory: base, env: { ...env, SPEC_KITTY_ENABLE_SAAS_SYNC: '1' } }
      await run(layout?.command(['sync', 'restart']) ?? [], uploading)
      const sent = await run(layout?.command(['sync', 'now']) ?? [], uploading)
      const missing = (): number => answered.filter((id) => !server.accepted.has(id)).length
      if (!(await until(() => missing() === 0, 10_000)))
        wrong.push(`${missing()} answered requests are lost: ${sent.stderr}`)
      const { isOver: _, ...counts } = state
      return {
        ...counts,
        lost: state.lost + missing(),
        handOvers,
        onTime,
        processor,
        requests: answered.length,
        refused,
        wrong,
      }
    },
  }
}

/**
 * The errors that a request may get during an upgrade: no daemon runs, it is shutting down, or a part of it is gone. Each
 * such request is sent again.
 */
const REFUSALS: ReadonlySet<string> = new Set([
  'E_DAEMON_SKIPPED',
  'E_DAEMON_UNRESPONSIVE',
  'E_REQUEST_INTERRUPTED',
  'E_503_INSTALLATION_CHANGED',
  'E_503_STARTING',
  'E_503_STOPPING',
])

/** An empty main file is a program that does nothing. */
function emptyOf({ status, stdout }: Ran): string | null {
  return status === 0 && stdout === '' ? 'exit 0, and nothing said' : null
}

function isInNodesWords(ran: Ran | null): boolean {
  if (ran === null || emptyOf(ran) !== null) return true
  return /node:internal|SyntaxError|ES module scope|Cannot find module '[^']*bin\/spec-kitty\.js'/.test(
    ran.stderr,
  )
}

/**
 * Returns a command prefix that writes the processor time of a command to a file, and runs it as a user would, not as a
 * background task.
 */
function timed(file: string): readonly string[] {
  const script = `TIMEFORMAT="%U %S"; { time nice -n ${-getPriority()} "$@" 2>&3; } 3>&2 2> "$0"`
  return ['bash', '-c', script, file]
}

function secondsIn(file: string): number {
  const [user, system] = readFileSync(file, 'utf8').trim().split(' ').map(Number)
  return (user ?? 0) + (system ?? 0)
}

/** Returns the processor time of a process so far. The kernel counts in hundredths of a second. */
function processorMs(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  return (Number(fields[11]) + Number(fields[12])) * 10
}

function ended(child: ChildProcess): Promise<void> {
  return new Promise((resolve) => {
    if (child.exitCode !== null || child.signalCode !== null) resolve()
    else child.on('exit', () => resolve())
  })
}

function documentOf(ran: Ran | null): { package_version?: string } {
  try {
    return JSON.parse(ran?.stdout ?? '')
  } catch {
    return {}
  }
}

/** Returns how many ports of the range have a listener, as the kernel lists them for this network namespace. */
function listenersIn(from: number, to: number): number {
  const lines = readFileSync('/proc/net/tcp', 'utf8').split('\n').slice(1)
  return lines.filter((line) => {
    const [, local = '', , state] = line.trim().split(/\s+/)
    const port = Number.parseInt(local.split(':')[1] ?? '', 16)
    return state === '0A' && port >= from && port < to
  }).length
}
