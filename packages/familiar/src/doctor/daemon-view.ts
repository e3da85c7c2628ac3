import type { DaemonState, DaemonStatus } from '../classify/daemon-state.js'
import { isPresent } from './status-head.js'

/** The `daemon` block of the doctor's document: the scope's daemon, with the state that `status` reports. */
export interface DaemonView {
  readonly active: boolean
  readonly state: DaemonState
  readonly why: string
  readonly pid: number | null
  readonly port: number | null
  readonly package_version: string | null
  readonly protocol_version: number | null
  readonly started_at: string | null
}

/** Returns the `daemon` block; null in the states `none` and `stopped`. */
export function readDaemon(status: DaemonStatus): DaemonView | null {
  const { state, why, since, report, record } = status
  if (!isPresent(state) && state !== 'crashed') return null
  return {
    active: state === 'running',
    state,
    why,
    pid: status.pid,
    port: status.port,
    package_version: report?.packageVersion ?? record?.packageVersion ?? null,
    protocol_version: report?.protocolVersion ?? record?.protocolVersion ?? null,
    started_at: record?.startedAt ?? (state === 'crashed' ? null : since),
  }
}
