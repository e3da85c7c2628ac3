import { connectDaemon } from './connect.js'
import { EXIT } from './exit-codes.js'
import { printConnection } from './print-connection.js'
import type { CommandContext } from './run.js'
import { readOptions } from './usage.js'

/** Starts the daemon or finds the running one, and prints which of the two it did. */
export async function run(args: readonly string[], { daemon, words, io }: CommandContext): Promise<number> {
  const { json } = readOptions(args, { json: { type: 'boolean', default: false } })
  printConnection(await connectDaemon(daemon, io), words, io, json)
  return EXIT.ok
}
