import { EXIT, parseOptions, printJson, type Io } from 'familiar/cli'
import { VERSION_COMMAND } from '../cli/describe/tool.js'
import { VERSION } from '../version.js'

export async function run(args: readonly string[], io: Io): Promise<number> {
  const { json } = parseOptions(VERSION_COMMAND, args, { command: 'version' })
  if (json) printJson({ version: VERSION }, io)
  else io.out(`${VERSION}\n`)
  return EXIT.ok
}
