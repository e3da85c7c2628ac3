import { connectDaemon } from '../connect-daemon.js'
import { DAEMON_GRAMMARS } from '../daemon-grammars.js'
import { EXIT } from '../exit-codes.js'
import { printConnection } from '../print-connection.js'
import { parseOptions } from '../parse.js'
import type { CommandContext } from '../run.js'

/** Starts the daemon or finds the running one, and prints which of the two it did. */
export async function run(args: readonly string[], { daemon, words, io }: CommandContext): Promise<number> {
  const { json } = parseOptions(DAEMON_GRAMMARS.start, args, { command: 'start' })
  printConnection(await connectDaemon(daemon, io), words, io, json)
  return EXIT.ok
}
