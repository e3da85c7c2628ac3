import { spawn, type ChildProcess } from 'node:child_process'
import { closeSync, openSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

export interface Ran {
  /** The pid of the process that was started or, if a tracer in front of it forks away, of the traced one. */
  readonly pid: number | undefined
  /** The exit code; null if a signal ended the process, or if it did not end in time. */
  readonly status: number | null
  readonly signal: NodeJS.Signals | null
  readonly isLate: boolean
  readonly stdout: string
  readonly stderr: string
  readonly ms: number
}

export interface RunOptions {
  /**
   * The directory of the files to which the output is written. (Pipes are not used, because a process that inherits one
   * would keep it open.)
   */
  readonly directory: string
  readonly env?: Readonly<Record<string, string>>
  readonly input?: string
  readonly limitMs?: number
  /** Called once the process was started. */
  readonly onStart?: (child: ChildProcess) => void
}

let runs = 0

/** Runs a command line to its end. Kills it after the time limit, and reports that it was late. */
export async function run(command: readonly string[], options: RunOptions): Promise<Ran> {
  const { directory, env = {}, input, limitMs = 60_000, onStart } = options
  const [out, err] = ['out', 'err'].map((name) => join(directory, `${++runs}.${name}`)) as [string, string]
  const files = [openSync(out, 'w'), openSync(err, 'w')] as const
  const began = performance.now()
  const [program = '', ...args] = command
  const child = spawn(program, args, {
    cwd: directory,
    env: { PATH: process.env['PATH'] ?? '', HOME: '/nonexistent', ...env },
    stdio: [input === undefined ? 'ignore' : 'pipe', ...files],
  })
  for (const file of files) closeSync(file)
  child.stdin?.on('error', () => undefined)
  child.stdin?.end(input)
  onStart?.(child)
  let isLate = false
  const timer = setTimeout(() => {
    isLate = true
    child.kill('SIGKILL')
  }, limitMs)
  const [status, signal] = await new Promise<[number | null, NodeJS.Signals | null]>((resolve, reject) => {
    child.on('error', reject)
    child.on('exit', (code, name) => resolve([code, name]))
  })
  clearTimeout(timer)
  const ms = performance.now() - began
  const said = { stdout: readFileSync(out, 'utf8'), stderr: readFileSync(err, 'utf8') }
  return { pid: child.pid, status, signal, isLate, ...said, ms }
}
