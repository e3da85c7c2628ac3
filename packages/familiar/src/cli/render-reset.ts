import { failureText } from '../act/failure-words.js'
import type { CleanupPath } from '../act/terminate-process.js'
import type { Words } from '../define/options.js'
import { needsDecision, type DoctorRecord } from '../doctor/choose-remedy.js'
import type { ResetResult } from '../doctor/reset-result.js'
import { paint, type Io, type Style } from './io.js'
import { printable } from './printable.js'
import { endedBecause, isSkipReason, pathText, reasonText, untouchedText } from './reason-text.js'
import { renderRemedy } from './render-remedy.js'
import { isInUse, renderDecisions } from './render-decisions.js'
import { wrapWords } from './text-width.js'

type Terminal = Pick<Io, 'hasColor' | 'columns' | 'isQuiet'>

/** The result of a clean-up in the order of the screen: what was done, what is left and the commands for it, and the numbers. */
interface RenderedReset {
  readonly done: readonly string[]
  readonly left: readonly string[]
  readonly numbers: readonly string[]
}

interface CleanedUp {
  readonly result: ResetResult
  /** What is there now. */
  readonly orphans: readonly DoctorRecord[]
  /** The remaining processes for which no finding says what to do; by default, all remaining ones. */
  readonly open?: readonly DoctorRecord[]
}

/**
 * The words for the ended processes. `isForced`: processes that needed a decision were ended because of `--force`, not
 * because of an answer.
 */
type EndedWords = Pick<Words, 'scope'> & { readonly isForced?: boolean }

/**
 * Returns what a clean-up did with each process. `named`: the port that the user named; if given, only the process on
 * that port is reported.
 */
export function renderReset(
  { result, orphans, open = orphans }: CleanedUp,
  terminal: Terminal,
  words: EndedWords & Pick<Words, 'explain'> & Partial<Pick<Words, 'reasonNames'>>,
  named: number | null = null,
): RenderedReset {
  const { swept, skipped, would_sweep, failed } = result
  const rows = orphans.filter(({ port }) => named === null || port === named)
  const remaining = rows.filter((row) => rowOf(row, failed) === undefined)
  const left = remaining.filter((row) => open.includes(row) && rowOf(row, would_sweep) === undefined)
  const untold = skipped.filter((entry) => rowOf(entry, remaining) === undefined)
  const isTold = [...swept, ...skipped, ...would_sweep, ...failed].some(({ port }) => port === named)
  return {
    done: [
      ...renderEnded({ ...result, failed: [] }, terminal, words),
      ...failed.flatMap((entry) => [
        ...renderEnded(
          { ...result, swept: [], would_sweep: [], failed: [entry] },
          terminal,
          words,
          rowOf(entry, rows),
        ),
        ...commandsOf(rowOf(entry, rows), terminal),
      ]),
      ...untold.flatMap((entry) =>
        entryLines(
          skipWord(entry, result.dry_run),
          `${who(entry)}${because(skipText(entry, words))}`,
          null,
          terminal,
        ),
      ),
      ...(named === null || isTold
        ? []
        : [`port ${named}: nothing that can be seen from here listens on it`]),
    ],
    left: renderDecisions({ orphans: left, isOneTold: open.length < orphans.length }, terminal, words),
    numbers: wrapWords(numbersOf(result, orphans, open, words), terminal.columns),
  }
}

/** Leaves out daemons that another scope uses: they are left alone and need no decision. */
function numbersOf(
  { swept, skipped, failed, would_sweep, dry_run }: ResetResult,
  orphans: readonly DoctorRecord[],
  told: readonly DoctorRecord[],
  words: Pick<Words, 'explain'>,
): string {
  const decidable = skipped.filter((entry) => entry.cleanup_class !== 'never_touch')
  const isUsed = (entry: Named): boolean => orphans.some((row) => isSame(row, entry) && isInUse(row))
  const used = decidable.filter(isUsed).length
  const open = decidable.length - used
  // F-002 does not count the daemon of this scope if it does not answer.
  const isOfFinding = (entry: Named): boolean =>
    rowOf(entry, orphans) !== undefined && rowOf(entry, told) === undefined
  const own = decidable.some(isOfFinding) ? (open === 1 ? ', which is F-005' : ', one of them F-005') : ''
  const untouched = skipped.length - decidable.length
  const left = used + untouched
  const alone = left === 0 ? '' : ` · left alone: ${left}${untouched === 0 ? ' (in use)' : ''}`
  // Only these are what F-002 counts: others may still be starting, or cannot be ended from here.
  const decisions = told.filter(
    (row) => needsDecision(row, words) && rowOf(row, decidable) !== undefined,
  ).length
  const isFewer = decisions > 0 && decisions + (own === '' ? 0 : 1) < open
  const rest = `${isFewer ? ` · need a decision: ${decisions}` : ''}${alone}`
  const unended = failed.length === 0 ? '' : ` · would fail: ${failed.length}`
  return dry_run
    ? `dry run: would be swept: ${would_sweep.length} · would be skipped: ${open} (operator_required${own})${unended}${rest}`
    : `swept: ${swept.length}${goneText(swept)} · skipped: ${open} (operator_required) · failed: ${failed.length}${rest}`
}

/** JSON counts a process that was gone already as swept, so the text says how many of them this clean-up did not end. */
function goneText(swept: ResetResult['swept']): string {
  const gone = swept.filter(({ cleanup_path }) => cleanup_path === 'already_gone').length
  return gone === 0 ? '' : ` (already gone: ${gone})`
}

/** Why a process was gone before the clean-up had told it to end. */
const BY_OTHERS = 'it ended by itself, or something else ended it'

interface Named {
  readonly pid: number | null
  readonly port: number | null
}

function isSame(one: Named, other: Named): boolean {
  return one.port === other.port && one.pid === other.pid
}

function rowOf<T extends Named>(entry: Named, rows: readonly T[]): T | undefined {
  return rows.find((row) => isSame(row, entry))
}

function commandsOf(row: DoctorRecord | undefined, terminal: Terminal): readonly string[] {
  return row?.remedy == null || terminal.isQuiet === true
    ? []
    : renderRemedy({ ...row.remedy, description: '' }, terminal)
}

/**
 * Returns a line for each process that was ended, would be ended, or could not be ended. `row`: what is there now of the
 * one that could not.
 */
export function renderEnded(
  { swept, failed, would_sweep, dry_run }: Pick<ResetResult, 'swept' | 'failed' | 'would_sweep' | 'dry_run'>,
  terminal: Terminal,
  words: EndedWords,
  row?: DoctorRecord,
): readonly string[] {
  return [
    ...would_sweep.flatMap((entry) => entryLines('would end', endedText(entry, words), null, terminal)),
    ...swept.flatMap((entry) =>
      entry.cleanup_path === 'already_gone'
        ? entryLines('already gone', `${who(entry)}: ${BY_OTHERS}`, null, terminal)
        : entryLines('ended', endedText(entry, words, entry.cleanup_path), 'green', terminal),
    ),
    ...failed.flatMap((entry) =>
      entryLines(
        dry_run ? 'would fail' : 'failed',
        `${who(entry)}${because(whyFailed(entry, row, words))}`,
        'red',
        terminal,
      ),
    ),
  ]
}

/** What is not proven of a process is also why it is not ended without force, so its row says more. */
function whyFailed(
  { failure_reason: failure }: ResetResult['failed'][number],
  row: DoctorRecord | undefined,
  { scope }: EndedWords,
): string {
  const text = printable(failureText(failure))
  const reason = row?.skip_reason ?? null
  return failure === 'identity_unproven' && reason !== null ? `${text}: ${reasonText(reason, scope)}` : text
}

/**
 * Returns why a process was ended. If the user decided that, the text says so, because the reason alone reads like a
 * reason not to end the process. The signs of a stale daemon already contain its version.
 */
function endedText(
  entry: ResetResult['would_sweep'][number],
  { scope, isForced = false }: EndedWords,
  path?: CleanupPath,
): string {
  const { reason, package_version } = entry
  const why = endedBecause(reason, package_version, scope)
  const how = path === undefined ? '' : pathText(path)
  if (!isSkipReason(reason)) return `${who(entry, how)}${because(why)}`
  const version = `, version ${printable(package_version ?? 'unknown')}`
  const decision = isForced ? 'because of --force' : 'because you answered y'
  return `${who(entry, `${version}${how}`)}: ${decision}; ${why}`
}

/** Colours only the words that say what was done. */
function entryLines(done: string, text: string, style: Style | null, terminal: Terminal): readonly string[] {
  const room = terminal.columns === null ? null : terminal.columns - INDENT.length
  return wrapWords(`${done} ${text}`, room).map((line, index) => {
    if (index > 0) return `${INDENT}${line}`
    return style === null ? line : `${paint(terminal, style, done)}${line.slice(done.length)}`
  })
}

const INDENT = '  '

/** A candidate that is never touched needs no decision. */
function skipWord({ cleanup_class }: ResetResult['skipped'][number], isDryRun: boolean): string {
  if (cleanup_class === 'never_touch') return 'left alone'
  return isDryRun ? 'would skip' : 'skipped'
}

function skipText(
  { skip_reason: reason, pid }: ResetResult['skipped'][number],
  { scope, reasonNames }: Pick<Words, 'scope'> & Partial<Pick<Words, 'reasonNames'>>,
): string {
  return reason === null ? '' : untouchedText(reason, { pid }, scope, reasonNames)
}

function because(text: string): string {
  return text === '' ? '' : `: ${text}`
}

function who(entry: { readonly pid: number | null; readonly port: number | null }, path?: string): string {
  const at = `process ${entry.pid ?? 'unknown'}${path ?? ''}`
  return `port ${entry.port ?? 'none'} (${at})`
}
