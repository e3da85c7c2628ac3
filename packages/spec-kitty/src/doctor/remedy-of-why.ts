import { splitComment, withoutQuoted, type remediationOf } from 'familiar/cli'
import { syncNow } from '../sync/why-daemon.js'
import { FOR_THIS_SHELL } from '../sync/why-nothing-leaves.js'
import { syncRestart, SWITCH_ON } from '../sync/why-restart.js'
import type { Why } from '../sync/why-types.js'
import { remedyOfCommands, type Form } from './form-remedy.js'

/** Returns the command of `sync status` for a reason, with its effect in words. */
export function remedyOf(why: Why, isDaemonRunning: boolean, form: Form): ReturnType<typeof remediationOf> {
  const { command, before, also } = why
  const shown = why.shown ?? command
  return remedyOfCommands(
    { command, shown, ...(also === undefined ? {} : { also }) },
    {
      description: effectOf(command, why),
      before,
      forPeople: `${effectOf(shown, why)}${also === undefined ? '' : secondEffect(also, why)}`,
      isSafe: isHarmless(why, isDaemonRunning),
      form,
    },
  )
}

/** The reasons of which the comment says what the second command does. */
const OF_SESSION: ReadonlySet<Why['reason']> = new Set(['no_session', 'session_refused', 'other_server'])

function secondEffect(also: string, why: Why): string {
  const words = withoutQuoted(also)
  return words.includes(' queue drop ') || OF_SESSION.has(why.reason)
    ? `; the second command ${splitComment(also)[1] ?? 'tries again'}`
    : `; if ${words.includes('sync.format') ? 'that' : 'the address'} is wrong, the second command ${effectOf(also, why)}`
}

/** The effect of a command, by a text that the command contains. The first match counts. */
const EFFECTS: readonly (readonly [part: string, effect: string])[] = [
  ['=FILE ', 'starts the daemon anew: put the certificate of its issuer in the place of FILE'],
  [SWITCH_ON, `turns it on ${FOR_THIS_SHELL}`],
  [' explain ', 'says what can be done'],
  [' config list', 'shows what must be corrected'],
  [' auth login --with-token', 'signs in, and asks for a new token: your team has one'],
  [' auth login ', 'signs in'],
  ['mkdir ', 'makes it a project again, and lets its events leave'],
  [' opt-in ', 'lets the events of this project leave'],
  [' sync stop ', 'ends the daemon, and starts one that sends them'],
  [' sync restart', 'starts the daemon anew, with what is set here'],
  [' sync start', 'starts the daemon'],
  [`unset SPEC_KITTY_SAAS_URL`, 'takes the server away that is set here'],
  [' sync now', 'tries to send them, and says what becomes of each batch'],
]

function effectOf(given: string, { reason, shown = given }: Why): string {
  const [command, once] = splitComment(given)
  const [, onceShown] = splitComment(shown)
  const words = withoutQuoted(command)
  if (reason === 'backing_off' && command.endsWith(syncNow())) return once ?? onceShown ?? 'tries at once'
  if (reason === 'backing_off' && command.endsWith(syncRestart())) {
    if (once !== null) return `starts the daemon anew, ${once}`
  }
  if (reason === 'backing_off' && command.endsWith(' config list')) {
    return once ?? onceShown ?? 'shows where the address is set: correct it there'
  }
  if (words.includes('https://HOST'))
    return words.includes(' --with-token')
      ? 'signs in, and asks for a token: replace HOST'
      : 'signs in: replace HOST, your team knows it'
  return EFFECTS.find(([part]) => words.includes(part))?.[1] ?? 'lets them leave'
}

/**
 * Returns whether the command is safe to run without a decision of the user. It is not if it ends or replaces a daemon,
 * or is an opt-in, which lets events leave.
 */
function isHarmless({ reason, command }: Why, isDaemonRunning: boolean): boolean {
  const words = withoutQuoted(command)
  if (words.includes(' explain ')) return true
  if (reason === 'hosted_sync_disabled' || reason === 'daemon_wedged') return false
  if (words.includes(' opt-in ') || command.endsWith(syncRestart())) return false
  return !command.endsWith(syncNow()) || !isDaemonRunning
}
