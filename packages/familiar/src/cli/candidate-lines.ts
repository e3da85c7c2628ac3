import { definitionOf, type Daemon } from '../define/define-daemon.js'
import { identityRecord, type IdentityRecord } from '../doctor/identity-record.js'
import { processKey } from '../identity/proof.js'
import type { Candidate, Scan } from '../observe/scan.js'
import { paint, type Io } from './io.js'
import { printable } from './printable.js'
import { evidenceText, rowReason } from './reason-text.js'
import { wrapWords } from './text-width.js'

/** Returns the keys (pid and start time) of the candidates with a proven process. */
export function keysOf(candidates: readonly Candidate[]): ReadonlySet<string> {
  return new Set(
    candidates.flatMap(({ proof }) => (proof === null ? [] : [processKey(proof.pid, proof.startTime)])),
  )
}

/** The indentation of continued lines. */
const INDENT = '  '

/**
 * Returns a line for each candidate, for the user to read before a question: its port, process and version, the scope it
 * belongs to, and why it may be ended. A line that is too long for the terminal is wrapped.
 */
export function namesOf(
  daemon: Daemon,
  candidates: readonly Candidate[],
  seen: Scan,
  screen: Pick<Io, 'columns' | 'hasColor'>,
): readonly string[] {
  const { self, words } = definitionOf(daemon)
  const sorted = candidates.toSorted(
    (one, other) => (one.observation.port ?? 0) - (other.observation.port ?? 0),
  )
  return sorted.flatMap((candidate) => {
    const text = nameOf(identityRecord(candidate, seen, { self }), words.scope)
    const room = screen.columns === null ? null : screen.columns - 2 * INDENT.length
    const [first = '', ...rest] = wrapWords(text, room)
    const end = first.indexOf(' (')
    const painted = end < 0 ? first : `${paint(screen, 'bold', first.slice(0, end))}${first.slice(end)}`
    return [painted, ...rest.map((line) => `${INDENT}${line}`)]
  })
}

/** Returns one line: `port 9407 (process 2701, version 3.2.1): it does not answer (unresponsive)`. */
function nameOf(record: IdentityRecord, scope: string): string {
  const { port, pid, package_version, daemon_root, skip_reason, stale_evidence, cleanup_class } = record
  const at = `process ${pid ?? 'unknown'}, version ${package_version ?? 'unknown'}`
  const whose = daemon_root === null ? '' : ` of ${daemon_root}`
  const signs = stale_evidence.length === 0 ? 'stale' : evidenceText(stale_evidence)
  const why = skip_reason === null ? `${signs} (${cleanup_class})` : rowReason(record, scope)
  const warning = skip_reason === 'pre_marker' ? `; another ${scope} may be using it` : ''
  return printable(`port ${port ?? 'none'} (${at})${whose}: ${why}${warning}`)
}
