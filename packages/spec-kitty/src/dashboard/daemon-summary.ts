import type { CleanUp, DaemonEntry, DaemonsReply } from './api.js'
import { WORDS } from '../daemons/user-words.js'

type Family = DaemonsReply['families'][number]

/** What each reason of the decision tables means, for a reader who does not know them. */
const EXPLANATIONS: ReadonlyMap<string | null, string> = new Map([
  [null, 'Every proof is there that it is left over and not in use. A clean-up ends it.'],
  ['is_recorded_singleton', 'The record of its scope names it, and it answers: it is in use.'],
  ['part_of_singleton', 'It belongs to a daemon that is in use.'],
  ['out_of_range', 'Its port is outside the range that is cleaned up.'],
  [
    'dashboard_family',
    'It is a dashboard on a port of the sync daemons. A clean-up of these leaves it alone.',
  ],
  ['sync_family', 'It is a sync daemon on a port of the dashboards. A clean-up of these leaves it alone.'],
  ['other_family', 'It is a daemon of the other kind.'],
  ['third_party', 'It is another program that uses a port of this range.'],
  ['not_spec_kitty', 'It does not answer, and nothing shows that it is a daemon of spec-kitty.'],
  ['other_user', 'It belongs to another user, who can end it.'],
  ['missing_pid', 'The system does not say which process it is, so nothing about it is proven.'],
  ['missing_identity', 'The process cannot be seen well enough from here, as in another container.'],
  ['unreachable', 'It runs in another network, so that it does not answer here says nothing.'],
  ['elsewhere', 'The daemon of its scope runs on another machine or in a container, and holds the lock.'],
  ['pre_marker', 'It is too old to say which root it serves.'],
  ['cross_root', 'It serves another root. It may be in use there.'],
  ['unresponsive', 'It is alive and does not answer. It may be stopped, or busy.'],
  ['pid_port_mismatch', 'What it says of itself differs from what the system says of it.'],
  ['scope_mismatch', 'It says that it serves another scope than its command line names.'],
  ['record_unreadable', 'A record exists that cannot be read, so it is not known which daemon is in use.'],
  ['starting', 'It is younger than 30 seconds: the command that started it may be about to record it.'],
  ['ambiguous', 'It is not proven to be in use, and not proven to be left over.'],
])

/** Returns a reason in one sentence. */
export function explain(reason: string | null): string {
  return EXPLANATIONS.get(reason) ?? `The rules say: ${reason}.`
}

/** Returns what a clean-up of a family would do. */
export function cleanUpOf(name: string, daemons: readonly DaemonEntry[]): CleanUp {
  const { clean } = name === 'sync' ? WORDS.sync : WORDS.dashboard
  const isStale = daemons.some((daemon) => isEnded(daemon))
  return {
    command: isStale ? clean : null,
    dry_run_command: `${clean} --dry-run`,
    lines: daemons.map((daemon) => lineOf(daemon)),
  }
}

function lineOf(daemon: DaemonEntry): string {
  const { cleanup_class, explanation } = daemon
  const verb = { safe_auto: 'end', operator_required: 'leave', never_touch: 'not touch' }[cleanup_class]
  return `would ${verb} ${nameOf(daemon)}: ${explanation}`
}

function nameOf({ pid, port, rule }: DaemonEntry): string {
  const process = pid === null ? 'an unknown process' : `process ${pid}`
  return `${process}${port === null ? '' : ` on port ${port}`} (rule ${rule})`
}

/** Returns the summary of the daemons, which the page shows in one line above them. */
export function summaryOf(families: readonly Family[]): DaemonsReply['summary'] {
  const daemons = families.flatMap((family) => family.daemons)
  const stale = daemons.filter((daemon) => isEnded(daemon))
  const known = stale.flatMap(({ memory_bytes }) => memory_bytes ?? [])
  const stale_bytes = known.length === 0 ? null : known.reduce((sum, bytes) => sum + bytes, 0)
  const commands = families.flatMap(({ clean_up }) => clean_up.command ?? [])
  const undecided = daemons.filter(({ cleanup_class }) => cleanup_class === 'operator_required').length
  const counts = { stale: stale.length, stale_bytes, undecided, commands }
  return { ...counts, text: textOf(counts) }
}

function textOf({ stale, stale_bytes, undecided, commands }: Omit<DaemonsReply['summary'], 'text'>): string {
  const memory = stale_bytes === null ? '' : `, ${Math.round(stale_bytes / 1e6)} MB`
  const count = commands.length === 1 ? 'one command' : `${commands.length} commands`
  const parts = [
    ...(stale === 0 ? [] : [`${stale} stale${memory}: ${count}`]),
    ...(undecided === 0 ? [] : [`${undecided} for you to decide`]),
  ]
  return parts.length === 0 ? 'nothing to clean up' : parts.join('; ')
}

function isEnded({ cleanup_class }: DaemonEntry): boolean {
  return cleanup_class === 'safe_auto'
}
