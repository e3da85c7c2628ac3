import type { Daemon } from '../define/define-daemon.js'
import { explained, isExplanation } from '../doctor/remedy.js'
import { remedyOf } from '../doctor/choose-remedy.js'
import { stopElsewhere } from '../define/hints.js'
import { enterCommand } from '../observe/platform/look-command.js'
import { scopeDaemon } from '../observe/scope-daemon.js'
import { toolOf } from './describe-candidate.js'

/**
 * Returns the command that ends the daemon of the scope if it does not answer. It is the same command that the doctor
 * suggests if nothing is in its way; where the process is not seen whole from here, the one that `stop` suggests.
 */
export async function wedgedCommand(daemon: Daemon): Promise<string> {
  const { words } = toolOf(daemon)
  const seen = await daemon.scan()
  const found = scopeDaemon(seen)
  if (found === null) return words.stop
  const remedy = remedyOf(found, seen, { words }) ?? explained(words, 'F-005', '')
  const stop = stopElsewhere(words, daemon.scope) ?? words.stop
  const there = isExplanation(words, remedy) ? enterCommand(found.observation.process, seen.host, stop) : null
  return there ?? remedy.commands[0] ?? words.stop
}
