import { mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { siblingsOf } from './define/author-functions.js'
import { checked, invalid } from './define/check-definition.js'
import { definitionOf, type Daemon } from './define/define-daemon.js'
import { SANDBOX_FILE, SANDBOX_VARIABLE, type SandboxOptions } from './define/sandbox-file.js'
import { ASYNC_DISPOSE } from './dispose.js'
import { FamiliarError } from './errors.js'
import type { PortRange } from './identity/machine.js'
import type { Scan } from './observe/scan.js'
import { timingToJson } from './protocol/daemon-timing.js'

export type { SandboxOptions } from './define/sandbox-file.js'

/** A sandbox for the daemons of one test. */
export interface Sandbox extends AsyncDisposable {
  /** The environment variables that every command of the test needs. */
  readonly env: Readonly<Record<string, string>>
  /** The directory that contains everything that the daemons write. */
  readonly directory: string
  /**
   * Stops the daemons, also those whose scope the test has removed, and removes the directory. Throws `E_DAEMON_NOT_REPLACED` if a
   * process that the test left behind is still in the sandbox after that. Closes only once, however often it is called.
   */
  close(): Promise<void>
}

/**
 * The sandbox that is open in this process. All copies of this module share it: a test runner may load the module again
 * for each file.
 */
const OPEN: unique symbol = Symbol.for('familiar.sandbox')
const opened = globalThis as { [OPEN]?: string }

/**
 * Creates a sandbox for a daemon and its siblings: a private state directory, and ports on which nothing listens. From
 * then on until `close`, this process and the commands that get `env` use it. Automatic starts work in it even in CI. A
 * process can have only one sandbox at a time; several test processes can each have one. Throws `E_DEFINITION_INVALID` for
 * a second one, and for wrong arguments.
 */
export async function sandbox(daemon: Daemon, options: SandboxOptions = {}): Promise<Sandbox> {
  const daemons = [daemon, ...siblingsOf(definitionOf(daemon, 'sandbox').options)]
  const timing = timingOf(checked('sandbox', options))
  if (opened[OPEN] !== undefined)
    throw invalid('sandbox', `this process has one already: ${opened[OPEN]}; close it first`)
  const directory = realpathSync(mkdtempSync(join(tmpdir(), `${daemon.name}-sandbox-`)))
  opened[OPEN] = directory
  const before = process.env[SANDBOX_VARIABLE]
  const remove = (): void => {
    if (before === undefined) delete process.env[SANDBOX_VARIABLE]
    else process.env[SANDBOX_VARIABLE] = before
    delete opened[OPEN]
    rmSync(directory, { recursive: true, force: true })
  }
  try {
    const ports = await freeRanges(daemons)
    writeFileSync(
      join(directory, SANDBOX_FILE),
      JSON.stringify({ daemons: Object.fromEntries(ports), timing }),
    )
  } catch (error) {
    remove()
    throw error
  }
  process.env[SANDBOX_VARIABLE] = directory
  let closing: Promise<void> | null = null
  // A second attempt would look at the real ports, and end the daemon of the user.
  const close = (): Promise<void> => (closing ??= endAll(daemons, directory).finally(remove))
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

async function endAll(daemons: readonly Daemon[], directory: string): Promise<void> {
  const left = (await Promise.all(daemons.map((daemon) => endThose(daemon, directory)))).flat()
  if (left.length === 0) return
  throw new FamiliarError('E_DAEMON_NOT_REPLACED', `the test left behind: ${left.join('; ')}`, {
    hint: 'end it in the test',
  })
}

/**
 * Ends every daemon that listens on the sandbox's ports. Returns descriptions of the processes that remain. Looks from the
 * directory of the sandbox, because the test may have removed every scope and its working directory.
 */
async function endThose(daemon: Daemon, directory: string): Promise<readonly string[]> {
  const here = daemon.at(directory)
  for (const scope of scopesOf(await here.scan())) await ignoring(daemon.at(scope).stop())
  const remaining = scopesOf(await here.scan())
  // No command can stop a daemon whose scope is gone. A clean-up ends it, because it is proven stale; if the scope was made
  // again since, only one of that scope does, with force. Only daemons of the test have the ports of its sandbox.
  if (remaining.length > 0) await ignoring(here.cleanUp())
  for (const scope of remaining) await ignoring(daemon.at(scope).cleanUp({ force: true }))
  const { candidates } = await here.scan()
  return candidates.map(
    ({ observation: { pid, port } }) => `${daemon.name}: process ${pid ?? 'unknown'}, port ${port ?? 'none'}`,
  )
}

function scopesOf({ candidates }: Scan): readonly string[] {
  const scopes = candidates.map(({ observation: { shape } }) =>
    shape?.implementation === 'own' ? shape.marker : null,
  )
  return [...new Set(scopes)].filter((scope) => scope !== null)
}

/** Ignores what was thrown: the last scan tells whether a process remains. */
async function ignoring(work: Promise<unknown>): Promise<void> {
  await work.catch((error: unknown) => {
    if (!(error instanceof FamiliarError)) throw error
  })
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
  throw new FamiliarError(
    'E_RANGE_FULL',
    `there are no ${PORTS} free ports in a row between ${FIRST_PORT} and ${LAST_PORT}`,
    { hint: 'run fewer tests at once' },
  )
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer()
    server.once('error', () => resolve(false))
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)))
  })
}
