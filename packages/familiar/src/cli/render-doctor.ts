import type { Words } from '../define/options.js'
import type { DoctorDocument, Line, LineStyle } from '../doctor/document.js'
import type { DoctorRecord } from '../doctor/choose-remedy.js'
import { paint, type Io, type Style } from './io.js'
import { formatLines } from './format-lines.js'
import { printable } from './printable.js'
import { evidenceText, reasonText } from './reason-text.js'
import type { Remedy } from '../doctor/remedy.js'
import { renderFindings, renderRemedy, renderVerdict } from './render-findings.js'
import { renderReset } from './render-reset.js'
import { layTable, type Column } from './format-table.js'
import { wrapWords } from './text-width.js'

export type Terminal = Pick<Io, 'hasColor' | 'columns'> & Partial<Pick<Io, 'isVerbose'>>

/** What the text for people needs in addition to the document. */
export interface DoctorText {
  /** The lines above the one about the daemon. */
  readonly head: readonly Line[]
  readonly words: Pick<Words, 'scope' | 'explain'> & Partial<Pick<Words, 'reasonNames'>>
  /** The ports that were scanned, for people: `ports 9400-9449`. */
  readonly ports: string
  /** Why the tool's own findings matter, by id. */
  readonly why?: Readonly<Record<string, string>>
  /** The port that the user named for a clean-up. */
  readonly named?: number | null
}

const COLUMNS: readonly Column<ShownRow>[] = [
  { title: 'PID', align: 'right', cell: (record) => String(record.pid ?? '-') },
  { title: 'PORT', align: 'right', cell: ({ ports }) => portsText(ports) },
  { title: 'VERSION', cell: (record) => record.package_version ?? '-', shorten: 'end' },
  { title: 'CLASS', cell: (record) => record.cleanup_class, style: styleOf },
  { title: 'REASON', cell: reasonOf, shorten: 'end', style: styleOf },
]

const ROW: Column<ShownRow> = { title: 'ROW', cell: (record) => record.rule }

const MORE: readonly Column<ShownRow>[] = [
  { title: 'UP', align: 'right', cell: (record) => formatAge(record.uptime_seconds), isExtra: true },
  { title: 'MEM', align: 'right', cell: (record) => formatBytes(record.memory_bytes), isExtra: true },
  {
    title: 'SCOPE',
    cell: (record) => record.daemon_root ?? record.singleton_scope_id ?? '-',
    shorten: 'middle',
    isExtra: true,
  },
]

/** A row of the table: one listener, or all listeners of a process that is left alone. */
type ShownRow = DoctorRecord & { readonly ports: readonly number[] }

/**
 * Returns the doctor's document as text for people, with a line feed at its end: the verdict, the findings, what the scope
 * has, every listener, and what was done.
 */
export function renderDoctor(document: DoctorDocument, text: DoctorText, terminal: Terminal): string {
  return [
    renderVerdict(document.findings, terminal, document.reset_result?.failed.length),
    renderFindings(document.findings, text, terminal),
    renderHead(document, text.head, terminal),
    renderCandidates(document, terminal, text.ports),
    renderRemedies(document, terminal, text.words),
    document.reset_result === undefined
      ? []
      : renderReset(document.reset_result, terminal, text.words, text.named ?? null),
  ]
    .filter((block) => block.length > 0)
    .map((block) => `${block.join('\n')}\n`)
    .join('\n')
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
): readonly string[] {
  if (candidates.length === 0) return [`nothing listens on ${ports}`]
  const sorted = candidates.toSorted((a, b) => order(a) - order(b) || (a.port ?? 0) - (b.port ?? 0))
  const rows = collapsed(sorted)
  const columns = [...COLUMNS, ...(terminal.isVerbose === true ? [ROW] : []), ...MORE]
  const { header, rows: lines, hidden } = layTable(columns, rows, terminal)
  return [
    `  ${paint(terminal, 'bold', header)}`,
    ...lines.map((line, index) => decorate(line, rows[index], terminal)),
    ...(hidden === null
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

/**
 * Only a class that calls for action is coloured here: the whole row of the live daemon, or of a process that is left
 * alone, is coloured already.
 */
function styleOf(record: DoctorRecord): Style | null {
  if (record.cleanup_class === 'safe_auto') return 'magenta'
  return record.cleanup_class === 'operator_required' && record.in_use_by === null ? 'yellow' : null
}

function reasonOf({ skip_reason, stale_evidence }: DoctorRecord): string {
  if (skip_reason !== null) return skip_reason
  return stale_evidence.length === 0 ? 'stale' : evidenceText(stale_evidence)
}

/** The most ports and commands that are listed for one group. */
const LISTED = 8
const LISTED_COMMANDS = 3

/**
 * Lists what needs a decision, grouped by reason, with its commands, unless a finding gives them. Processes that another
 * scope uses, or that belong to another user, need no decision: they are listed below a heading of their own.
 */
export function renderRemedies(
  { orphans, findings }: Pick<DoctorDocument, 'orphans' | 'findings'>,
  terminal: Terminal,
  { scope, explain }: Pick<Words, 'scope' | 'explain'>,
): readonly string[] {
  const given = new Set(findings.flatMap(({ remediation }) => remediation?.commands ?? []))
  const rows = orphans.filter(({ cleanup_class }) => cleanup_class === 'operator_required')
  const used = rows.filter((record) => record.in_use_by !== null)
  const foreign = rows.filter((record) => record.in_use_by === null && record.skip_reason === 'other_user')
  const open = rows.filter((record) => !used.includes(record) && !foreign.includes(record))
  const [first] = open
  const isTold = open.some(({ remedy }) => remedy?.commands.some((one) => one.startsWith(`${explain} `)))
  const meaning =
    first === undefined || isTold
      ? []
      : [
          `  ${paint(terminal, 'dim', 'To read more:')} ${paint(terminal, 'cyan', `${explain} ${first.skip_reason}`)}`,
        ]
  const sections = [
    [...section('Needs a decision (operator_required):', open, { scope, given }, terminal), ...meaning],
    section('Of another user, left alone:', foreign, { scope, given }, terminal),
    section(`In use by another ${scope}, left alone:`, used, { scope, given }, terminal),
  ].filter((lines) => lines.length > 0)
  return sections.flatMap((lines, index) => (index === 0 ? lines : ['', ...lines]))
}

/** A command that acts on the port of a single row is listed together with the command for all rows. */
function isGiven({ remedy, port }: DoctorRecord, given: ReadonlySet<string>): boolean {
  const commands = remedy?.commands ?? []
  return (
    commands.length > 0 &&
    commands.every((command) => given.has(command) || given.has(command.replace(` --port ${port}`, '')))
  )
}

interface Group {
  readonly text: string
  readonly ports: string[]
  readonly description: string
  readonly commands: Set<string>
}

function section(
  title: string,
  rows: readonly DoctorRecord[],
  { scope, given }: { readonly scope: string; readonly given: ReadonlySet<string> },
  terminal: Terminal,
): readonly string[] {
  if (rows.length === 0) return []
  const groups = new Map<string, Group>()
  for (const record of rows) {
    const text = whatItIs(record, scope)
    const remedy = isGiven(record, given) ? null : record.remedy
    const description = record.in_use_by === null ? (remedy?.description ?? '') : ''
    const key = `${text}\n${description}`
    const group = groups.get(key) ?? { text, ports: [], description, commands: new Set() }
    group.ports.push(String(record.port ?? 'no port'))
    for (const command of remedy?.commands ?? []) group.commands.add(command)
    groups.set(key, group)
  }
  return [title, ...[...groups.values()].flatMap((group) => renderGroup(group, terminal))]
}

function renderGroup({ text, ports, description, commands }: Group, terminal: Terminal): readonly string[] {
  const width = terminal.columns === null ? null : terminal.columns - 4
  const remedy: Remedy = { commands: [...commands].slice(0, LISTED_COMMANDS), description, safe: false }
  const more = commands.size - remedy.commands.length
  return [
    ...wrapWords(`${listed(ports)}: ${text}`, width).map(
      (line, index) => `${index === 0 ? '  ' : '    '}${line}`,
    ),
    ...(commands.size === 0 ? [] : renderRemedy(remedy, terminal)),
    ...(more > 0 ? [`    ${paint(terminal, 'dim', `and ${more} more such commands: --json`)}`] : []),
  ]
}

function listed(ports: readonly string[]): string {
  const more = ports.length - LISTED
  return more > 0 ? `${ports.slice(0, LISTED).join(' ')} and ${more} more` : ports.join(' ')
}

/** Signs of staleness are not shown for a daemon that is in use elsewhere: it may be old, and is in use all the same. */
function whatItIs(record: DoctorRecord, scope: string): string {
  if (record.in_use_by !== null) return `the live daemon of ${printable(record.in_use_by)}`
  const stale = evidenceText(record.stale_evidence, record.package_version)
  return `${reasonText(record.skip_reason ?? '', scope)}${stale === '' ? '' : `; ${stale}`}`
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
