import type { Words } from '../define/options.js'
import type { DoctorDocument, Line, LineStyle } from '../doctor/document.js'
import { needsDecision, type DoctorRecord } from '../doctor/choose-remedy.js'
import type { Finding } from '../doctor/finding.js'
import { obstructed, type Obstacle } from '../doctor/remedy.js'
import { foreignText } from '../doctor/status-head.js'
import { verdictOf } from '../doctor/verdict.js'
import type { ResetResult } from '../doctor/reset-result.js'
import type { Io } from './io.js'
import { formatLines } from './format-lines.js'
import { isLive, renderCandidates } from './render-candidates.js'
import { renderFindings, renderVerdict } from './render-findings.js'
import { renderClean } from './render-clean.js'
import { renderNext } from './render-next.js'
import { renderDecisions } from './render-decisions.js'
import { renderReset } from './render-reset.js'
import { wrapWords } from './text-width.js'

export type Terminal = Pick<Io, 'hasColor' | 'columns' | 'isQuiet'> & Partial<Pick<Io, 'isVerbose'>>

/** What the text for people needs in addition to the document. */
export interface DoctorText {
  /** The lines above the line about the daemon. */
  readonly head: readonly Line[]
  readonly words: Pick<Words, 'scope' | 'explain' | 'clean' | 'title'> & Partial<Pick<Words, 'reasonNames'>>
  /** The ports that were scanned, as text: `ports 9400-9449`. */
  readonly ports: string
  /** Why the tool's own findings matter, by id of the finding. */
  readonly why?: Readonly<Record<string, string>>
  /** What keeps every command from changing anything in this scope. Its finding is printed first. */
  readonly obstacle?: Obstacle | null
  /** The port that the user named for a clean-up. */
  readonly named?: number | null
  /** The version of this command. */
  readonly version?: string
  /** The home directory of the user: on a terminal, `~` stands for it in the table. */
  readonly userHome?: string | undefined
  /** Whether the clean-up was one with `--force`. */
  readonly isForced?: boolean
  /** Says that the running daemon ends stale ones by itself; null if it does not, or there are none. */
  readonly byItself?: string | null
}

/**
 * Returns the doctor's document as text for people, with a line feed at its end: the verdict, the findings, the state of
 * the scope, every listener, and what can be done about them. After a clean-up: what was done, what is left, the numbers,
 * and the verdict last, so that it does not scroll away.
 */
export function renderDoctor(document: DoctorDocument, text: DoctorText, terminal: Terminal): string {
  const { findings, reset_result: result } = document
  const verdict = renderVerdict(findings, terminal, result?.dry_run === true ? 0 : result?.failed.length)
  const blocks =
    result === undefined
      ? [
          verdict,
          renderFindings(
            findings.map(withoutForce),
            { ...text, below: decidedBelow(document, text) },
            terminal,
          ),
          renderHead(document, text.head, terminal),
          renderCandidates(document, terminal, text.ports, text),
          renderDecisions(besides(document), terminal, text.words),
          byItselfLines(text, terminal),
        ]
      : renderCleanUp({ ...document, reset_result: result }, text, terminal, verdict)
  return blocks
    .filter((block) => block.length > 0)
    .map((block) => `${block.join('\n')}\n`)
    .join('\n')
}

/**
 * Removes the commands that end daemons that need a decision from a finding. They are printed below the table, beside the
 * command that shows the process.
 */
function withoutForce(finding: Finding): Finding {
  const isForce = ABOUT_ROWS.has(finding.id) && finding.remediation?.safe === false
  return isForce ? { ...finding, remediation: null } : finding
}

const ABOUT_ROWS: ReadonlySet<string> = new Set(['F-002', 'F-010'])

/** Returns the findings that count daemons for which only the part below the table has the commands. */
function decidedBelow(document: DoctorDocument, { words }: DoctorText): ReadonlySet<string> {
  const told = document.findings.filter(({ id, remediation }) => {
    if (!ABOUT_ROWS.has(id) || remediation === null) return false
    const shown = withoutForce({ id, remediation, severity: 'warn', summary: '' }).remediation?.commands ?? []
    return untold(document).some(
      (row) => needsDecision(row, words) && row.remedy?.commands.every((one) => shown.includes(one)) !== true,
    )
  })
  return new Set(told.map(({ id }) => id))
}

/**
 * Returns the orphans. Leaves out the daemon of the scope if it does not answer, because finding F-005 says what to do
 * about it.
 */
function untold({
  orphans,
  findings,
  daemon,
}: Pick<DoctorDocument, 'orphans' | 'findings' | 'daemon'>): readonly DoctorRecord[] {
  const isTold = findings.some(({ id, severity }) => id === 'F-005' && severity === 'critical')
  return orphans.filter(({ pid }) => !isTold || pid === null || pid !== daemon?.pid)
}

/** Returns the rows below a heading, and whether the row that F-005 describes is left out. */
function besides(document: DoctorDocument): Parameters<typeof renderDecisions>[0] {
  const orphans = untold(document)
  return { orphans, isOneTold: orphans.length < document.orphans.length }
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
  // The rows that are left already show what F-002 counts, unless new stale processes have appeared since.
  const isStale = orphans.some(({ cleanup_class }) => cleanup_class === 'safe_auto')
  const isTold = named !== null || result.dry_run || !isStale
  const isEnded = result.would_sweep.some(({ pid }) => pid !== null && pid === daemon?.pid)
  const brief = new Set([
    ...(isTold ? ['F-002'] : []),
    ...(isEnded ? ['F-005'] : []),
    // The user has asked about one port: of what does not concern it, only what the verdict counts is printed.
    ...(named === null || named === daemon?.port ? [] : findings.map(({ id }) => id)),
  ])
  const next = result.dry_run ? renderNext(planOf(document, text), terminal) : []
  const told = orphans.find((row) => !open.includes(row)) ?? null
  const problems = verdictOf(findings).problems.length
  const state = { told, isFailed: result.failed.length > 0, problems, hasCommands: terminal.isQuiet !== true }
  const isFailed = (row: DoctorRecord): boolean =>
    result.failed.some(({ pid, port }) => row.pid === pid && row.port === port)
  const ofPort = orphans.filter((row) => (named === null || row.port === named) && !isFailed(row))
  // Of one port, the lines above say what became of it. Of others, nothing was asked.
  const isSaid = result.dry_run || (named !== null && ofPort.every((row) => row.in_use_by !== null))
  const clean = isSaid ? [] : renderClean(ofPort, state, terminal, words)
  return [
    done,
    renderFindings(findings, { ...text, brief }, terminal),
    left,
    byItselfLines(text, terminal),
    [...numbers, ...clean, ...verdict, ...next],
  ]
}

function byItselfLines({ byItself = null }: DoctorText, terminal: Terminal): readonly string[] {
  if (byItself === null || terminal.isQuiet === true) return []
  return wrapWords(byItself, terminal.columns)
}

/** Counts what the clean-up would ask about, and so also the daemon that F-005 tells of. */
function planOf(
  { orphans, reset_result }: DoctorDocument & { readonly reset_result: ResetResult },
  { words, isForced = false, named: port = null, obstacle = null }: DoctorText,
): Parameters<typeof renderNext>[0] {
  const { would_sweep } = reset_result
  const isEnded = (row: DoctorRecord): boolean =>
    would_sweep.some((one) => one.pid === row.pid && one.port === row.port)
  // Only the obstacle keeps these from being a decision.
  const vain = obstacle === null ? null : obstructed(words, obstacle).description
  const isOpen = (row: DoctorRecord): boolean => needsDecision(row, words) || row.remedy?.description === vain
  const open = orphans.filter((row) => (port === null || row.port === port) && isOpen(row) && !isEnded(row))
  const ended = would_sweep.length
  return { clean: words.clean, isForced, asksAboutRest: true, port, ended, open: open.length, obstacle }
}

function renderHead(document: DoctorDocument, head: readonly Line[], terminal: Terminal): readonly string[] {
  const [text, style] = describeDaemon(document)
  return formatLines([...head, ['daemon', text, style]], terminal)
}

function describeDaemon({
  daemon,
  daemon_unread: unread,
  candidates,
}: DoctorDocument): readonly [string, LineStyle?] {
  if (daemon === null) {
    // The table marks the predecessor's daemon as the live one of this scope, although no command here uses it.
    const theirs = candidates.find((row) => isLive(row, daemon))
    const none =
      theirs === undefined
        ? 'none'
        : `none of this version; an earlier one has process ${theirs.pid ?? 'unknown'}, port ${theirs.port ?? 'unknown'}, version ${theirs.package_version ?? 'unknown'}`
    return unread === undefined ? [none] : [unread, 'yellow']
  }
  const at = `process ${daemon.pid ?? 'unknown'}, port ${daemon.port ?? 'unknown'}`
  if (daemon.state === 'foreign') return [foreignText(daemon.why, daemon.pid === null ? null : at), 'yellow']
  if (daemon.state === 'crashed') return [`crashed (${at})`, 'red']
  const version = daemon.package_version === null ? '' : `, version ${daemon.package_version}`
  return [`${at}${version}, ${describeActive(daemon)}`, daemon.active ? 'green' : 'red']
}

function describeActive({ state, why }: NonNullable<DoctorDocument['daemon']>): string {
  if (state === 'running') return 'answers'
  return state === 'wedged' ? 'does not answer' : `${state}: ${why}`
}
