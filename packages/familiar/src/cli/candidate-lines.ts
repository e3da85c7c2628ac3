import { definitionOf, type Daemon } from '../define/define-daemon.js'
import { identityRecord, type IdentityRecord } from '../doctor/identity-record.js'
import { processKey } from '../identity/proof.js'
import type { Candidate, Scan } from '../observe/scan.js'
import { paint, type Io } from './io.js'
import { portRanges, versionRange } from './group-words.js'
import { printable } from './printable.js'
import { evidenceText, rowReason } from './reason-text.js'
import { wrapWords } from './text-width.js'

/** Returns the keys (pid and start time) of the candidates with a proven process. */
export function keysOf(candidates: readonly Candidate[]): ReadonlySet<string> {
  return new Set(
    candidates.flatMap(({ proof }) => (proof === null ? [] : [processKey(proof.pid, proof.startTime)])),
  )
}

type Screen = Pick<Io, 'columns' | 'hasColor'> & Partial<Pick<Io, 'isVerbose'>>

/** The indentation of continued lines. */
const INDENT = '  '

/**
 * Returns a line for each candidate, for the user to read before a question: its port, process and version, the scope it
 * belongs to, and why it may be ended. A line that is too long for the terminal is wrapped. On a terminal, several that are
 * alike have one line with all their ports, as in the table.
 */
export function namesOf(
  daemon: Daemon,
  candidates: readonly Candidate[],
  seen: Scan,
  screen: Screen,
): readonly string[] {
  const { self, words } = definitionOf(daemon)
  const sorted = candidates.toSorted(
    (one, other) => (one.observation.port ?? 0) - (other.observation.port ?? 0),
  )
  const records = sorted.map((candidate) => identityRecord(candidate, seen, { self }))
  return alikeIn(records, words.scope, screen).flatMap((all) => {
    const text = nameOf(all, words.scope)
    const room = screen.columns === null ? null : screen.columns - 2 * INDENT.length
    const [first = '', ...rest] = wrapWords(text, room)
    const end = first.indexOf(' (')
    const painted = end < 0 ? first : `${paint(screen, 'bold', first.slice(0, end))}${first.slice(end)}`
    return [painted, ...rest.map((line) => `${INDENT}${line}`)]
  })
}

/** From this number of processes on, those that are alike share a line. */
const FOLDED = 4

/** Returns the records in groups of those that have the same line but for process, port and version. */
function alikeIn(
  records: readonly IdentityRecord[],
  scope: string,
  { columns, isVerbose = false }: Screen,
): readonly (readonly IdentityRecord[])[] {
  if (columns === null || isVerbose) return records.map((record) => [record])
  const groups = new Map<string, IdentityRecord[]>()
  for (const record of records) {
    const key = `${whoseAndWhy(record, scope)} ${record.package_version === null}`
    groups.set(key, [...(groups.get(key) ?? []), record])
  }
  return [...groups.values()].flatMap((all) => (all.length < FOLDED ? all.map((one) => [one]) : [all]))
}

/**
 * Returns one line: `port 9407 (process 2701, version 3.2.1): it does not answer (unresponsive)`, or for several
 * `ports 9401-9418 (18 processes, versions 3.2.2-3.2.5): ...`.
 */
function nameOf(all: readonly IdentityRecord[], scope: string): string {
  const [first] = all
  if (first === undefined) return ''
  const range = versionRange(all.map(({ package_version }) => package_version)) ?? 'unknown'
  const isRange = new Set(all.map(({ package_version }) => package_version)).size > 1
  const at =
    all.length === 1
      ? `port ${first.port ?? 'none'} (process ${first.pid ?? 'unknown'}, version ${range})`
      : `ports ${portRanges(all.flatMap(({ port }) => port ?? []))} (${all.length} processes, ${isRange ? 'versions' : 'version'} ${range})`
  return printable(`${at}${whoseAndWhy(first, scope)}`)
}

function whoseAndWhy(record: IdentityRecord, scope: string): string {
  const { daemon_root, skip_reason, stale_evidence, cleanup_class } = record
  const whose = daemon_root === null ? '' : ` of ${daemon_root}`
  const signs = stale_evidence.length === 0 ? 'stale' : evidenceText(stale_evidence)
  const why = skip_reason === null ? `${signs} (${cleanup_class})` : rowReason(record, scope)
  const warning = skip_reason === 'pre_marker' ? `; another ${scope} may be using it` : ''
  return `${whose}: ${why}${warning}`
}
