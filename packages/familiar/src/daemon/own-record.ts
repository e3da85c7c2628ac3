import type { CommandLine } from '../identity/machine.js'
import type { JsonObject } from '../json.js'
import type { Platform } from '../observe/platform/platform.js'
import { viewThisProcess } from '../observe/process-name.js'
import { readOwnRecord } from '../observe/read-records.js'
import type { OwnRecord } from '../protocol/record.js'
import type { ServeOptions } from './serve.js'

/** The time limit for reading the facts about this process. */
const SELF_MS = 5_000

/** The facts that this process knows about itself. */
export interface Self {
  readonly pid: number
  readonly startTime: string
  readonly bootId: string
  readonly hostId: string
  readonly pidNamespace: string
  readonly executable: string
  /** The command line, as the system shows it to other processes; null if the system shows none. */
  readonly command: CommandLine | null
}

export async function readSelf(platform: Platform): Promise<Self> {
  const { bootId, hostId, pidNamespace } = await platform.host()
  const { pid, startTime, executable, command } = await viewThisProcess(platform, SELF_MS)
  return { pid, startTime, bootId, hostId, pidNamespace, executable: executable ?? process.execPath, command }
}

/** Returns the record that the daemon of this process writes. */
export function recordOf(
  options: ServeOptions,
  self: Self,
  port: number,
  identity: { readonly token: string; readonly instanceId: string },
): OwnRecord {
  const previous = lastStopped(readOwnRecord(options.family, options.scope))
  return {
    schema: 1,
    family: options.family.name,
    scope: options.scope,
    pid: self.pid,
    birth: self.startTime,
    boot_id: self.bootId,
    host_id: self.hostId,
    pid_namespace: self.pidNamespace,
    host: '127.0.0.1',
    port,
    url: `http://127.0.0.1:${port}`,
    ...(options.family.tokenDirectory === null ? { token: identity.token } : {}),
    package_version: options.packageVersion,
    protocol_version: options.protocolVersion,
    build_time: options.buildTime,
    executable: self.executable,
    started_at: new Date().toISOString(),
    instance_id: identity.instanceId,
    state: 'running',
    stop_reason: previous?.stopReason ?? null,
    stopped_at: previous?.stoppedAt ?? null,
  }
}

/** A record that still says `running` is of a daemon that crashed, so the stop before that is not the last end. */
function lastStopped(previous: ReturnType<typeof readOwnRecord>): ReturnType<typeof readOwnRecord> {
  return previous?.running === true ? null : previous
}

/** What the daemon sees of the directory that it serves. */
export interface ScopeView {
  /** Returns the directory itself, by device and inode, which some file systems change; null if it cannot be read. */
  readonly directory: () => string | null
  /** Returns whether the directory is no longer at its path. */
  readonly isScopeGone: () => boolean
}

/**
 * Returns the health reply. Its head (`status` to `package_version`), `owner.pid` and `owner.port` are frozen: members
 * that the tool adds never replace them. `scope_gone` is true if the directory of the scope is no longer at its path;
 * then the daemon is about to exit. `scope_directory` is the directory that it serves, because another one may stand at
 * that path where a command runs. The reply contains no token.
 */
export function healthOf(
  { describe }: ServeOptions,
  record: OwnRecord,
  { directory, isScopeGone }: ScopeView,
): JsonObject {
  const { owner, ...more } = describe()
  const head = {
    status: 'ok',
    daemon_family: record.family,
    singleton_scope_id: record.scope,
    protocol_version: record.protocol_version,
    package_version: record.package_version,
  }
  return {
    ...head,
    ...more,
    ...head,
    scope_gone: isScopeGone(),
    scope_directory: directory(),
    owner: {
      ...owner,
      pid: record.pid,
      port: record.port,
      package_version: record.package_version,
      executable_path: record.executable,
      started_at: record.started_at,
    },
  }
}
