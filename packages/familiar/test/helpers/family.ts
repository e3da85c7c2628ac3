import { join } from 'node:path'
import { PREDECESSOR } from '../../../../stand-ins/predecessor-record.mjs'
import { USER_SCOPE_RULES } from '../../src/classify/decision-tables.js'
import type { Family, Recognition } from '../../src/family.js'
import type { PortRange } from '../../src/identity/machine.js'
import { countOf, objectOf, pidOf, portOf, stringOf } from '../../src/json.js'
import type { SelfReport } from '../../src/protocol/self-report.js'

/** The other family of these tests: its daemons are never ours. */
const dashboard: Recognition = {
  name: 'dashboard',
  shapes: [
    {
      implementation: 'predecessor',
      head: [/.+/, /-c/, /(?:.*\n)?run_dashboard_server\(Path\('(?<scope>[^'\n]+)'\), \d+, '[^'\n]+'\)\s*/],
      marker: null,
    },
  ],
  readSelfReport: (body) => {
    const json = objectOf(body)
    const scope = stringOf(json?.['project_path'])
    return json?.['status'] === 'ok' && scope !== null ? { ...unnamed(json), scope, statesScope: true } : null
  },
}

/**
 * Returns a family that recognises the stand-ins for the predecessor's sync daemons on the given ports: with the
 * predecessor's command line, its marker, both forms of its health reply, and its records.
 */
export function testFamily(ports: PortRange, startingSeconds = 0): Family {
  return {
    name: 'sync',
    ports,
    rules: USER_SCOPE_RULES,
    startingSeconds,
    reasonNames: { other_family: 'dashboard_family', not_ours: 'not_spec_kitty' },
    shapes: [
      {
        implementation: 'predecessor',
        head: [/.+/, /-c/, /(?:.*\n)?run_sync_daemon\((?<port>\d+), '(?<token>[^'\n]+)'\)\s*/],
        marker: /--spec-kitty-daemon-root=(?<scope>.+)/,
      },
    ],
    readSelfReport,
    tokenDirectory: null,
    scopesInEnvironment: null,
    files: (root) => ({
      record: join(root, 'daemons', 'sync', 'record.json'),
      predecessorRecords: [join(root, 'sync-daemon')],
      sharedOwner: join(root, 'sync', 'daemon', 'owner.json'),
      lifecycleLock: join(root, 'daemons', 'sync', 'lifecycle.lock'),
      daemonLock: join(root, 'daemons', 'sync', 'daemon.lock'),
      log: join(root, 'daemons', 'sync', 'daemon.log'),
    }),
    predecessors: [PREDECESSOR],
    relatives: [dashboard],
  }
}

/** Up to 3.2.3 the reply names no family, and its owner block is a file that all daemons of a root share. */
function readSelfReport(body: unknown): SelfReport | null {
  const json = objectOf(body)
  if (json === null || json['status'] !== 'ok' || countOf(json['protocol_version']) === null) return null
  if (json['daemon_family'] === undefined) return 'project_path' in json ? null : unnamed(json)
  if (json['daemon_family'] !== 'sync') return null
  const owner = objectOf(json['owner'])
  return {
    ...unnamed(json),
    scope: stringOf(json['singleton_scope_id']),
    statesScope: true,
    verifiedBy: 'own_pid',
    pid: pidOf(owner?.['pid']),
    port: portOf(owner?.['port']),
  }
}

function unnamed(json: { readonly [key: string]: unknown }): SelfReport {
  return {
    protocolVersion: countOf(json['protocol_version']),
    packageVersion: stringOf(json['package_version']),
    scope: null,
    statesScope: false,
    verifiedBy: 'command_line',
    pid: null,
    port: null,
    token: stringOf(json['token']),
    installation: null,
    executable: null,
    details: {},
  }
}
