import { explain, type Io } from 'familiar/cli'
import { WORDS } from '../daemons/words.js'
import { explanations } from '../doctor/explanations.js'

/** Explains an id, or lists them all. */
export async function run(args: readonly string[], io: Io): Promise<number> {
  return explain(args, explanations(), WORDS.sync.explain, io)
}
