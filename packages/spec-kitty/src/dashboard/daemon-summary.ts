import type { CleanUp, DaemonEntry, DaemonsReply } from './api.js'
import { WORDS } from '../daemons/user-words.js'

type Family = DaemonsReply['families'][number]

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

/** Returns the summary of the daemons that the page shows in one line above them. */
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
