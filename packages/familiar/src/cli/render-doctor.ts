import type { DoctorDocument, Line } from '../doctor/document.js'
import type { Finding } from '../doctor/findings.js'
import type { DoctorRecord } from '../doctor/remedies.js'
import type { ResetResult } from '../doctor/reset-result.js'
import { paint, type Io, type Style } from './io.js'
import { formatLines } from './lines.js'
import { printable } from './printable.js'
import { formatTable, type Column } from './table.js'

type Terminal = Pick<Io, 'hasColor' | 'columns'>

const COLUMNS: readonly Column<DoctorRecord>[] = [
  { title: 'PID', align: 'right', cell: (record) => String(record.pid ?? '-') },
  { title: 'PORT', align: 'right', cell: (record) => String(record.port ?? '-') },
  { title: 'VERSION', cell: (record) => record.package_version ?? '-' },
  { title: 'CLASS', cell: (record) => record.cleanup_class },
  { title: 'REASON', cell: (record) => record.skip_reason ?? '-' },
  { title: 'UP', align: 'right', cell: (record) => formatAge(record.uptime_seconds) },
  { title: 'MEM', align: 'right', cell: (record) => formatBytes(record.memory_bytes) },
  { title: 'SCOPE', cell: (record) => record.daemon_root ?? record.singleton_scope_id ?? '-' },
]

const SEVERITY_STYLE: Readonly<Record<Finding['severity'], Style>> = {
  info: 'dim',
  warn: 'yellow',
  critical: 'red',
}

/** Returns the doctor's document as text for people, with a line feed at its end. `head` stands above everything else. */
export function renderDoctor(document: DoctorDocument, head: readonly Line[], terminal: Terminal): string {
  return [
    renderHead(document, head, terminal),
    renderCandidates(document, terminal),
    renderRemedies(document.orphans, terminal),
    renderFindings(document.findings, terminal),
    document.reset_result === undefined ? [] : renderReset(document.reset_result, terminal),
  ]
    .filter((block) => block.length > 0)
    .map((block) => `${block.join('\n')}\n`)
    .join('\n')
}

function renderHead(document: DoctorDocument, head: readonly Line[], terminal: Terminal): readonly string[] {
  const lines = formatLines([...head, ['daemon', '']])
  return [...lines.slice(0, -1), `${lines.at(-1)}${describeDaemon(document, terminal)}`]
}

function describeDaemon({ daemon }: DoctorDocument, terminal: Terminal): string {
  if (daemon === null) return 'none'
  const at = `process ${daemon.pid ?? 'unknown'}, port ${daemon.port ?? 'unknown'}`
  if (daemon.state === 'crashed') return `not running (crashed; recorded as ${at})`
  const version = daemon.package_version === null ? '' : `, version ${printable(daemon.package_version)}`
  return `${at}${version}, ${paint(terminal, daemon.active ? 'green' : 'red', describeActive(daemon))}`
}

function describeActive({ state, why }: NonNullable<DoctorDocument['daemon']>): string {
  if (state === 'running') return 'answers'
  return state === 'wedged' ? 'does not answer' : `${state}: ${printable(why)}`
}

/** Lists live daemons first and other never_touch candidates last and dim, each group sorted by port. */
export function renderCandidates(
  { candidates }: Pick<DoctorDocument, 'candidates'>,
  terminal: Terminal,
): readonly string[] {
  if (candidates.length === 0) return ['nothing listens in the range']
  const rows = candidates.toSorted((a, b) => order(a) - order(b) || (a.port ?? 0) - (b.port ?? 0))
  const lines = formatTable(COLUMNS, rows, terminal.columns)
  const [header = '', ...body] = lines
  return [
    `  ${paint(terminal, 'bold', header)}`,
    ...body.map((line, index) => decorate(line, rows[index], terminal)),
  ]
}

function order(record: DoctorRecord): number {
  if (isLive(record)) return 0
  return record.cleanup_class === 'never_touch' ? 2 : 1
}

function isLive(record: DoctorRecord): boolean {
  return record.skip_reason === 'is_recorded_singleton'
}

function decorate(line: string, record: DoctorRecord | undefined, terminal: Terminal): string {
  if (record !== undefined && isLive(record)) return paint(terminal, 'green', `* ${line}`)
  return record?.cleanup_class === 'never_touch' ? paint(terminal, 'dim', `  ${line}`) : `  ${line}`
}

export function renderRemedies(orphans: readonly DoctorRecord[], terminal: Terminal): readonly string[] {
  const open = orphans.filter((record) => record.cleanup_class === 'operator_required')
  if (open.length === 0) return []
  const lines = new Map<string, { readonly ports: (number | string)[]; readonly text: string }>()
  for (const record of open) {
    const text = `${record.skip_reason}${evidence(record)}`
    const key = `${text}\n${record.remedy?.commands.join(' && ') ?? ''}`
    const line = lines.get(key) ?? { ports: [], text }
    line.ports.push(record.port ?? 'no port')
    lines.set(key, line)
  }
  return [
    'Needs a decision (operator_required):',
    ...[...lines].flatMap(([key, { ports, text }]) => [
      `  ${ports.join(' ')}: ${text}`,
      `      ${paint(terminal, 'cyan', printable(key.slice(key.indexOf('\n') + 1)))}`,
    ]),
  ]
}

function evidence(record: DoctorRecord): string {
  const used = record.in_use_by === null ? [] : [`live daemon of ${printable(record.in_use_by)}`]
  const all = [...used, ...record.stale_evidence]
  return all.length === 0 ? '' : ` (${all.join(', ')})`
}

function renderFindings(findings: readonly Finding[], terminal: Terminal): readonly string[] {
  return findings.flatMap((finding) => [
    `${paint(terminal, SEVERITY_STYLE[finding.severity], `${finding.id} ${finding.severity}`)}: ${printable(finding.summary)}`,
    ...(finding.remediation === null
      ? []
      : [
          ...finding.remediation.commands.map(
            (command) => `  ${paint(terminal, 'cyan', printable(command))}`,
          ),
          `  ${finding.remediation.description}`,
        ]),
  ])
}

export function renderReset(result: ResetResult, terminal: Terminal): readonly string[] {
  const { swept, skipped, failed } = result
  return [
    ...result.would_sweep.map((entry) => `would sweep ${who(entry)}: ${entry.reason}`),
    ...swept.map((entry) => `swept ${who(entry)} by ${entry.cleanup_path}: ${entry.reason}`),
    ...skipped.map((entry) => `skipped ${who(entry)}: ${entry.skip_reason ?? 'a dry run'}`),
    ...failed.map((entry) =>
      paint(terminal, 'red', `failed ${who(entry)}: ${printable(entry.failure_reason)}`),
    ),
    result.dry_run
      ? `dry run: would sweep ${result.would_sweep.length} · would skip ${skipped.length}`
      : `swept: ${swept.length} · skipped: ${skipped.length} (operator_required) · failed: ${failed.length}`,
  ]
}

function who(entry: { readonly pid: number | null; readonly port: number | null }): string {
  return `port ${entry.port ?? 'none'} (process ${entry.pid ?? 'unknown'})`
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
