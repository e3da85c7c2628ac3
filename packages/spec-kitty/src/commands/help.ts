import { EXIT, type Io } from 'familiar/cli'
import { helpText } from '../cli/help.js'

/** Shows the list of all commands, a command, or a topic. */
export async function run(args: readonly string[], io: Io): Promise<number> {
  io.out(await helpText(args, io))
  return EXIT.ok
}
