import type { JsonObject } from 'familiar'
import { countOf, objectOf, stringOf } from 'familiar/cli'
import { environmentOf, type StartEnvironment } from './environment.js'
import type { Gate, SyncReport } from './upload/types.js'

/** What the sync daemon tells of its work in the `sync` block of its health reply. Every user of the machine can read it. */
export interface WorkReport extends SyncReport {
  /** Null until it was first looked at. */
  readonly gate: Gate | null
  readonly environment: StartEnvironment
}

/** The same as a command reads it, from a daemon of any version: null for what it does not tell. */
export interface KnownReport {
  readonly running: boolean | null
  readonly lastSync: string | null
  readonly failures: number | null
  readonly lastError: string | null
  readonly nextAttemptAt: string | null
  readonly gate: Gate | null
  readonly environment: StartEnvironment | null
}

/** Returns the `sync` block of the health reply. */
export function workJson({ gate, environment, ...report }: WorkReport): JsonObject {
  return { ...report, gate: gate === null ? null : gateJson(gate), environment }
}

function gateJson(gate: Gate): JsonObject {
  return gate.state === 'closed'
    ? { state: gate.state, reason: gate.reason, detail: gate.detail }
    : { state: gate.state, server_url: gate.serverUrl, format: gate.format }
}

/** Returns what a daemon tells of its work; `details` is what its health reply says besides the frozen head. */
export function knownReport(details: JsonObject | null): KnownReport {
  const sync = objectOf(details?.['sync'])
  return {
    running: typeof sync?.['running'] === 'boolean' ? sync['running'] : null,
    lastSync: stringOf(sync?.['last_sync']),
    failures: countOf(sync?.['consecutive_failures']),
    lastError: stringOf(sync?.['last_error']),
    nextAttemptAt: stringOf(sync?.['next_attempt_at']),
    gate: gateOf(objectOf(sync?.['gate'])),
    environment: environmentOf(sync?.['environment']),
  }
}

const REASONS = [
  'hosted_sync_disabled',
  'config_unreadable',
  'session_unreadable',
  'no_session',
  'no_server',
  'insecure_server',
  'other_server',
  'session_refused',
] as const satisfies readonly (Gate & { state: 'closed' })['reason'][]

/** A reason of a later version is none that this one can explain. */
function gateOf(json: JsonObject | null): Gate | null {
  if (json?.['state'] === 'closed') {
    const reason = REASONS.find((one) => one === json['reason'])
    return reason === undefined ? null : { state: 'closed', reason, detail: stringOf(json['detail']) }
  }
  const serverUrl = stringOf(json?.['server_url'])
  const format = (['batch', 'cloudevents'] as const).find((one) => one === json?.['format'])
  if (json?.['state'] !== 'open' || serverUrl === null || format === undefined) return null
  return { state: 'open', serverUrl, format }
}
