import type { DaemonState, DaemonStatus } from '../classify/daemon-state.js'
import { clockText } from '../clock.js'

/** What every status command reports about the daemon of a scope, with the names used in JSON. */
export interface StatusHead {
  readonly state: DaemonState
  readonly why: string
  /** When the state began; for a crashed daemon, when it was last alive. */
  readonly since: string | null
  readonly is_predecessor: boolean
  readonly pid: number | null
  readonly port: number | null
  readonly version: string | null
  readonly package_version: string | null
  readonly protocol_version: number | null
  readonly started_at: string | null
  readonly last_stop: { readonly at: string | null; readonly reason: string } | null
}

/** States in which the daemon has, or may have, a process. */
const PRESENT: ReadonlySet<DaemonState> = new Set([
  'running',
  'starting',
  'stopping',
  'wedged',
  'elsewhere',
  'unreachable',
  'foreign',
])

/** Returns the first members of every status document. */
export function statusHead(status: DaemonStatus): StatusHead {
  const { state, why, since, report, record } = status
  const isPresent = PRESENT.has(state)
  const version = isPresent ? (report?.packageVersion ?? record?.packageVersion ?? null) : null
  return {
    state,
    why,
    since,
    is_predecessor: isPresent && status.implementation === 'predecessor',
    pid: isPresent ? status.pid : null,
    port: isPresent ? status.port : null,
    version,
    package_version: version,
    protocol_version: isPresent ? (report?.protocolVersion ?? record?.protocolVersion ?? null) : null,
    started_at: isPresent ? (record?.startedAt ?? since) : null,
    last_stop: record?.stopReason == null ? null : { at: record.stoppedAt, reason: record.stopReason },
  }
}

/** Returns whether the daemon has, or may have, a process in this state. */
export function isPresent(state: DaemonState): boolean {
  return PRESENT.has(state)
}

/** Returns a description, in a few words, of any state except `running`. */
export function describeState({ state, why, since, pid, port, unread }: DaemonStatus): string {
  const at = `process ${pid ?? 'unknown'}, port ${port ?? 'unknown'}`
  switch (state) {
    case 'none':
    case 'stopped':
      return unread ?? 'not running'
    case 'crashed':
      return `crashed (process ${pid ?? 'unknown'}${since === null ? '' : `, last seen alive ${timeText(since)}`})`
    case 'wedged':
      return `${at}, does not answer`
    case 'foreign':
      return foreignText(why, pid === null ? null : at)
    case 'unreachable':
    case 'elsewhere':
      return `${state}, ${at}: ${why}`
    default:
      return `${state}, ${at}`
  }
}

/**
 * Returns what is known of a daemon in the directory of another user. `at`: its process and port; null if its record could
 * not be read.
 */
export function foreignText(why: string, at: string | null): string {
  return `${at ?? 'not known'}: ${why}`
}

/** Returns a time from a record in a form for people. A text that is not a time is returned unchanged. */
export function timeText(time: string): string {
  const at = new Date(time)
  return Number.isNaN(at.getTime()) ? time : clockText(at)
}
