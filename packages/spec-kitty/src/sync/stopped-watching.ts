import { counted } from './ages.js'
import type { Explanation } from './daemon/print-drain.js'
import { syncNow } from './why-daemon.js'
import { AFTER_SIGN_IN, BY_ITSELF, LAST_FAILED, PATIENCE, STUCK_CURE } from './why-backing-off.js'
import type { Why } from './why-types.js'

/**
 * Returns why `sync now` stopped watching a daemon that backs off, and what to do. It has just tried, so it must not
 * suggest itself.
 */
export function stoppedWatching(why: Why, attempts: number): Explanation {
  const attempt = why.sentence.startsWith(LAST_FAILED) ? 'failed attempt' : 'attempt'
  const tried = `stopped watching after ${counted(attempts, attempt)}`
  const sentence = `${tried}, and the daemon goes on: ${why.sentence}`
  if (!why.command.endsWith(syncNow())) return { sentence, command: why.shown ?? why.command }
  const comment = [PATIENCE, STUCK_CURE, AFTER_SIGN_IN, BY_ITSELF].find(
    (one) => why.shown?.endsWith(one) === true,
  )
  // To remove an event is nothing that this command proposes.
  const also = comment === STUCK_CURE ? undefined : why.also
  const patience = comment === undefined ? '' : `; ${comment}${also === undefined ? '' : ', otherwise'}`
  // What must be done by hand, such as to free space, is followed by this command.
  const byHand = why.before === undefined ? '' : `; ${why.before.replace(/; then$/, '')}`
  return { sentence: `${sentence}${patience}${byHand}`, command: also ?? null }
}
