import type { Entry, Intent } from './vantage-entries.js'
import type { Sight, Vantage } from './vantage-places.js'

/** What an entry point may end, and has to end, as data: docs/lifecycle.md, sections 3, 5 and 11. */

/** `must`: it ends them. `may`: it may end them, and need not. `none`: it ends nothing of the fleet. */
type Reach = 'must' | 'may' | 'none'

const INTENTS = ['look', 'clean', 'force', 'stop', 'start', 'clean_projects'] as const

const of = (reach: Reach, but: Partial<Record<Intent, Reach>> = {}): Readonly<Record<Intent, Reach>> => ({
  ...(Object.fromEntries(INTENTS.map((intent) => [intent, reach])) as Record<Intent, Reach>),
  ...but,
})

const REACH: Readonly<Record<Sight, Readonly<Record<Intent, Reach>>>> = {
  all: of('must'),
  short: of('may'),
  same_files: of('may'),
  // A daemon that proves the token of the record of this scope may be asked to leave; no process is signalled.
  token: of('none', { stop: 'may' }),
  nothing: of('none'),
  // What an unreadable record says is unknown. That there is none is still seen, so what is stale beside none may end.
  no_record: of('may'),
  // A clean-up holds the lock of each scope that it changes. A project that is gone has none.
  no_lock: of('none', { clean_projects: 'may' }),
  // A daemon that leaves when asked needs no signal.
  no_kill: of('none', { stop: 'may', start: 'may' }),
  starved: of('none', { stop: 'may', start: 'may' }),
}

/** A predecessor's daemon counts as starting for 30 s after its start, unless its project is gone. */
export const GRACE_MS = 30_500
const IN_GRACE: ReadonlySet<string> = new Set(['oldStale'])

export interface Ruling {
  readonly must: readonly string[]
  readonly may: readonly string[]
}

/** Returns what the entry point may end from there: the other user may stop its own daemon in its own scope. `ageOf`: since when a victim has been running, in milliseconds. */
export function rulingOf(vantage: Vantage, entry: Entry, ageOf: (name: string) => number): Ruling {
  const reach = REACH[vantage.sight][entry.intent]
  const isOld = (name: string): boolean =>
    entry.intent === 'force' || !IN_GRACE.has(name) || ageOf(name) > GRACE_MS
  const own = vantage.name === 'another uid' && entry.scope === 'user' ? ['beyondUser'] : []
  const may = reach === 'none' ? own : [...entry.ends, ...entry.mayEnd, ...own]
  return { may, must: reach === 'must' ? entry.ends.filter(isOld) : [] }
}
