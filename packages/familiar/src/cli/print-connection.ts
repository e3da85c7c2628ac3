import type { Connection } from '../define/connect-method.js'
import { logsCommand } from '../define/hints.js'
import type { Words } from '../define/options.js'
import { paint, type Io } from './io.js'
import { printJson } from './print-json.js'
import { printable } from './printable.js'

/**
 * Prints which daemon a command is connected to, and whether it was started and why, for example because the last one
 * crashed.
 */
export function printConnection(
  connection: Connection,
  words: Pick<Words, 'title' | 'command' | 'status'>,
  io: Pick<Io, 'out' | 'hasColor'>,
  isJson: boolean,
): void {
  if (isJson) return printJson(connectionJson(connection), io)
  const { pid, port, version, started, startReason } = connection
  const what = `the ${words.title} ${paint(io, 'green', started ? 'was started' : 'runs')}`
  io.out(`${what}: process ${pid}, port ${port}, version ${printable(version)}\n`)
  if (!started || startReason !== 'recorded_dead') return
  io.out(`the last one crashed; its log may say why: ${paint(io, 'cyan', logsCommand(words))}\n`)
}

/** Returns the JSON document about the daemon that a command is connected to. The members of `more` come before `pid`. */
export function connectionJson(connection: Connection, more: object = {}): object {
  const { pid, port, version, protocol, started, startReason, replacedVersion } = connection
  return {
    outcome: started ? 'started' : 'found',
    start_reason: startReason,
    replaced_version: replacedVersion,
    ...more,
    pid,
    port,
    package_version: version,
    protocol_version: protocol,
  }
}
