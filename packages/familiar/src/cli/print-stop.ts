import type { StopResult } from '../client/stop.js'
import type { Io } from './io.js'
import { printJson } from './json.js'
import { printable } from './printable.js'

/** Prints the result of stopping a daemon; `name` is what users call that daemon. */
export function printStop(
  result: StopResult,
  name: string,
  io: Pick<Io, 'out' | 'err' | 'program'>,
  isJson: boolean,
): void {
  if (isJson) return printJson(stopJson(result), io)
  if (result.outcome === 'none') return io.out(`no ${name} to stop\n`)
  const who = `process ${result.pid ?? 'unknown'}, port ${result.port ?? 'none'}`
  if (result.outcome === 'stopped') io.out(`stopped the ${name} (${who}) by ${result.path}\n`)
  else io.err(`${io.program}: the ${name} (${who}) is not stopped: ${printable(result.reason)}\n`)
}

function stopJson(result: StopResult): object {
  if (result.outcome === 'none') return { outcome: 'none' }
  const { outcome, pid, port } = result
  if (outcome === 'failed') return { outcome, pid, port, failure_reason: result.reason }
  return { outcome, pid, port, package_version: result.packageVersion, cleanup_path: result.path }
}
