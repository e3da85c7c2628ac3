import { mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { definitionOf, type Daemon } from './define/define-daemon.js'
import { SANDBOX_FILE, SANDBOX_VARIABLE } from './define/sandbox-file.js'
import { ASYNC_DISPOSE } from './dispose.js'
import type { PortRange } from './identity/machine.js'
import { timingToJson } from './protocol/daemon-timing.js'

export interface SandboxOptions {
  /** The idle time after which the daemon exits; by default that of its definition. Fractions are allowed. */
  readonly idleTimeoutSeconds?: number
  /** How long a daemon waits for requests in flight when it shuts down. */
  readonly drainTimeoutSeconds?: number
  /** How often a daemon checks whether it must retire; by default a fifth of the idle time, at most the usual 30 s. */
  readonly tickSeconds?: number
}

/** A sandbox for the daemons of one test. */
export interface Sandbox extends AsyncDisposable {
  /** The environment variables that every command of the test needs. */
  readonly env: Readonly<Record<string, string>>
  /** The directory that contains everything that the daemons write. */
  readonly directory: string
  /**
   * Stops the daemons and removes the directory. Throws if a process that the test left behind is still in the sandbox
   * after that.
   */
  close(): Promise<void>
}

/**
 * Creates a sandbox for a daemon and its siblings: a private state directory, and ports on which nothing listens. From
 * then on until `close`, this process and the commands that get `env` use it. Automatic starts work in it even in CI. A
 * process can have only one sandbox at a time; several test processes can each have one.
 */
export async function sandbox(daemon: Daemon, options: SandboxOptions = {}): Promise<Sandbox> {
  const directory = realpathSync(mkdtempSync(join(tmpdir(), `${daemon.name}-sandbox-`)))
  const daemons = [daemon, ...(definitionOf(daemon).options.siblings?.() ?? [])]
  const ports = await freeRanges(daemons)
  writeFileSync(
    join(directory, SANDBOX_FILE),
    JSON.stringify({ daemons: Object.fromEntries(ports), timing: timingOf(options) }),
  )
  const before = process.env[SANDBOX_VARIABLE]
  process.env[SANDBOX_VARIABLE] = directory
  const close = async (): Promise<void> => {
    try {
      const left = (await Promise.all(daemons.map(endAll))).flat()
      if (left.length > 0) throw new Error(`the test left behind: ${left.join('; ')}`)
    } finally {
      if (before === undefined) delete process.env[SANDBOX_VARIABLE]
      else process.env[SANDBOX_VARIABLE] = before
      rmSync(directory, { recursive: true, force: true })
    }
  }
  return { env: { [SANDBOX_VARIABLE]: directory }, directory, close, [ASYNC_DISPOSE]: close }
}

const TICK_SECONDS = 30

function timingOf({
  idleTimeoutSeconds: idle,
  drainTimeoutSeconds: drain,
  tickSeconds,
}: SandboxOptions): object {
  const tick = tickSeconds ?? (idle === undefined ? TICK_SECONDS : Math.min(TICK_SECONDS, idle / 5))
  return timingToJson({
    tickMs: Math.max(1, Math.round(tick * 1000)),
    ...(idle === undefined ? {} : { idleMs: Math.round(idle * 1000) }),
    ...(drain === undefined ? {} : { drainMs: Math.round(drain * 1000) }),
  })
}

/** Stops every daemon that listens on the sandbox's ports. Returns descriptions of those that remain. */
async function endAll(daemon: Daemon): Promise<readonly string[]> {
  const seen = await daemon.scan()
  for (const { observation } of seen.candidates) {
    const scope = observation.shape?.implementation === 'own' ? observation.shape.marker : null
    if (scope !== null) await daemon.at(scope).stop()
  }
  const { candidates } = await daemon.scan()
  return candidates.map(
    ({ observation: { pid, port } }) => `${daemon.name}: process ${pid ?? 'unknown'}, port ${port ?? 'none'}`,
  )
}

/**
 * The first port of the sandboxes. Their ports are below those that systems give to clients, and above those of
 * well-known servers.
 */
const FIRST_PORT = 10_000
const LAST_PORT = 31_000
const PORTS = 24
const TRIES = 200

async function freeRanges(daemons: readonly Daemon[]): Promise<readonly (readonly [string, PortRange])[]> {
  const ranges: [string, PortRange][] = []
  for (const { name } of daemons) {
    const taken = ranges.map(([, range]) => range)
    ranges.push([name, await freeRange(taken)])
  }
  return ranges
}

async function freeRange(taken: readonly PortRange[]): Promise<PortRange> {
  for (let tried = 0; tried < TRIES; tried++) {
    const from = FIRST_PORT + Math.floor(Math.random() * (LAST_PORT - FIRST_PORT - PORTS))
    const range = { from, to: from + PORTS }
    const isApart = taken.every((other) => other.to <= range.from || range.to <= other.from)
    const ports = Array.from({ length: PORTS }, (_, index) => from + index)
    if (isApart && (await Promise.all(ports.map(isFree))).every(Boolean)) return range
  }
  throw new Error(`no ${PORTS} free ports in a row between ${FIRST_PORT} and ${LAST_PORT}`)
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer()
    server.once('error', () => resolve(false))
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)))
  })
}
