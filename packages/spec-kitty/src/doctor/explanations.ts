import { PROJECT_SCOPE_RULES, USER_SCOPE_RULES } from 'familiar'
import { catalogueOf, explanationsFrom } from 'familiar/cli'
import { WORDS } from '../daemons/words.js'
import { FINDINGS, SKIPS, WHYS } from './explain-texts.js'

/** Returns the explanation of every id that a command of the tool names, of both daemons. */
export function explanations(): ReturnType<typeof catalogueOf> {
  return catalogueOf(
    [
      { words: WORDS.sync, rules: USER_SCOPE_RULES },
      { words: WORDS.dashboard, rules: PROJECT_SCOPE_RULES },
    ],
    [...explanationsFrom('finding', FINDINGS, []), ...explanationsFrom('sync', { ...SKIPS, ...WHYS }, [])],
  )
}
