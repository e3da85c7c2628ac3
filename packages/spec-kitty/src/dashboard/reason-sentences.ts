import type { Reason } from 'familiar/cli'
import { WORDS } from '../daemons/user-words.js'

/** The reasons for which both kinds of daemon use the library's name. */
type SharedReason = Exclude<Reason, keyof typeof WORDS.sync.reasonNames>

/** What each reason of the decision tables means, in one sentence, for a reader who does not know them. */
const SHARED: Readonly<Record<SharedReason, string>> = {
  is_recorded_singleton: 'The record of its project or home names it, and it answers: it is in use.',
  part_of_singleton: 'It belongs to a daemon that is in use.',
  out_of_range: 'Its port is outside the range that is cleaned up.',
  third_party: 'It is another program that uses a port of this range.',
  other_user: 'It belongs to another user, who can end it.',
  missing_pid: 'The system does not say which process it is, so nothing about it is proven.',
  missing_identity: 'The process cannot be seen well enough from here, as in another container.',
  unreachable: 'It runs in another network, so that it does not answer here says nothing.',
  elsewhere:
    'The daemon of its project or home runs on another machine or in a container, and holds the lock.',
  pre_marker: 'Its command line does not say which project or home it serves.',
  cross_root: 'It serves another project or home. It may be in use there.',
  unresponsive: 'It is alive and does not answer. It may be stopped, or busy.',
  pid_port_mismatch: 'What it says of itself differs from what the system says of it.',
  scope_mismatch:
    'It says that it serves another project or home than its command line names, or uses a directory that is no longer at that path.',
  record_unreadable:
    'Its project or home, or a record of it, cannot be read, so it is not known whether it is in use.',
  starting: 'It is younger than 30 seconds: the command that started it may be about to record it.',
  ambiguous: 'It is not proven to be in use, and not proven to be left over.',
}

/** The reasons for which each kind of daemon has its own name. */
const OWN: Readonly<Record<string, string>> = {
  [WORDS.sync.reasonNames.other_family]:
    'It is a dashboard on a port of the sync daemons. A clean-up of these leaves it alone.',
  [WORDS.dashboard.reasonNames.other_family]:
    'It is a sync daemon on a port of the dashboards. A clean-up of these leaves it alone.',
  [WORDS.sync.reasonNames.not_ours]:
    'It does not answer, and nothing shows that it is a daemon of spec-kitty.',
  [WORDS.dashboard.reasonNames.not_ours]:
    'It does not answer, and nothing shows that it is a daemon of spec-kitty.',
}

const SENTENCES: ReadonlyMap<string, string> = new Map(Object.entries({ ...SHARED, ...OWN }))

/** Returns a reason in one sentence. Null is the reason of a daemon that a clean-up ends. */
export function sentenceOf(reason: string | null): string {
  if (reason === null) return 'Every proof is there that it is left over and not in use. A clean-up ends it.'
  return SENTENCES.get(reason) ?? `The rules say: ${reason}.`
}
