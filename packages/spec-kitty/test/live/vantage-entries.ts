import type { Scope } from './vantage-scopes.js'
import { PORTS } from './vantage-victims.js'

/** Which kind of intent an entry point has; what may be ended from a vantage depends on it. */
export type Intent = 'look' | 'clean' | 'force' | 'stop' | 'start' | 'clean_projects'

/** An entry point of the tool in one scope. */
export interface Entry {
  readonly name: string
  readonly scope: Scope
  readonly intent: Intent
  /** The words of the command; null: the daemon itself is started. */
  readonly args: readonly string[] | null
  /** What is typed when it asks, on a terminal. */
  readonly answer?: string
  /** The victims that it ends from the vantage where nothing is in its way. */
  readonly ends: readonly string[]
  /** Victims that it may also end there. */
  readonly mayEnd: readonly string[]
}

/** Returns an entry point that prints a document. */
export function entry(
  scope: Scope,
  intent: Intent,
  words: string,
  ends: readonly string[] = [],
  mayEnd: readonly string[] = [],
): Entry {
  const args = [...words.split(' '), '--json']
  return { name: `${words} @ ${scope}`, scope, intent, args, ends, mayEnd }
}

const RESET = 'auth doctor --reset'
const BOARDS = ['boardStale', 'oldBoardStale'] as const
/** Force ends what is proven to be a daemon of the family and in use nowhere, whatever its root. */
const STALE = ['ownStale', 'oldStale'] as const

/** What ends something, or could: run from every vantage, with every limit too. */
const ALWAYS: readonly Entry[] = [
  entry('stale', 'clean', RESET, ['ownStale']),
  entry('stale', 'force', `${RESET} --force`, STALE),
  entry('live', 'force', `${RESET} --force`, STALE),
  entry('live', 'force', `${RESET} --force --port ${PORTS.ownLive}`),
  {
    ...entry('stale', 'force', RESET, STALE),
    name: `${RESET}, y @ stale`,
    args: ['auth', 'doctor', '--reset'],
    answer: 'y\n',
  },
  {
    ...entry('stale', 'start', 'sync', ['ownStale']),
    name: "a daemon's startup clean @ stale",
    args: null,
  },
  entry('live', 'stop', 'sync restart', ['ownLive']),
  entry('older', 'start', 'upgrade-hook', ['ownOlder']),
  entry('p-live', 'clean_projects', 'dashboard --cleanup-all --yes', BOARDS),
  entry('p-live', 'clean_projects', 'dashboard --cleanup-all --yes --force', BOARDS),
]

/** The same in other scopes and on other ports: run where the vantage changes what a process is. */
const ELSEWHERE: readonly Entry[] = [
  entry('orphan', 'clean', RESET, ['oldStale']),
  entry('live', 'clean', RESET),
  entry('text', 'clean', RESET),
  entry('stale', 'force', `${RESET} --force --port ${PORTS.ownStale}`, ['ownStale']),
  entry('stale', 'force', `${RESET} --force --port ${PORTS.oldLive}`),
  entry('stale', 'force', `${RESET} --force --port ${PORTS.preMarker}`),
  entry('orphan', 'start', 'sync start', ['oldStale']),
  entry('old', 'start', 'upgrade-hook'),
]

/** Returns the entry points that are run from a vantage. */
export function entriesFrom(isLimited: boolean): readonly Entry[] {
  return isLimited ? ALWAYS : [...ALWAYS, ...ELSEWHERE]
}

/** What `start` and `stop` end in each scope. */
interface Ends {
  readonly start?: readonly string[]
  readonly stop?: readonly string[]
  readonly mayStart?: readonly string[]
  readonly mayStop?: readonly string[]
}

/** A predecessor's dashboard is older than ours: ours may take its place, and may as well stand beside it. */
const ENDS: Readonly<Partial<Record<Scope, Ends>>> = {
  live: { stop: ['ownLive'] },
  older: { start: ['ownOlder'], stop: ['ownOlder'] },
  old: { start: ['oldLive'], stop: ['oldLive'] },
  stale: { start: ['ownStale'] },
  pre: { stop: ['preMarker'] },
  time: { mayStop: ['beyondTime'] },
  'p-live': { stop: ['boardLive'] },
  'p-old': { stop: ['oldBoard'], mayStart: ['oldBoard'] },
}

/** Returns what `start` or `stop` ends in that scope. */
export function endsOf(scope: Scope, intent: Intent): Pick<Entry, 'ends' | 'mayEnd'> {
  const { start = [], stop = [], mayStart = [], mayStop = [] } = ENDS[scope] ?? {}
  if (intent === 'start') return { ends: start, mayEnd: mayStart }
  return intent === 'stop' ? { ends: stop, mayEnd: mayStop } : { ends: [], mayEnd: [] }
}
