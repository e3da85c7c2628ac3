import { join } from 'node:path'
import {
  countOf,
  objectOf,
  pidOf,
  portOf,
  stringOf,
  USER_SCOPE_RULES,
  type Family,
  type SelfReport,
} from 'familiar'
import { installationOf, NO_INSTALLATION, OWN_ENTRY, PYTHON, STARTING_SECONDS } from './predecessor.js'

/** The sync daemon: one per runtime root. */
export const sync: Omit<Family, 'relatives'> = {
  name: 'sync',
  ports: { from: 9400, to: 9450 },
  rules: USER_SCOPE_RULES,
  startingSeconds: STARTING_SECONDS,
  reasonNames: { other_family: 'dashboard_family', not_ours: 'not_spec_kitty' },
  shapes: [
    {
      lineage: 'own',
      head: [/.+/, OWN_ENTRY, /sync/],
      marker: /--spec-kitty-daemon-root=(?<scope>.+)/,
    },
    {
      lineage: 'predecessor',
      head: [/.+/, /-c/, /(?:.*\n)?run_sync_daemon\((?<port>\d+), '(?<token>[^'\n]+)'\)\s*/],
      marker: /--spec-kitty-daemon-root=(?<scope>.+)/,
    },
  ],
  readSelfReport,
  predecessors: [PYTHON],
  tokenDirectory: null,
  // 3.2.2 ignores SPEC_KITTY_HOME and serves the root in HOME: either root may have the daemon's record.
  scopesInEnvironment: ({ SPEC_KITTY_HOME: root, HOME: home }) =>
    [root ?? '', home === undefined ? '' : join(home, '.spec-kitty')].filter((path) => path !== ''),
  files: (root) => ({
    record: join(root, 'daemons', 'sync', 'record.json'),
    predecessorRecords: [join(root, 'sync-daemon')],
    sharedOwner: join(root, 'sync', 'daemon', 'owner.json'),
    lifecycleLock: join(root, 'daemons', 'sync', 'lifecycle.lock'),
    daemonLock: join(root, 'daemons', 'sync', 'daemon.lock'),
  }),
}

function readSelfReport(body: unknown): SelfReport | null {
  const json = objectOf(body)
  if (json === null) return null
  const protocolVersion = countOf(json['protocol_version'])
  const packageVersion = stringOf(json['package_version'])
  if (json['status'] !== 'ok' || protocolVersion === null || packageVersion === null) return null
  if (json['daemon_family'] === undefined) return readUnnamed(json, protocolVersion, packageVersion)
  if (json['daemon_family'] !== 'sync') return null
  const owner = objectOf(json['owner'])
  return {
    protocolVersion,
    packageVersion,
    scope: stringOf(json['singleton_scope_id']),
    statesScope: true,
    verifiedBy: 'own_pid',
    pid: pidOf(owner?.['pid']),
    port: portOf(owner?.['port']),
    token: stringOf(json['token']),
    ...installationOf(json),
  }
}

/**
 * Reads a reply of the predecessor up to 3.2.3, which names no family and no scope. Its `owner` block is ignored: it is
 * the content of a file that every daemon of the root overwrites.
 */
function readUnnamed(
  json: { readonly [key: string]: unknown },
  protocolVersion: number,
  packageVersion: string,
): SelfReport | null {
  const token = stringOf(json['token'])
  if (token === null || objectOf(json['sync']) === null || 'project_path' in json) return null
  return {
    protocolVersion,
    packageVersion,
    scope: null,
    statesScope: false,
    verifiedBy: 'command_line',
    pid: null,
    port: null,
    token,
    ...NO_INSTALLATION,
  }
}
