import type { StopResult } from '../client/stop.js'
import { paint, paintError, type Io } from './io.js'
import { printJson } from './print-json.js'
import { failureText, pathText } from './reason-text.js'

/** Prints the result of stopping a daemon. `name`: the name that users know the daemon by. */
export function printStop(
  result: StopResult,
  name: string,
  io: Pick<Io, 'out' | 'err' | 'program' | 'hasColor' | 'hasErrorColor'>,
  isJson: boolean,
): void {
  if (isJson) return printJson(stopJson(result), io)
  if (result.outcome === 'none') return io.out('nothing to stop\n')
  const who = `process ${result.pid ?? 'unknown'}, port ${result.port ?? 'none'}`
  if (result.outcome === 'stopped') {
    io.out(`${paint(io, 'green', 'stopped')} the ${name} (${who}${pathText(result.path)})\n`)
  } else {
    const program = paintError(io, 'red', `${io.program}:`)
    io.err(`${program} the ${name} (${who}) is not stopped: ${failureText(result.reason)}\n`)
  }
}

function stopJson(result: StopResult): object {
  if (result.outcome === 'none') return { outcome: 'none' }
  const { outcome, pid, port } = result
  if (outcome === 'failed') return { outcome, pid, port, failure_reason: result.reason }
  return { outcome, pid, port, package_version: result.packageVersion, cleanup_path: result.path }
}
