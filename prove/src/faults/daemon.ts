import { spawn } from 'node:child_process'
import { closeSync, openSync, readFileSync } from 'node:fs'
import type { Socket } from 'node:net'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import type { Ran } from '../stage/run.js'
import type { Place } from './actions.js'

/**
 * The message that a command sends to the daemon that it starts. The times are so short that a trial can wait for the
 * daemon's end.
 */
const HELLO = {
  reason: 'first_start',
  previous_version: null,
  pid: process.pid,
  timing: { tick_ms: 100, idle_ms: 500, drain_ms: 1_000, clean_every_ms: 60_000 },
  inherited: [],
}

/**
 * With these times, an idle daemon exits after a second. A daemon that encountered an error may need another tick, or its
 * watchdog.
 */
const RETIRED_MS = 20_000

/** Starts a daemon as a command does, and waits until it has exited because no client used it. */
export async function liveAndRetire(place: Place, prefix: readonly string[]): Promise<Ran> {
  const entry = join(place.tool, 'command', 'spec-kitty-daemon.js')
  const args = [...prefix, process.execPath, entry, 'sync', `--spec-kitty-daemon-root=${place.home}`]
  const log = join(place.base, 'daemon.err')
  const file = openSync(log, 'w')
  const began = performance.now()
  const child = spawn(args[0] ?? '', args.slice(1), {
    cwd: place.base,
    env: { PATH: process.env['PATH'] ?? '', ...place.env },
    stdio: ['ignore', 'ignore', file, 'pipe'],
  })
  closeSync(file)
  adopt(child.stdio[3] as Socket)
  let isLate = false
  const timer = setTimeout(() => {
    isLate = true
    child.kill('SIGKILL')
  }, RETIRED_MS)
  const [status, signal] = await new Promise<[number | null, NodeJS.Signals | null]>((resolve) => {
    child.on('exit', (code, name) => resolve([code, name]))
  })
  clearTimeout(timer)
  ;(child.stdio[3] as Socket).destroy()
  const ms = performance.now() - began
  const said = { stdout: 'a daemon', stderr: readFileSync(log, 'utf8') }
  return { pid: child.pid, status, signal, isLate, ...said, ms }
}

function adopt(pipe: Socket): void {
  const send = (message: object): void => void pipe.write(`${JSON.stringify(message)}\n`)
  pipe.on('error', () => pipe.destroy())
  send(HELLO)
  const lines = createInterface({ input: pipe })
  // A daemon that is killed resets the connection.
  lines.on('error', () => undefined)
  lines.on('line', (line) => {
    if (line.includes('"ready"')) send({ adopt: true })
    else pipe.end()
  })
}
