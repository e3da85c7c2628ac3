import { spawn, type ChildProcess } from 'node:child_process'
import type { Socket } from 'node:net'
import { join } from 'node:path'
import type { FamilyName } from './trial-plan.js'
import { environmentOf, type Stage } from './stage.js'
import { straceTo } from './trace.js'

export interface OwnOrder {
  readonly family: FamilyName
  /** The path of its scope. */
  readonly scope: string
  readonly port: number
  /** The version that it reports. */
  readonly version?: string
  /** Words that precede its command line, such as `unshare ...`. */
  readonly prefix?: readonly string[]
  /** The file to which strace writes its signals. */
  readonly trace: string
}

/** A daemon on the stage checks its state only once an hour, so that none exits by itself. */
const HOUR_MS = 3_600_000
const READY_MS = 20_000

/** Starts a daemon of ours over the startup pipe, as a command does, as a child of the trial. */
export async function startOwn(stage: Stage, order: OwnOrder): Promise<ChildProcess> {
  const { family, scope, port, version, prefix = [], trace } = order
  const marker =
    family === 'sync' ? `--spec-kitty-daemon-root=${scope}` : `--spec-kitty-dashboard-project=${scope}`
  const entry = join(stage.build, 'command', 'spec-kitty-daemon.js')
  const [command, ...rest] = [...straceTo(trace, false), ...prefix, process.execPath, entry, family, marker]
  const root = family === 'sync' ? { SPEC_KITTY_HOME: scope } : {}
  const told = version === undefined ? {} : { SPEC_KITTY_CLI_VERSION: version }
  const child = spawn(command, rest, {
    env: { ...environmentOf(stage, 'r0'), ...root, ...told },
    cwd: scope,
    stdio: ['ignore', 'ignore', 'ignore', 'pipe'],
    detached: true,
  })
  const pipe = child.stdio[3] as Socket
  pipe.on('error', () => {})
  const hello = { reason: 'first_start', previous_version: null, pid: process.pid, inherited: [], port }
  send(pipe, { ...hello, timing: { tick_ms: HOUR_MS, idle_ms: 0, clean_every_ms: HOUR_MS } })
  const next = linesOf(pipe, child)
  const ready = await next()
  if (ready?.['ready'] === undefined) throw new Error(`no daemon for ${scope}: ${JSON.stringify(ready)}`)
  send(pipe, { adopt: true })
  if ((await next())?.['ok'] !== true) throw new Error(`the daemon for ${scope} was not adopted`)
  pipe.destroy()
  return child
}

function send(pipe: Socket, message: object): void {
  pipe.write(`${JSON.stringify(message)}\n`)
}

/** Returns a function that returns the next document; null if none arrives in time, or if the process has ended. */
function linesOf(pipe: Socket, child: ChildProcess): () => Promise<Readonly<Record<string, unknown>> | null> {
  const lines: string[] = []
  let text = ''
  let wake = (): void => {}
  let isOver = false
  const over = (): void => {
    isOver = true
    wake()
  }
  pipe.on('data', (chunk: Buffer) => {
    const parts = (text + chunk.toString()).split('\n')
    text = parts.pop() ?? ''
    lines.push(...parts)
    wake()
  })
  pipe.on('close', over)
  child.once('exit', over)
  return async () => {
    if (lines.length === 0 && !isOver) {
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, READY_MS)
        wake = () => {
          clearTimeout(timer)
          resolve()
        }
      })
    }
    const line = lines.shift()
    return line === undefined ? null : (JSON.parse(line) as Readonly<Record<string, unknown>>)
  }
}
