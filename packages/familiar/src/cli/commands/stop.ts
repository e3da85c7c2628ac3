import { DAEMON_GRAMMARS } from '../daemon-grammars.js'
import { EXIT } from '../exit-codes.js'
import { printStop } from '../print-stop.js'
import { showingWaits } from '../progress.js'
import { parseOptions } from '../parse.js'
import type { CommandContext } from '../run.js'

/** Stops the daemon, and prints the result. */
export async function run(args: readonly string[], { daemon, words, io }: CommandContext): Promise<number> {
  const { json } = parseOptions(DAEMON_GRAMMARS.stop, args, { command: 'stop' })
  io.mayEnd?.(words.status)
  const result = await showingWaits(io, (onWait) => daemon.stop({ onWait }))
  printStop(result, words, io, json)
  return result.outcome === 'failed' ? EXIT.problem : EXIT.ok
}
