import { printable, type Io } from '../cli/io.js'
import { printJson } from '../cli/json.js'
import type { Connected } from './connect.js'

/** Prints which daemon a command got, and whether it had to be started. */
export function printConnection(
  connection: Connected,
  title: string,
  io: Pick<Io, 'out'>,
  isJson: boolean,
): void {
  if (isJson) return printJson(connectionJson(connection), io)
  const { record, report, started } = connection
  const what = started === null ? `the ${title} runs` : `the ${title} was started`
  const version = printable(report.packageVersion ?? 'unknown')
  io.out(`${what}: process ${record.pid}, port ${record.port}, version ${version}\n`)
}

/** Returns the JSON document about the daemon that a command got, with the members of `more` before `pid`. */
export function connectionJson({ record, report, started, replaced }: Connected, more: object = {}): object {
  return {
    outcome: started === null ? 'found' : 'started',
    start_reason: started,
    replaced_version: replaced?.packageVersion ?? null,
    ...more,
    pid: record.pid,
    port: record.port,
    package_version: report.packageVersion,
    protocol_version: report.protocolVersion,
  }
}
