import { join } from 'node:path'
import type { Predecessor, PredecessorReport } from 'familiar'
import { countOf, objectOf, stringOf } from 'familiar/cli'
import { parseRecord, shutdownRequest } from './predecessor-record.js'
import { unquotePython } from './python-repr.js'

/** Matches a Python string literal as `repr` writes it. */
const PYTHON_STRING = `'(?:[^'\\\\\\n]|\\\\.)*'|"(?:[^"\\\\\\n]|\\\\.)*"`

/** The dashboard of the Python spec-kitty, 3.0 to 3.2. */
export const pythonDashboard: Predecessor = {
  commandLine: {
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
  readSelfReport,
  record: { file: (project) => join(project, '.kittify', '.dashboard'), parse: parseRecord },
  shutdown: shutdownRequest,
}

/** Parses a reply of the predecessor's dashboard, which contains its project and its token, but no family, pid or port. */
function readSelfReport(body: unknown): PredecessorReport | null {
  const json = objectOf(body)
  if (json === null || json['status'] !== 'ok' || json['daemon_family'] !== undefined) return null
  const scope = stringOf(json['project_path'])
  const token = stringOf(json['token'])
  if (scope === null || token === null) return null
  return {
    protocolVersion: countOf(json['protocol_version']),
    packageVersion: stringOf(json['package_version']),
    scope,
    token,
  }
}
