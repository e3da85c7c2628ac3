import { spawn } from 'node:child_process'
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { prepareSync, recordOf } from '../stage/home.js'
import { liveAndRetire } from './daemon.js'
import { isThere, until } from '../stage/processes.js'
import { run, type Ran } from '../stage/run.js'
import type { EventServer } from '../stage/server.js'

/** The resources that each trial has for itself. */
export interface Place {
  /** The directory of the trial: all of its files are below it. */
  readonly base: string
  readonly home: string
  readonly project: string
  /** Our package. */
  readonly tool: string
  /** The package of an older version. */
  readonly older: string
  readonly server: EventServer
  readonly env: Readonly<Record<string, string>>
  /** The ids of the events that the trial publishes. */
  readonly ids: readonly string[]
  /** Words that precede a command line, so that the command runs in the network namespace of the trial's stand-ins. */
  readonly where: readonly string[]
  /** Stand-ins of a predecessor that must be gone at the end. */
  readonly orphans: readonly number[]
}

/** An action that a fault disturbs. */
export interface Action {
  readonly id: string
  /** Which processes the faults reach: only a command, or also those that it starts. */
  readonly reach: 'command' | 'all'
  readonly args: readonly string[]
  readonly input?: (place: Place) => string
  readonly needsOrphans?: boolean
  /** True for a daemon that is started directly, without a command, and exits because it is idle. */
  readonly isDaemon?: boolean
  readonly prepare?: (place: Place) => Promise<void>
  /** The next command, which must succeed. */
  readonly next: readonly string[]
  /** Returns the ids of the acknowledged events, given how the command ended. */
  readonly acknowledged?: (place: Place, ran: Ran) => readonly string[]
}

/** The command after which there must be one daemon. */
export const START: readonly string[] = ['sync', 'start']
const PUBLISH = ['sync', 'publish', '-']

export const ACTIONS: readonly Action[] = [
  { id: 'start', reach: 'command', args: START, next: START },
  { id: 'start-and-daemon', reach: 'all', args: START, next: START },
  { id: 'replace', reach: 'command', args: START, prepare: startOlder, next: START },
  { id: 'replace-and-daemon', reach: 'all', args: START, prepare: startOlder, next: START },
  {
    id: 'reset',
    reach: 'command',
    args: ['auth', 'doctor', '--reset'],
    needsOrphans: true,
    next: ['auth', 'doctor', '--reset'],
  },
  { id: 'retirement', reach: 'all', args: [], isDaemon: true, next: START },
  {
    id: 'publish',
    reach: 'command',
    args: PUBLISH,
    input: eventsOf,
    prepare: async (place) => prepareSync(place.home, place.project, place.server.url),
    next: ['sync', 'now'],
    acknowledged: ({ ids }, { stdout }) => (stdout.startsWith(`queued ${ids.length} `) ? ids : []),
  },
  {
    id: 'drain-and-daemon',
    reach: 'all',
    args: ['sync', 'now'],
    prepare: publishAll,
    next: ['sync', 'now'],
    acknowledged: ({ ids }) => ids,
  },
]

export function commandOf(place: Place, args: readonly string[], tool = place.tool): readonly string[] {
  return [...place.where, process.execPath, join(tool, 'bin', 'spec-kitty.js'), ...args]
}

/** Runs the action to its end, with `prefix` before its command line. */
export function perform(action: Action, place: Place, prefix: readonly string[]): Promise<Ran> {
  if (action.isDaemon) return liveAndRetire(place, prefix)
  const input = action.input?.(place)
  return run([...prefix, ...commandOf(place, action.args)], {
    directory: input === undefined ? place.base : place.project,
    env: place.env,
    limitMs: 60_000,
    ...(input === undefined ? {} : { input }),
  })
}

/** Runs a command of ours in the trial's directory, without a fault. */
export function runIn(place: Place, args: readonly string[], limitMs = 60_000): Promise<Ran> {
  return run(commandOf(place, args), { directory: place.base, env: place.env, limitMs })
}

function eventsOf({ ids, project }: Place): string {
  mkdirSync(project, { recursive: true })
  return ids.map((id) => `${JSON.stringify({ event_id: id, event_type: 'T' })}\n`).join('')
}

/** Creates a queue with the events of the trial, by copying one that was made once. */
async function publishAll(place: Place): Promise<void> {
  prepareSync(place.home, place.project, place.server.url)
  const { status, stderr } = await run([...commandOf(place, PUBLISH)], {
    directory: place.project,
    env: { ...place.env, SPEC_KITTY_SYNC_DISABLE: '1' },
    input: eventsOf(place),
  })
  if (status !== 0) throw new Error(`the events of a trial could not be published: ${stderr}`)
}

/** Starts an older daemon by hand, so that it counts as adopted. */
async function startOlder(place: Place): Promise<void> {
  mkdirSync(place.home, { recursive: true, mode: 0o700 })
  const entry = join(place.older, 'command', 'spec-kitty-daemon.js')
  const child = spawn(process.execPath, [entry, 'sync', `--spec-kitty-daemon-root=${place.home}`], {
    env: { ...place.env },
    cwd: '/',
    stdio: 'ignore',
    detached: true,
  })
  child.unref()
  const isUp = (): boolean => {
    const record = recordOf(place.home)
    return record !== null && record !== 'damaged' && record.pid === child.pid
  }
  if (!(await until(isUp, 20_000)) || !isThere(child.pid ?? 0))
    throw new Error('the older daemon did not start')
}
