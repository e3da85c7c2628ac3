import { join } from 'node:path'
import {
  countOf,
  objectOf,
  pidOf,
  portOf,
  PROJECT_SCOPE_RULES,
  stringOf,
  type Family,
  type JsonObject,
  type SelfReport,
} from 'familiar'
import {
  installationOf,
  NO_INSTALLATION,
  OWN_ENTRY,
  PYTHON,
  STARTING_SECONDS,
  unquotePython,
} from './predecessor.js'

/** A Python string literal as `repr` writes it. */
const PYTHON_STRING = `'(?:[^'\\\\\\n]|\\\\.)*'|"(?:[^"\\\\\\n]|\\\\.)*"`

/** The dashboard daemon: one per project directory. */
export const dashboard: Omit<Family, 'relatives' | 'tokenDirectory'> = {
  name: 'dashboard',
  ports: { from: 9237, to: 9337 },
  rules: PROJECT_SCOPE_RULES,
  startingSeconds: STARTING_SECONDS,
  reasonNames: { other_family: 'sync_family', not_ours: 'not_spec_kitty' },
  shapes: [
    {
      lineage: 'own',
      head: [/.+/, OWN_ENTRY, /dashboard/],
      marker: /--spec-kitty-dashboard-project=(?<scope>.+)/,
    },
    {
      lineage: 'predecessor',
      head: [
        /.+/,
        /-c/,
        new RegExp(
          `(?:.*\\n)?run_dashboard_server\\(Path\\((?<scope>${PYTHON_STRING})\\), (?<port>\\d+), '(?<token>[^'\\n]+)'\\)\\s*`,
        ),
      ],
      marker: null,
      decodeScope: unquotePython,
    },
  ],
  readSelfReport,
  predecessors: [PYTHON],
  scopeMustExist: true,
  scopesInEnvironment: null,
  files: (project) => ({
    record: join(project, '.kittify', 'daemon', 'record.json'),
    predecessorRecords: [join(project, '.kittify', '.dashboard')],
    sharedOwner: null,
    lifecycleLock: join(project, '.kittify', 'daemon', 'lifecycle.lock'),
    daemonLock: join(project, '.kittify', 'daemon', 'daemon.lock'),
  }),
}

/**
 * Returns the directory for the tokens of the user's dashboards. It is not in a project, because git copies a project's
 * files and the dashboard's page can read them.
 */
export function dashboardTokens(root: string): string {
  return join(root, 'daemons', 'dashboards')
}

function readSelfReport(body: unknown): SelfReport | null {
  const json = objectOf(body)
  if (json === null || json['status'] !== 'ok') return null
  if (json['daemon_family'] === undefined) return readUnnamed(json)
  if (json['daemon_family'] !== 'dashboard') return null
  const owner = objectOf(json['owner'])
  return {
    protocolVersion: countOf(json['protocol_version']),
    packageVersion: stringOf(json['package_version']),
    scope: stringOf(json['project_path']),
    statesScope: true,
    verifiedBy: 'own_pid',
    pid: pidOf(owner?.['pid']),
    port: portOf(owner?.['port']),
    token: null,
    ...installationOf(json),
  }
}

/** The predecessor's dashboard reports its project and its token, but no family, pid or port. */
function readUnnamed(json: JsonObject): SelfReport | null {
  const scope = stringOf(json['project_path'])
  const token = stringOf(json['token'])
  if (scope === null || token === null) return null
  return {
    protocolVersion: countOf(json['protocol_version']),
    packageVersion: stringOf(json['package_version']),
    scope,
    statesScope: true,
    verifiedBy: 'command_line',
    pid: null,
    port: null,
    token,
    ...NO_INSTALLATION,
  }
}
