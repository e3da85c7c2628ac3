import type { Daemon } from '../define/define-daemon.js'
import { explained } from '../doctor/remedy.js'
import { remedyOf } from '../doctor/choose-remedy.js'
import { scopeDaemon } from '../observe/scope-daemon.js'
import { toolOf } from './describe-candidate.js'

/**
 * Returns the command that ends the daemon of the scope if it does not answer. It is the same command that the doctor
 * suggests if nothing is in its way.
 */
export async function wedgedCommand(daemon: Daemon): Promise<string> {
  const { words } = toolOf(daemon)
  const seen = await daemon.scan()
  const found = scopeDaemon(seen)
  if (found === null) return words.stop
  const remedy = remedyOf(found, seen, { words }) ?? explained(words, 'F-005', '')
  return remedy.commands[0] ?? words.stop
}
