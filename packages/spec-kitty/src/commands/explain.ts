import { EXIT, explainIds, isFlag, UsageError, type Io } from 'familiar/cli'
import { WORDS } from '../daemons/user-words.js'
import { EXPLAINED } from '../doctor/explain/explanations.js'
import { withoutSynonyms } from '../doctor/explain/synonyms.js'

/** Explains an id, or lists them all. */
export async function run(args: readonly string[], io: Io): Promise<number> {
  const [word = '', ...more] = args.filter((one) => !isFlag(one))
  if (more.length === 0 && Object.values(EXIT).some((code) => String(code) === word))
    throw new UsageError(`${word} is an exit code: 'spec-kitty help exit-codes' explains them`)
  return explainIds(withoutSynonyms(args), EXPLAINED, WORDS.sync.explain, io)
}
