import type { StopResult } from '../client/stop.js'
import { notStopped } from '../client/not-stopped.js'
import type { Words } from '../define/options.js'
import { reportFailure } from './failure.js'
import { paint, type Io } from './io.js'
import { printJson } from './print-json.js'
import { pathText } from './reason-text.js'

/** Prints the result of stopping a daemon. */
export function printStop(
  result: StopResult,
  words: Pick<Words, 'title' | 'explain'>,
  io: Pick<Io, 'out' | 'err' | 'program' | 'help' | 'hasColor' | 'hasErrorColor'> &
    Partial<Pick<Io, 'errorColumns'>>,
  isJson: boolean,
): void {
  if (isJson) return printJson(stopJson(result), io)
  if (result.outcome === 'none') return io.out('nothing to stop\n')
  const who = `process ${result.pid ?? 'unknown'}, port ${result.port ?? 'none'}`
  if (result.outcome === 'stopped') {
    io.out(`${paint(io, 'green', 'stopped')} the ${words.title} (${who}${pathText(result.path)})\n`)
  } else reportFailure(notStopped(words, result), io, false, false)
}

function stopJson(result: StopResult): object {
  if (result.outcome === 'none') return { outcome: 'none' }
  const { outcome, pid, port } = result
  if (outcome === 'failed') return { outcome, pid, port, failure_reason: result.reason }
  return { outcome, pid, port, package_version: result.packageVersion, cleanup_path: result.path }
}
