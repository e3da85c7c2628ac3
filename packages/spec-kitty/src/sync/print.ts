import type { Connection, StopResult } from 'familiar'
import { printable, type Io } from '../cli/io.js'

export const SCHEMA_VERSION = 1

/** Says which daemon a command has, and whether it had to be started. */
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

/** Says what became of the daemon that was to be stopped. */
export function printStop(result: StopResult, io: Pick<Io, 'out' | 'err'>, isJson: boolean): void {
  if (isJson) return printJson(stopJson(result), io)
  if (result.outcome === 'none') return io.out('no sync daemon to stop\n')
  const who = `process ${result.pid ?? 'unknown'}, port ${result.port ?? 'none'}`
  if (result.outcome === 'stopped') io.out(`stopped the sync daemon (${who}) by ${result.path}\n`)
  else io.err(`spec-kitty: the sync daemon (${who}) is not stopped: ${printable(result.reason)}\n`)
}

function stopJson(result: StopResult): object {
  if (result.outcome === 'none') return { outcome: 'none' }
  const { outcome, pid, port } = result
  if (outcome === 'failed') return { outcome, pid, port, failure_reason: result.reason }
  return { outcome, pid, port, package_version: result.packageVersion, cleanup_path: result.path }
}

/** Prints one JSON document. */
export function printJson(document: object, io: Pick<Io, 'out'>): void {
  io.out(`${JSON.stringify({ schema_version: SCHEMA_VERSION, ...document }, null, 2)}\n`)
}
