import { readState, selectPlatform, type DaemonState, type DaemonStatus, type Family } from 'familiar'
import { EXIT } from './cli/exit-codes.js'

/** What every status says of the daemon of a scope, as it stands in JSON. */
export interface StatusHead {
  readonly state: DaemonState
  readonly why: string
  /** Since when it is so; of a crashed daemon when it was last alive. */
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

/** States in which there is a process to name. */
const PRESENT: ReadonlySet<DaemonState> = new Set([
  'running',
  'starting',
  'stopping',
  'wedged',
  'elsewhere',
  'unreachable',
  'foreign',
])

/** Returns the state of the daemon of the scope, as every command tells it. */
export async function findState(family: Family, scope: string): Promise<DaemonStatus> {
  return readState({ family, scope, platform: await selectPlatform() })
}

/** Returns what every status document begins with. */
export function statusHead(status: DaemonStatus): StatusHead {
  const { state, why, since, report, record } = status
  const isPresent = PRESENT.has(state)
  const version = isPresent ? (report?.packageVersion ?? record?.packageVersion ?? null) : null
  return {
    state,
    why,
    since,
    is_predecessor: isPresent && status.lineage === 'predecessor',
    pid: isPresent ? status.pid : null,
    port: isPresent ? status.port : null,
    version,
    package_version: version,
    protocol_version: isPresent ? (report?.protocolVersion ?? record?.protocolVersion ?? null) : null,
    started_at: isPresent ? (record?.startedAt ?? since) : null,
    last_stop: record?.stopReason == null ? null : { at: record.stoppedAt, reason: record.stopReason },
  }
}

/** Returns whether the state names a process. */
export function isPresent(state: DaemonState): boolean {
  return PRESENT.has(state)
}

/** Returns one line for a state in which the daemon cannot be used; `remedy` is what ends one that is wedged. */
export function describeState({ state, why, since, pid, port }: StatusHead, remedy: string): string {
  const at = `process ${pid ?? 'unknown'}, port ${port ?? 'unknown'}`
  switch (state) {
    case 'none':
    case 'stopped':
      return 'not running'
    case 'crashed':
      return `not running: it crashed${since === null ? '' : `, last alive ${since}`} (${why})`
    case 'wedged':
      return `${at}, does not answer: ${remedy}`
    case 'unreachable':
    case 'elsewhere':
    case 'foreign':
      return `${state}, ${at}: ${why}`
    default:
      return `${state}, ${at}`
  }
}

/** Returns the exit code of a status; with `isCheck` 0 says that it runs. */
export function statusExit(state: DaemonState, isCheck: boolean): number {
  if (isCheck) return state === 'running' ? EXIT.ok : EXIT.problem
  return state === 'wedged' ? EXIT.problem : EXIT.ok
}
