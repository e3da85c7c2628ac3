import { PROJECT_SCOPE_RULES, USER_SCOPE_RULES } from 'familiar'
import type { ExplainedIds } from 'familiar/cli'
import { WORDS } from '../daemons/user-words.js'
import { FINDINGS, SKIPS, WHYS } from './explain-texts.js'

/** Every id that a command of the tool names, of both daemons. */
export const EXPLAINED: ExplainedIds = {
  families: [
    { words: WORDS.sync, rules: USER_SCOPE_RULES },
    { words: WORDS.dashboard, rules: PROJECT_SCOPE_RULES },
  ],
  own: [
    { kind: 'finding', texts: FINDINGS },
    { kind: 'sync', texts: { ...SKIPS, ...WHYS } },
  ],
}
