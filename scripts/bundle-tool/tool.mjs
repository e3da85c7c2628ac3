// @ts-check
/**
 * A small tool with a daemon, for scripts/test-bundles.mjs: what its command and its daemon share. It gets its scope and its
 * ports from the environment, so that several copies can run on one machine.
 */
import { dirname, extname, join } from 'node:path'
import { countOf, objectOf, pidOf, portOf, realPath, stringOf, USER_SCOPE_RULES } from 'familiar'

export const VERSION = '1.0.0'
export const PROTOCOL_VERSION = 1

/** The file that runs, whatever the format of the bundle. */
export const RUNNING_FILE = process.argv[1] ?? ''

const MARKER = '--bundle-tool-scope='

const [from = 0, to = 0] = (process.env['BUNDLE_TOOL_PORTS'] ?? '').split('-').map(Number)

/** @param {string} path */
export const realScope = (path) => realPath(path) ?? path

export const OWN_SCOPE = realScope(process.env['BUNDLE_TOOL_SCOPE'] ?? '')

/** @param {string} scope */
export const logFile = (scope) => join(scope, 'daemon.log')

/**
 * The arguments of a daemon: of two bundles the second one, which is beside the first; of one bundle that file itself.
 *
 * @param {string} scope
 */
export function daemonArguments(scope) {
  const beside = join(dirname(RUNNING_FILE), `daemon${extname(RUNNING_FILE)}`)
  const entry = process.env['BUNDLE_TOOL_FILES'] === '1' ? RUNNING_FILE : beside
  return [entry, 'bundle-tool-daemon', `${MARKER}${scope}`]
}

/** Returns the scope if this process was started as a daemon, else null. */
export function daemonScope() {
  const [, , role, marker = ''] = process.argv
  return role === 'bundle-tool-daemon' && marker.startsWith(MARKER) ? marker.slice(MARKER.length) : null
}

/** @type {import('familiar').Family} */
export const family = {
  name: 'bundle-tool',
  ports: { from, to },
  rules: USER_SCOPE_RULES,
  startingSeconds: 0,
  reasonNames: { other_family: 'other_family', not_ours: 'not_ours' },
  shapes: [
    {
      lineage: 'own',
      head: [/.+/, /.+\.[cm]js/, /bundle-tool-daemon/],
      marker: new RegExp(`${MARKER}(?<scope>.+)`),
    },
  ],
  readSelfReport: (body) => {
    const json = objectOf(body)
    if (json?.['status'] !== 'ok' || json['daemon_family'] !== 'bundle-tool') return null
    const owner = objectOf(json['owner'])
    return {
      protocolVersion: countOf(json['protocol_version']),
      packageVersion: stringOf(json['package_version']),
      scope: stringOf(json['singleton_scope_id']),
      statesScope: true,
      verifiedBy: 'own_pid',
      pid: pidOf(owner?.['pid']),
      port: portOf(owner?.['port']),
      token: null,
      executable: stringOf(owner?.['executable_path']),
      installation: stringOf(owner?.['source_checkout_path']),
      details: {},
    }
  },
  tokenDirectory: null,
  scopesInEnvironment: null,
  files: (scope) => ({
    record: join(scope, 'record.json'),
    predecessorRecord: join(scope, 'record.json'),
    sharedOwner: null,
    lifecycleLock: join(scope, 'lifecycle.lock'),
    daemonLock: join(scope, 'daemon.lock'),
  }),
  predecessor: null,
  relatives: [],
}
