import { definitionOf } from '../../define/define-daemon.js'
import { DAEMON_GRAMMARS } from '../daemon-grammars.js'
import { EXIT } from '../exit-codes.js'
import { noticeVersions } from '../version-notice.js'
import { printConnection } from '../print-connection.js'
import { printStop } from '../print-stop.js'
import { showingWaits } from '../progress.js'
import { parseOptions } from '../parse.js'
import type { CommandContext } from '../run.js'

/** Stops the daemon and starts a new one. If it cannot be stopped, prints that result, as `stop` does. */
export async function run(args: readonly string[], { daemon, words, io }: CommandContext): Promise<number> {
  const { json } = parseOptions(DAEMON_GRAMMARS.restart, args, { command: 'restart' })
  const { stopAndStart } = await import('../../define/stop-method.js')
  const definition = definitionOf(daemon)
  io.mayEnd?.(words.status)
  const result = await showingWaits(io, (onWait) => stopAndStart(definition, daemon.scope, { onWait }))
  if (result.outcome === 'failed') {
    printStop(result, words, io, json)
    return EXIT.problem
  }
  noticeVersions(result, definition, io)
  printConnection(result, words, io, json)
  return EXIT.ok
}
