import type { Words } from '../define/options.js'
import type { DoctorDocument, Line, LineStyle } from '../doctor/document.js'
import { needsDecision, type DoctorRecord } from '../doctor/choose-remedy.js'
import type { Finding } from '../doctor/findings.js'
import type { ResetResult } from '../doctor/reset-result.js'
import { paint, type Io, type Style } from './io.js'
import { formatLines } from './format-lines.js'
import { evidenceText } from './reason-text.js'
import { renderFindings, renderVerdict } from './render-findings.js'
import { renderNext } from './render-next.js'
import { isInUse, renderRemedies } from './render-remedies.js'
import { renderReset } from './render-reset.js'
import { layTable, type Column } from './format-table.js'
import { wrapWords } from './text-width.js'

export type Terminal = Pick<Io, 'hasColor' | 'columns' | 'isQuiet'> & Partial<Pick<Io, 'isVerbose'>>

/** What the text for people needs in addition to the document. */
export interface DoctorText {
  /** The lines above the one about the daemon. */
  readonly head: readonly Line[]
  readonly words: Pick<Words, 'scope' | 'explain' | 'clean'> & Partial<Pick<Words, 'reasonNames'>>
  /** The ports that were scanned, for people: `ports 9400-9449`. */
  readonly ports: string
  /** Why the tool's own findings matter, by id. */
  readonly why?: Readonly<Record<string, string>>
  /** The port that the user named for a clean-up. */
  readonly named?: number | null
  /** The version of this command. */
  readonly version?: string
  /** Whether the clean-up was one with `--force`. */
  readonly isForced?: boolean
}

const COLUMNS: readonly Column<ShownRow>[] = [
  { title: 'PID', align: 'right', cell: (record) => String(record.pid ?? '-') },
  { title: 'PORT', align: 'right', cell: ({ ports }) => portsText(ports) },
  { title: 'VERSION', cell: (record) => record.package_version ?? '-', shorten: 'end' },
  { title: 'CLASS', cell: classOf, style: styleOf },
]

const ROW: Column<ShownRow> = { title: 'ROW', cell: (record) => record.rule }

const MORE: readonly Column<ShownRow>[] = [
  { title: 'UP', align: 'right', cell: (record) => formatAge(record.uptime_seconds), isExtra: true },
  { title: 'MEM', align: 'right', cell: (record) => formatBytes(record.memory_bytes), isExtra: true },
]

/** How the table is headed and worded. */
interface TableWords {
  readonly words: Pick<Words, 'scope'>
  /** The version of this command, which others are older or newer than. */
  readonly version?: string
}

function reasonColumn(words: TableWords, isVerbose: boolean): Column<ShownRow> {
  const cell = (record: ShownRow): string => (isVerbose ? reasonId(record, words) : reasonOf(record, words))
  return { title: 'REASON', cell, shorten: 'end', style: styleOf }
}

function scopeColumn({ words }: TableWords): Column<ShownRow> {
  const cell = (record: ShownRow): string => record.daemon_root ?? record.singleton_scope_id ?? '-'
  return { title: words.scope.toUpperCase(), cell, shorten: 'middle', isExtra: true }
}

/** A row of the table: one listener, or all listeners of a process that is left alone. */
type ShownRow = DoctorRecord & { readonly ports: readonly number[] }

/**
 * Returns the doctor's document as text for people, with a line feed at its end: the verdict, the findings, what the scope
 * has, every listener, and what can be done about them. After a clean-up: what was done, what is left, the numbers, and the
 * verdict last, where it does not scroll away.
 */
export function renderDoctor(document: DoctorDocument, text: DoctorText, terminal: Terminal): string {
  const { findings, reset_result: result } = document
  const verdict = renderVerdict(findings, terminal, result?.failed.length)
  const blocks =
    result === undefined
      ? [
          verdict,
          renderFindings(findings.map(withoutForce), text, terminal),
          renderHead(document, text.head, terminal),
          renderCandidates(document, terminal, text.ports, text),
          ...(terminal.isQuiet === true
            ? []
            : [renderRemedies({ orphans: untold(document) }, terminal, text.words)]),
        ]
      : renderCleanUp({ ...document, reset_result: result }, text, terminal, verdict)
  return blocks
    .filter((block) => block.length > 0)
    .map((block) => `${block.join('\n')}\n`)
    .join('\n')
}

/** What ends a daemon that needs a decision is printed once, below the table, where the command to look at it stands too. */
function withoutForce(finding: Finding): Finding {
  const isForce = ['F-002', 'F-010'].includes(finding.id) && finding.remediation?.safe === false
  return isForce ? { ...finding, remediation: null } : finding
}

/** Returns the orphans without the daemon of the scope where it does not answer: F-005 tells what to do about it. */
function untold({
  orphans,
  findings,
  daemon,
}: Pick<DoctorDocument, 'orphans' | 'findings' | 'daemon'>): readonly DoctorRecord[] {
  const isTold = findings.some(({ id, severity }) => id === 'F-005' && severity === 'critical')
  return orphans.filter(({ pid }) => !isTold || pid === null || pid !== daemon?.pid)
}

function renderCleanUp(
  document: DoctorDocument & { readonly reset_result: ResetResult },
  text: DoctorText,
  terminal: Terminal,
  verdict: readonly string[],
): readonly (readonly string[])[] {
  const { findings, orphans, daemon, reset_result: result } = document
  const named = text.named ?? null
  const words = { ...text.words, isForced: text.isForced === true }
  const open = untold(document)
  const { done, left, numbers } = renderReset({ result, orphans, open }, terminal, words, named)
  // The rows that are left tell what F-002 counts, unless only one port was to be cleaned up, or stale ones came up since.
  const isStale = orphans.some(({ cleanup_class }) => cleanup_class === 'safe_auto')
  const isTold = named === null ? result.dry_run || !isStale : isPrinted(findings, open, named)
  const isEnded = result.would_sweep.some(({ pid }) => pid !== null && pid === daemon?.pid)
  const brief = new Set([...(isTold ? ['F-002'] : []), ...(isEnded ? ['F-005'] : [])])
  const next = result.dry_run ? renderNext(planOf(document, text), terminal) : []
  return [
    done,
    renderFindings(findings, { ...text, brief }, terminal),
    left,
    [...numbers, ...verdict, ...next],
  ]
}

function planOf(
  { orphans, reset_result: { would_sweep } }: DoctorDocument & { readonly reset_result: ResetResult },
  { words, isForced = false, named: port = null }: DoctorText,
): Parameters<typeof renderNext>[0] {
  const isEnded = (row: DoctorRecord): boolean =>
    would_sweep.some((one) => one.pid === row.pid && one.port === row.port)
  const open = orphans.filter(
    (row) => (port === null || row.port === port) && needsDecision(row, words) && !isEnded(row),
  )
  return { clean: words.clean, isForced, port, ended: would_sweep.length, open: open.length }
}

/** Returns whether every command of F-002 stands beside the row of the port. */
function isPrinted(findings: readonly Finding[], open: readonly DoctorRecord[], named: number): boolean {
  const rows = open.filter(
    ({ port, cleanup_class }) => port === named && cleanup_class === 'operator_required',
  )
  const commands = new Set(rows.flatMap(({ remedy }) => remedy?.commands ?? []))
  const { remediation = null } = findings.find(({ id }) => id === 'F-002') ?? {}
  return remediation?.commands.every((command) => commands.has(command)) !== false
}

function renderHead(document: DoctorDocument, head: readonly Line[], terminal: Terminal): readonly string[] {
  const [text, style] = describeDaemon(document)
  return formatLines([...head, ['daemon', text, style]], terminal)
}

function describeDaemon({ daemon }: DoctorDocument): readonly [string, LineStyle?] {
  if (daemon === null) return ['none']
  const at = `process ${daemon.pid ?? 'unknown'}, port ${daemon.port ?? 'unknown'}`
  if (daemon.state === 'crashed') return [`crashed (${at})`, 'red']
  const version = daemon.package_version === null ? '' : `, version ${daemon.package_version}`
  return [`${at}${version}, ${describeActive(daemon)}`, daemon.active ? 'green' : 'red']
}

function describeActive({ state, why }: NonNullable<DoctorDocument['daemon']>): string {
  if (state === 'running') return 'answers'
  return state === 'wedged' ? 'does not answer' : `${state}: ${why}`
}

/**
 * Lists live daemons first, then what needs a decision, then what is stale, and other never_touch candidates last and dim,
 * each group sorted by port.
 */
export function renderCandidates(
  { candidates }: Pick<DoctorDocument, 'candidates'>,
  terminal: Terminal,
  ports: string,
  words: TableWords,
): readonly string[] {
  if (candidates.length === 0) return [`nothing listens on ${ports}`]
  const sorted = candidates.toSorted((a, b) => order(a) - order(b) || (a.port ?? 0) - (b.port ?? 0))
  const rows = collapsed(sorted)
  const isVerbose = terminal.isVerbose === true
  const columns = [
    ...COLUMNS,
    reasonColumn(words, isVerbose),
    ...(isVerbose ? [ROW] : []),
    ...MORE,
    scopeColumn(words),
  ]
  const { header, rows: lines, hidden } = layTable(columns, rows, terminal)
  return [
    `  ${paint(terminal, 'bold', header)}`,
    ...lines.map((line, index) => decorate(line, rows[index], terminal)),
    ...(hidden === null || terminal.isQuiet === true
      ? []
      : wrapWords(hidden, terminal.columns === null ? null : terminal.columns - 2).map(
          (line) => `  ${paint(terminal, 'dim', line)}`,
        )),
  ]
}

function order(record: DoctorRecord): number {
  if (isLive(record)) return 0
  return ['operator_required', 'safe_auto', 'never_touch'].indexOf(record.cleanup_class) + 1
}

/** The number of listeners from which a process that is left alone gets a single row. */
const COLLAPSED = 4

function collapsed(records: readonly DoctorRecord[]): readonly ShownRow[] {
  const many = new Map<string, number>()
  for (const record of records) many.set(kindOf(record), (many.get(kindOf(record)) ?? 0) + 1)
  const rows = new Map<string, ShownRow>()
  for (const [index, record] of records.entries()) {
    const isOne = mayCollapse(record) && (many.get(kindOf(record)) ?? 0) >= COLLAPSED
    const key = isOne ? kindOf(record) : String(index)
    const row = rows.get(key) ?? { ...record, ports: [] }
    rows.set(key, { ...row, ports: [...row.ports, ...(record.port === null ? [] : [record.port])] })
  }
  return [...rows.values()]
}

function mayCollapse(record: DoctorRecord): boolean {
  return record.pid !== null && record.cleanup_class === 'never_touch' && !isLive(record)
}

function kindOf({ pid, cleanup_class, skip_reason, rule }: DoctorRecord): string {
  return `${pid} ${cleanup_class} ${skip_reason} ${rule}`
}

/** `9400`, `9400-9449`, or `9400 +3` for ports with gaps between them. */
function portsText(ports: readonly number[]): string {
  const [first, last] = [ports[0], ports.at(-1)]
  if (first === undefined || last === undefined) return '-'
  if (ports.length === 1) return String(first)
  return last - first === ports.length - 1 ? `${first}-${last}` : `${first} +${ports.length - 1}`
}

function isLive(record: DoctorRecord): boolean {
  return record.skip_reason === 'is_recorded_singleton'
}

/** The colour repeats what the words in the row say. */
function decorate(line: string, record: DoctorRecord | undefined, terminal: Terminal): string {
  if (record !== undefined && isLive(record)) return paint(terminal, 'green', `* ${line}`)
  return record?.cleanup_class === 'never_touch' ? paint(terminal, 'dim', `  ${line}`) : `  ${line}`
}

/** A daemon that another scope uses needs no decision, so the class of the document would mislead. */
function classOf(record: DoctorRecord): string {
  return isInUse(record) ? 'in use' : record.cleanup_class
}

/**
 * Only a class that calls for action is coloured here: the whole row of the live daemon, or of a process that is left
 * alone, is coloured already.
 */
function styleOf(record: DoctorRecord): Style | null {
  if (record.cleanup_class === 'safe_auto') return 'magenta'
  return record.cleanup_class === 'operator_required' && !isInUse(record) ? 'yellow' : null
}

function reasonId(
  { skip_reason, stale_evidence, executable_summary: program }: DoctorRecord,
  { version }: TableWords,
): string {
  if (skip_reason === 'third_party' && program !== null) return `third_party: ${program}`
  if (skip_reason !== null) return skip_reason
  return stale_evidence.length === 0 ? 'stale' : evidenceText(stale_evidence, null, version)
}

/** The live daemon is told in words; the other reasons are explained below the table. */
function reasonOf(record: DoctorRecord, words: TableWords): string {
  return isLive(record) ? `the live daemon of its ${words.words.scope}` : reasonId(record, words)
}

function formatAge(seconds: number | null): string {
  if (seconds === null) return '-'
  if (seconds < 60) return `${seconds}s`
  if (seconds < 3600) return `${Math.floor(seconds / 60)}m`
  return seconds < 86_400 ? `${Math.floor(seconds / 3600)}h` : `${Math.floor(seconds / 86_400)}d`
}

function formatBytes(bytes: number | null): string {
  return bytes === null ? '-' : `${Math.round(bytes / (1024 * 1024))}M`
}
