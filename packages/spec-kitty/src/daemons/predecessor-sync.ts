import { join } from 'node:path'
import type { Predecessor, PredecessorReport } from 'familiar'
import { countOf, objectOf, stringOf } from 'familiar/cli'
import { parseRecord, shutdownRequest } from './predecessor-record.js'

/** The sync daemon of the Python spec-kitty, 3.0 to 3.2. */
export const pythonSync: Predecessor = {
  commandLine: {
    head: [/.+/, /-c/, /(?:.*\n)?run_sync_daemon\((?<port>\d+), '(?<token>[^'\n]+)'\)\s*/],
    marker: /--spec-kitty-daemon-root=(?<scope>.+)/,
  },
  readSelfReport,
  record: {
    file: (root) => join(root, 'sync-daemon'),
    parse: parseRecord,
    sharedOwner: (root) => join(root, 'sync', 'daemon', 'owner.json'),
  },
  shutdown: shutdownRequest,
  // Version 3.2.2 ignores SPEC_KITTY_HOME and serves the root in HOME, so the daemon's record may be in either root. Without
  // HOME, Python takes the user's directory from the system, which may have changed since.
  scopesInEnvironment: ({ SPEC_KITTY_HOME: root = '', HOME: home = '' }) =>
    home === '' ? null : [...(root === '' ? [] : [root]), join(home, '.spec-kitty')],
}

/**
 * Parses a reply of versions up to 3.2.3, which names no family and no scope. (Later ones reply like our own daemons.)
 * Its `owner` block is ignored, because it comes from a file that every daemon of the root overwrites.
 */
function readSelfReport(body: unknown): PredecessorReport | null {
  const json = objectOf(body)
  if (json === null || json['status'] !== 'ok' || json['daemon_family'] !== undefined) return null
  const protocolVersion = countOf(json['protocol_version'])
  const packageVersion = stringOf(json['package_version'])
  const token = stringOf(json['token'])
  if (protocolVersion === null || packageVersion === null || token === null) return null
  if (objectOf(json['sync']) === null || 'project_path' in json) return null
  return { protocolVersion, packageVersion, token }
}
