import { PROJECT_SCOPE_RULES, USER_SCOPE_RULES } from 'familiar'
import type { ExplainedIds, Texts } from 'familiar/cli'
import { WORDS } from '../../daemons/user-words.js'
import { withHome } from '../../cli/in-home.js'
import { ERRORS } from './errors.js'
import { EVENTS } from './events.js'
import { FINDINGS } from './findings.js'
import { SESSIONS } from './sessions.js'
import { SKIPS, WHYS } from './reasons.js'

/** Makes the commands in the texts act on the same home as this command. */
function placed(texts: Texts): Texts {
  return Object.fromEntries(
    Object.entries(texts).map(([id, one]) => [id, { ...one, whatToDo: withHome(one.whatToDo) }]),
  )
}

/** Every id that a command of the tool may print, for both daemons. */
export const EXPLAINED: ExplainedIds = {
  families: [
    { words: WORDS.sync, rules: USER_SCOPE_RULES },
    { words: WORDS.dashboard, rules: PROJECT_SCOPE_RULES },
  ],
  get own() {
    return [
      { kind: 'finding', texts: placed(FINDINGS) },
      { kind: 'sync', texts: placed({ ...SKIPS, ...WHYS }) },
      { kind: 'event', texts: placed(EVENTS) },
      { kind: 'word', texts: placed(SESSIONS) },
    ] as const
  },
  errors: ERRORS,
}
