import type { Words } from '../define/options.js'
import type { DaemonView } from '../doctor/daemon-view.js'
import type { DoctorDocument } from '../doctor/document.js'
import type { DoctorRecord } from '../doctor/choose-remedy.js'
import { foldRows, processesOf, type ShownRow } from './fold-rows.js'
import { layTable, withTilde, type Column, type Table } from './format-table.js'
import { versionRange } from './group-words.js'
import { paint, type Io, type Style } from './io.js'
import { evidenceText } from './reason-text.js'
import { isInUse } from './render-decisions.js'
import { shortenApart } from './shorten-apart.js'
import { wrapWords } from './text-width.js'

type Terminal = Pick<Io, 'hasColor' | 'columns' | 'isQuiet'> & Partial<Pick<Io, 'isVerbose'>>

/** The headings and words of the table. */
export interface TableWords {
  readonly words: Pick<Words, 'scope'>
  /** The version of this command, with which other versions are compared. */
  readonly version?: string | undefined
  /** The home directory of the user: on a terminal, `~` stands for it. */
  readonly userHome?: string | undefined
}

/** The width up to which the path of another program takes room that the other rows need. */
const WIDE = 120

/** `isNarrow`: the path of another program would take the width of what needs a decision, so only its name is shown. */
type ReasonWords = TableWords & { readonly isNarrow: boolean }

const COLUMNS: readonly Column<ShownRow>[] = [
  { title: 'PID', align: 'right', cell: pidsText },
  {
    title: 'PORT',
    align: 'right',
    cell: ({ all }) => portsText([...new Set(all.flatMap(({ port }) => port ?? []))]),
  },
  { title: 'VERSION', cell: versionsText, shorten: 'end', isLesser: true },
  { title: 'CLASS', cell: classOf, style: styleOf },
]

const ROW: Column<ShownRow> = { title: 'ROW', cell: (record) => record.rule }

const MORE: readonly Column<ShownRow>[] = [
  {
    title: 'UP',
    align: 'right',
    cell: ({ all }) => formatAge(greatest(all.map((one) => one.uptime_seconds))),
    isExtra: true,
  },
  {
    title: 'MEM',
    align: 'right',
    cell: ({ all }) => formatBytes(greatest(all.map((one) => one.memory_bytes))),
    isExtra: true,
    isLesser: true,
  },
]

function reasonColumn(words: ReasonWords, isVerbose: boolean): Column<ShownRow> {
  return {
    title: 'REASON',
    cell: (record) => reasonIn(record, words, isVerbose),
    shorten: 'end',
    style: styleOf,
  }
}

/**
 * Returns the column of the scopes. If the rows have different scopes, it comes directly after the age on a terminal that
 * has room for reasons beside it, and the scopes are shortened so that they can be told apart. On a narrower one it is the
 * first to be dropped: the lines below the table name the scopes of those that need a decision or are in use.
 */
function scopeColumn(
  { words, userHome }: TableWords,
  rows: readonly DoctorRecord[],
  { columns }: Terminal,
): Column<ShownRow> {
  const shown = (scope: string): string => (columns === null ? scope : withTilde(scope, userHome))
  const scopes = [...new Set(rows.flatMap((row) => scopeOf(row) ?? []))].map(shown)
  const isOne = scopes.length < 2
  const cell = (record: ShownRow): string => {
    const scope = scopeOf(record)
    return scope === null ? '-' : shown(scope)
  }
  return {
    title: words.scope.toUpperCase(),
    cell,
    shorten: 'middle',
    isExtra: true,
    ...(isOne || !hasRoom({ columns }) ? { isLesser: true } : { shortened: shortenApart(scopes) }),
  }
}

/** From this width on, reasons are whole beside the shortened scopes, with the version of this command in them. */
const ROOM_FOR_BOTH = 104

function hasRoom({ columns }: Pick<Terminal, 'columns'>): boolean {
  return columns === null || columns >= ROOM_FOR_BOTH
}

function scopeOf({ daemon_root, singleton_scope_id }: DoctorRecord): string | null {
  return daemon_root ?? singleton_scope_id
}

/**
 * Lists the candidates in this order: live daemons, those that need a decision, stale ones, and last (dim) other
 * never_touch candidates. Each group is sorted by port. On a terminal, similar rows are folded, unless the user wants to
 * see more.
 */
export function renderCandidates(
  { candidates, daemon = null }: Pick<DoctorDocument, 'candidates'> & Partial<Pick<DoctorDocument, 'daemon'>>,
  terminal: Terminal,
  ports: string,
  words: TableWords,
): readonly string[] {
  if (candidates.length === 0) return [`nothing listens on ${ports}`]
  const order = (record: DoctorRecord): number => orderOf(record, isLive(record, daemon))
  const sorted = candidates.toSorted((a, b) => order(a) - order(b) || (a.port ?? 0) - (b.port ?? 0))
  const isVerbose = terminal.isVerbose === true
  const isAlikeFolded = terminal.columns !== null && !isVerbose
  const laid = (isNarrow: boolean): { readonly table: Table; readonly rows: readonly ShownRow[] } => {
    const reasons = { ...words, isNarrow, ...(hasRoom(terminal) ? {} : { version: undefined }) }
    const rows = foldRows(sorted, (record) => reasonIn(record, reasons, isVerbose), isAlikeFolded)
    const columns = [
      ...COLUMNS,
      reasonColumn(reasons, isVerbose),
      ...(isVerbose ? [ROW] : []),
      ...MORE,
      scopeColumn(words, sorted, terminal),
    ]
    return { table: layTable(columns, rows, terminal), rows }
  }
  const isWide = terminal.columns === null || terminal.columns > WIDE || isVerbose
  const wide = isWide ? laid(false) : null
  // The path of another program must not cost a column.
  const { table, rows } = wide === null || (wide.table.hidden !== null && !isVerbose) ? laid(true) : wide
  const { header, rows: lines, hidden } = table
  return [
    `  ${paint(terminal, 'bold', header)}`,
    ...lines.map((line, index) => decorate(line, rows[index], daemon, terminal)),
    ...[liveText(candidates, daemon, words), foldedText(rows), hidden].flatMap((text) =>
      hint(text, terminal),
    ),
  ]
}

/** Explains why several rows have the mark of the live daemon; null if at most one has it, because its reason says so. */
function liveText(
  candidates: readonly DoctorRecord[],
  daemon: DaemonView | null,
  { words: { scope } }: TableWords,
): string | null {
  return candidates.filter((record) => isLive(record, daemon)).length < 2
    ? null
    : `* the live daemons of this ${scope}: commands use the one of this version, those of an earlier version their own`
}

/** Says how to see each process of the rows that stand for several; null if there are none. */
function foldedText(rows: readonly ShownRow[]): string | null {
  if (!rows.some((row) => processesOf(row) > 1)) return null
  return 'Processes that are alike share a row; --verbose shows each.'
}

function hint(text: string | null, terminal: Terminal): readonly string[] {
  if (text === null || terminal.isQuiet === true) return []
  const room = terminal.columns === null ? null : terminal.columns - 2
  return wrapWords(text, room).map((line) => `  ${paint(terminal, 'dim', line)}`)
}

function orderOf(record: DoctorRecord, isLiveHere: boolean): number {
  if (isLiveHere) return 0
  return ['operator_required', 'safe_auto', 'never_touch'].indexOf(record.cleanup_class) + 1
}

/** Returns the pid of a process, or the number of folded processes, which must not look like a pid. */
function pidsText(row: ShownRow): string {
  const count = processesOf(row)
  return count > 1 ? `${count} pids` : String(row.pid ?? '-')
}

/** `9400`, `9400-9449`, or `9400 +3` for ports with gaps between them. */
function portsText(ports: readonly number[]): string {
  const [first, last] = [ports[0], ports.at(-1)]
  if (first === undefined || last === undefined) return '-'
  if (ports.length === 1) return String(first)
  return last - first === ports.length - 1 ? `${first}-${last}` : `${first} +${ports.length - 1}`
}

/** `3.2.2`, or `3.2.2-3.2.4` for the oldest and the newest of several. Another program has no version. */
function versionsText({ all, daemon_family: family }: ShownRow): string {
  const unknown = family === null ? '-' : 'unknown'
  return versionRange(all.map(({ package_version }) => package_version)) ?? unknown
}

/** Returns the greatest value: of several processes, the age of the oldest or the size of the largest. */
function greatest(values: readonly (number | null)[]): number | null {
  const known = values.flatMap((value) => value ?? [])
  return known.length === 0 ? null : Math.max(...known)
}

/**
 * Returns whether the row is the live daemon of this scope. It must not be in use by another scope. Either a record or
 * lock names it and it answers, or it has proven itself with its token although its process is not fully visible from
 * here.
 */
export function isLive(
  { skip_reason, in_use_by, pid, port }: DoctorRecord,
  daemon: DaemonView | null,
): boolean {
  const isProven = daemon?.active === true && pid !== null && pid === daemon.pid && port === daemon.port
  return in_use_by === null && (skip_reason === 'is_recorded_singleton' || isProven)
}

/** Colours a row. The colour only repeats what the words in the row say. */
function decorate(
  line: string,
  record: DoctorRecord | undefined,
  daemon: DaemonView | null,
  terminal: Terminal,
): string {
  if (record !== undefined && isLive(record, daemon)) return paint(terminal, 'green', `* ${line}`)
  return record?.cleanup_class === 'never_touch' ? paint(terminal, 'dim', `  ${line}`) : `  ${line}`
}

/**
 * Returns the class to show. A daemon that another scope uses needs no decision, so its class in the document would be
 * misleading.
 */
function classOf(record: DoctorRecord): string {
  return isInUse(record) ? 'in use' : record.cleanup_class
}

/**
 * Returns the style of the class. Only a class that calls for action is coloured here, because the rows of the live
 * daemon and of processes that are left alone are coloured as a whole.
 */
function styleOf(record: DoctorRecord): Style | null {
  if (record.cleanup_class === 'safe_auto') return 'magenta'
  return record.cleanup_class === 'operator_required' && !isInUse(record) ? 'yellow' : null
}

function reasonId(
  { skip_reason, stale_evidence, executable_summary: program }: DoctorRecord,
  { version, isNarrow }: ReasonWords,
): string {
  if (skip_reason === 'third_party' && program !== null)
    return `third_party: ${isNarrow ? program.slice(program.lastIndexOf('/') + 1) : program}`
  if (skip_reason !== null) return skip_reason
  return stale_evidence.length === 0 ? 'stale' : evidenceText(stale_evidence, null, version)
}

/** Returns the text of the reason. The live daemon is described in words; all other reasons are explained below the table. */
function reasonOf(record: DoctorRecord, words: ReasonWords): string {
  const isSingleton = record.skip_reason === 'is_recorded_singleton'
  return isSingleton ? `the live daemon of its ${words.words.scope}` : reasonId(record, words)
}

function reasonIn(record: DoctorRecord, words: ReasonWords, isVerbose: boolean): string {
  return isVerbose ? reasonId(record, words) : reasonOf(record, words)
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
