import type { Connection } from 'familiar'
import { printable, type Io } from '../cli/io.js'
import { printJson } from '../cli/json.js'

/** Prints which daemon a command got, and whether it had to be started. */
export function printConnection(connection: Connection, io: Pick<Io, 'out'>, isJson: boolean): void {
  if (isJson) return printJson(connectionJson(connection), io)
  if (connection.outcome === 'skipped') return io.out(`no sync daemon was started: ${connection.reason}\n`)
  const { record, report, started } = connection
  const what = started === null ? 'the sync daemon runs' : 'the sync daemon was started'
  const version = printable(report.packageVersion ?? 'unknown')
  io.out(`${what}: process ${record.pid}, port ${record.port}, version ${version}\n`)
}

function connectionJson(connection: Connection): object {
  if (connection.outcome === 'skipped') return { outcome: 'skipped', skip_reason: connection.reason }
  const { record, report, started, replaced } = connection
  return {
    outcome: started === null ? 'found' : 'started',
    start_reason: started,
    replaced_version: replaced?.packageVersion ?? null,
    pid: record.pid,
    port: record.port,
    package_version: report.packageVersion,
    protocol_version: report.protocolVersion,
  }
}
