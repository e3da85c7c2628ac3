import { explainIds, type Io } from 'familiar/cli'
import { WORDS } from '../daemons/user-words.js'
import { EXPLAINED } from '../doctor/explain/explanations.js'
import { withoutSynonyms } from '../doctor/explain/synonyms.js'

/** Explains an id, or lists them all. */
export async function run(args: readonly string[], io: Io): Promise<number> {
  return explainIds(withoutSynonyms(args), EXPLAINED, WORDS.sync.explain, io)
}
