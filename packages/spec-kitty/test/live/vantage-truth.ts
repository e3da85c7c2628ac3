import type { Ran } from '../helpers/cli.js'
import { documentOf } from './vantage-answers.js'
import { endsOf, entry, type Entry, type Intent } from './vantage-entries.js'
import { isProject, type Scope } from './vantage-scopes.js'

/** What a command says of the daemon of its scope; null where it refuses to say anything. */
export type Claim = 'lives' | 'dead' | 'unreachable' | 'elsewhere' | 'foreign' | `unknown: ${string}` | null

/** `sync status`, `dashboard --status`: the states of section 11, and what earlier ones were called. */
const STATES: Readonly<Record<string, Claim>> = {
  running: 'lives',
  starting: 'lives',
  stopping: 'lives',
  wedged: 'lives',
  unresponsive: 'lives',
  stopped: 'dead',
  crashed: 'dead',
  none: 'dead',
  elsewhere: 'elsewhere',
  unreachable: 'unreachable',
  foreign: 'foreign',
}

/** Errors and reasons, by a part of their name. */
const NAMES: readonly (readonly [RegExp, Claim])[] = [
  [/E_(INTERNAL|SCAN|RESOURCES|LOCK|SCOPE_UNUSABLE|PORT|RANGE|LOOK)/, null],
  // Where none can reach itself, none is started: that says nothing of another one.
  [/START_FAILED/, null],
  [/UNREACHABLE/i, 'unreachable'],
  [/ELSEWHERE/i, 'elsewhere'],
  [/FOREIGN|other_user/i, 'foreign'],
  [/UNRESPONSIVE|permission_denied|survived|identity|NOT_REPLACED/i, 'lives'],
]

type Read = (document: any, path: string) => Claim

/** A command that tells of the daemon of its scope, and how to read it. */
export interface Teller {
  readonly name: string
  readonly entry: Entry
  readonly read: Read
}

const SYNC: readonly (readonly [name: string, intent: Intent, words: string, read: Read])[] = [
  ['status', 'look', 'sync status', readState],
  ['doctor', 'look', 'auth doctor', readDoctor],
  ['start', 'start', 'sync start', readStart],
  ['stop', 'stop', 'sync stop', readStop],
]

const DASHBOARD: typeof SYNC = [
  ['status', 'look', 'dashboard --status', readState],
  ['start', 'start', 'dashboard', readStart],
  ['stop', 'stop', 'dashboard --stop', readStop],
]

/** Returns all that tell of the daemon of a scope. Those that only look come first. */
export function tellersOf(scope: Scope): readonly Teller[] {
  return (isProject(scope) ? DASHBOARD : SYNC).map(([name, intent, words, read]) => ({
    name,
    entry: { ...entry(scope, intent, words), ...endsOf(scope, intent) },
    read,
  }))
}

/** What a start says that brings up ours beside a predecessor's daemon which is not proven from there. */
const BESIDE = /runs here too; it is left alone/

/** Returns what an answer says of the daemon of the scope. */
export function claimOf(teller: Teller, ran: Ran, path: string): Claim {
  const document = documentOf(ran)
  if (document === null) return null
  if (document.error !== undefined) return byName(document.error.code)
  return BESIDE.test(ran.stderr) ? 'lives' : teller.read(document, path)
}

function byName(name: string): Claim {
  const found = NAMES.find(([pattern]) => pattern.test(name))
  return found === undefined ? `unknown: ${name}` : found[1]
}

function readState({ state }: any): Claim {
  return STATES[state] ?? `unknown: ${state}`
}

function readDoctor({ daemon, findings }: any): Claim {
  if (daemon?.state !== undefined) return readState(daemon)
  const has = (id: string): boolean => findings.some((one: any) => one.id === id)
  if (has('F-013')) return 'unreachable'
  if (has('F-014')) return 'elsewhere'
  if (daemon?.active === true) return 'lives'
  return findings.some((one: any) => one.id === 'F-005' && one.severity === 'critical') ? 'lives' : 'dead'
}

/** One that was replaced was there before. */
function readStart({ outcome, replaced_version }: any): Claim {
  return outcome === 'found' || replaced_version != null ? 'lives' : 'dead'
}

function readStop({ outcome, failure_reason }: any): Claim {
  if (outcome === 'failed') return byName(failure_reason)
  return outcome === 'none' ? 'dead' : 'lives'
}
