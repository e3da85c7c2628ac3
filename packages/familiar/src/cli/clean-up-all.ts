import type { CleanUpReport } from '../act/clean-up.js'
import type { Daemon } from '../define/define-daemon.js'
import { lookCommandOf } from '../define/hints.js'
import { identityRecord, type Tool } from '../doctor/identity-record.js'
import { decisionsIn, withRemedy, type DoctorRecord } from '../doctor/choose-remedy.js'
import { resetResult, type ResetResult } from '../doctor/reset-result.js'
import { rowsOf } from '../doctor/doctor-records.js'
import type { Obstacle } from '../doctor/remedy.js'
import type { Candidate, Scan } from '../observe/scan.js'
import { isSpared } from '../observe/spared.js'
import { EXIT } from './exit-codes.js'
import { paint, type Io } from './io.js'
import { printJson } from './print-json.js'
import { keysOf, namesOf } from './candidate-lines.js'
import { untouchedText } from './reason-text.js'
import { renderNext } from './render-next.js'
import { isInUse, renderDecisions } from './render-decisions.js'
import { obstructedError } from './obstructed.js'
import { countOthers, leftAfter } from './render-others.js'
import { renderEnded } from './render-reset.js'
import { showingCleanUp } from './clean-up-progress.js'
import { assertListener } from './assert-listener.js'
import { toolOf } from './describe-candidate.js'
import { wrapWords } from './text-width.js'

/** The messages in which the tool reports what was found and done. */
export interface CleanUpWords {
  /**
   * `count`: how many processes would be ended. `others`: what is known about further ones that nothing is known to use,
   * such as `1 needs a decision`; empty if there are none.
   */
  readonly found: (count: number, others: string) => string
  readonly killed: (count: number) => string
  readonly tidied: (count: number) => string
}

export interface CleanUpAllOptions extends Pick<Tool, 'record'> {
  readonly port: number | null
  readonly force: boolean
  readonly dryRun: boolean
  readonly json: boolean
  readonly words: CleanUpWords
  /**
   * What keeps the clean-up from working; null if nothing does. With one, nothing is asked, and nothing is ended: if there
   * is something to end, `E_LOCK_UNAVAILABLE` is thrown, except in a dry run.
   */
  readonly obstacle?: Obstacle | null
  /** Asks the user whether to end the processes that were shown. Called only if there are any. */
  readonly ask: (asked: CleanUpQuestion) => Promise<boolean>
}

/** What a clean-up asks about. */
export interface CleanUpQuestion {
  /** How many processes would be ended. */
  readonly count: number
  /** Whether those are all that nothing is known to use. */
  readonly isAll: boolean
}

type Report = CleanUpReport & { readonly tidied: number }

/**
 * Ends the orphans of every scope: lists the processes that it would end, asks, and reports how many processes and stale
 * records it cleaned up. Live daemons of other scopes are left alone, even with `force`. Returns the exit code.
 */
export async function cleanUpAll(daemon: Daemon, options: CleanUpAllOptions, io: Io): Promise<number> {
  const { obstacle = null } = options
  const tool = { ...toolOf(daemon, options.record), now: { obstacle, busy: null } }
  if (!options.dryRun) io.mayEnd?.(lookCommandOf(tool.words))
  const seen = await daemon.scan({ forCleanUp: true })
  if (options.port !== null) assertListener(seen, options.port)
  const toEnd = orphansIn(options, seen)
  const found = { seen, toEnd, tool, others: othersIn({ seen, toEnd, tool }) }
  if (!options.json) await show(describeScan(daemon, options, found, io), io)
  const asked = { count: toEnd.length, isAll: found.others.length === 0 }
  if (toEnd.length > 0) {
    // The user is not asked here, so nothing is ended, even if the obstacle turns out to be none.
    if (obstacle !== null && !options.dryRun) throw obstructedError(obstacle, tool.words.explain)
    if (obstacle === null && !(await options.ask(asked))) {
      io.out(`${['nothing was ended', ...leftAfter(onPort(options, found.others), tool, io)].join('\n')}\n`)
      return EXIT.ok
    }
  }
  const report = await showingCleanUp(io, (watch) =>
    daemon.cleanUp({
      force: options.force,
      seen,
      ...(options.port === null ? {} : { port: options.port }),
      dryRun: options.dryRun || obstacle !== null,
      told: keysOf(toEnd),
      ...watch,
    }),
  )
  const result = resetResult(report, tool.self, options.dryRun)
  if (options.json) printReport(result, report, tool, io)
  else if (toEnd.length > 0)
    io.out(`${describeResult(options, result, report, { tool, toEnd, io }).join('\n')}\n`)
  return result.failed.length > 0 ? EXIT.problem : EXIT.ok
}

/**
 * The question is printed on stderr. If stdout is not the terminal, the list of processes must go to stderr too, so that
 * the user sees it before answering.
 */
async function show(lines: readonly string[], io: Io): Promise<void> {
  const text = `${lines.join('\n')}\n`
  io.out(text)
  if (io.isInteractive && !io.isTerminal) io.err(text)
  await io.flushed()
}

/** Returns the processes that the clean-up would end if the user agrees. */
function orphansIn({ force, port }: CleanUpAllOptions, seen: Scan): readonly Candidate[] {
  return seen.candidates.filter((candidate) => {
    const { verdict, observation } = candidate
    const isEnded =
      verdict.class === 'safe_auto' ||
      (force && verdict.class === 'operator_required' && !isSpared(candidate, seen))
    return isEnded && candidate.proof !== null && (port === null || port === observation.port)
  })
}

interface Found {
  readonly seen: Scan
  readonly toEnd: readonly Candidate[]
  readonly tool: Tool
  /** The other processes of this tool that nothing is known to use. */
  readonly others: readonly DoctorRecord[]
}

function othersIn({ seen, toEnd, tool }: Omit<Found, 'others'>): readonly DoctorRecord[] {
  return recordsOf(
    seen.candidates.filter((candidate) => !toEnd.includes(candidate)),
    seen,
    tool,
  ).filter((record) => record.cleanup_class !== 'never_touch' && !isInUse(record))
}

/** Returns those that listen on the port that the user named; all if the user named none. */
function onPort<T extends Pick<DoctorRecord, 'port'>>(
  { port }: Pick<CleanUpAllOptions, 'port'>,
  rows: readonly T[],
): readonly T[] {
  return port === null ? rows : rows.filter((row) => row.port === port)
}

/**
 * If a question or a result follows, the processes that are left come after that. So the list before the question has
 * only those that it is about.
 */
function describeScan(
  daemon: Daemon,
  { words, dryRun, port }: CleanUpAllOptions,
  { seen, toEnd, tool, others }: Found,
  io: Io,
): readonly string[] {
  const left = seen.candidates.filter(
    (candidate) => !toEnd.includes(candidate) && (port === null || candidate.observation.port === port),
  )
  // As in the last line of a dry run, a decision is counted although an obstacle keeps it from being carried out.
  const free = { ...tool, now: { obstacle: null, busy: null } }
  const head = words.found(toEnd.length, countOthers(othersIn({ seen, toEnd, tool: free }), tool))
  const used = recordsOf(left, seen, tool).filter(isInUse)
  const isLast = toEnd.length === 0 || dryRun
  const shown = isLast ? onPort({ port }, others) : []
  const decisions = renderDecisions({ orphans: [...shown, ...used] }, io, tool.words)
  return [
    toEnd.length + others.length === 0 ? paint(io, 'green', head) : head,
    ...namesOf(daemon, toEnd, seen, io).map((line) => `  ${line}`),
    ...leftLines(left, tool, io),
    ...(decisions.length === 0 ? [] : ['', ...decisions]),
  ]
}

/** Returns one line for each reason why processes are left alone. */
function leftLines(left: readonly Candidate[], { words }: Tool, io: Io): readonly string[] {
  const ports = new Map<string, number[]>()
  for (const { verdict, observation } of left) {
    if (verdict.class !== 'never_touch') continue
    const reason = untouchedText(verdict.reason ?? verdict.class, observation, words.scope, words.reasonNames)
    ports.set(reason, [...(ports.get(reason) ?? []), observation.port ?? 0])
  }
  return [...ports].flatMap(([reason, all]) =>
    wrapWords(
      `left alone: ${all.length === 1 ? 'port' : 'ports'} ${all.toSorted((a, b) => a - b).join(' ')}: ${reason}`,
      io.columns,
    ).map((line) => paint(io, 'dim', line)),
  )
}

function recordsOf(candidates: readonly Candidate[], seen: Scan, tool: Tool): readonly DoctorRecord[] {
  return candidates.map((candidate) =>
    withRemedy(identityRecord(candidate, seen, tool), candidate, seen, tool),
  )
}

function describeResult(
  options: CleanUpAllOptions,
  result: ResetResult,
  report: Report,
  { tool, toEnd, io }: Pick<Found, 'tool' | 'toEnd'> & { readonly io: Io },
): readonly string[] {
  const { words, dryRun } = options
  const { tidied } = report
  if (dryRun) {
    const { force: isForced, port } = options
    const plan = {
      clean: tool.words.clean,
      isForced,
      port,
      ended: result.would_sweep.length,
      open: openIn(options, report, tool),
      obstacle: options.obstacle ?? null,
    }
    // The list above has what would be ended; it is known already of these that they would not be signalled.
    const vain = renderEnded({ ...result, would_sweep: [] }, io, tool.words)
    return [...vain, 'dry run: nothing was ended', ...renderNext(plan, io)]
  }
  const { swept, failed } = result
  const left = onPort(options, [...rowsOf(report.after, tool, report).values()]).filter(
    (row) => row.cleanup_class !== 'never_touch' && !isInUse(row),
  )
  return [
    ...renderEnded(result, io, { ...tool.words, isForced: options.force }),
    // One that was gone before it was told to end was not killed.
    words.killed(swept.filter(({ cleanup_path }) => cleanup_path !== 'already_gone').length),
    ...(tidied === 0 ? [] : [words.tidied(tidied)]),
    ...changedLines(toEnd, options, report, io),
    ...(failed.length === 0 ? [] : [`failed: ${failed.length}`]),
    ...leftAfter(left, tool, io),
  ]
}

/** Returns how many of the processes that are left need a decision. */
function openIn({ force, port }: CleanUpAllOptions, { seen }: Report, tool: Tool): number {
  if (force) return 0
  const { all } = decisionsIn(seen, tool)
  return all.filter(({ observation }) => port === null || observation.port === port).length
}

/**
 * Returns one line about the processes that started or turned out to be in use between the question and the answer; an
 * empty list if there are none. Those that ended have lines of their own.
 */
function changedLines(
  shown: readonly Candidate[],
  options: CleanUpAllOptions,
  { seen, entries }: Report,
  io: Io,
): readonly string[] {
  const [told, now] = [keysOf(shown), keysOf(seen.candidates)]
  const done = keysOf(
    entries.flatMap(({ candidate, result }) => (result.outcome === 'skipped' ? [] : [candidate])),
  )
  const left = [...told].filter((key) => now.has(key) && !done.has(key)).length
  const more = [...keysOf(orphansIn(options, seen))].filter((key) => !told.has(key)).length
  const parts = [
    ...(left > 0 ? [`${left} may be in use now and ${left === 1 ? 'was' : 'were'} left`] : []),
    ...(more > 0 ? [`${more} more ${more === 1 ? 'was' : 'were'} found and left: run it again`] : []),
  ]
  return parts.length === 0 ? [] : wrapWords(`meanwhile: ${parts.join('; ')}`, io.columns)
}

function printReport(result: ResetResult, report: Report, tool: Tool, io: Io): void {
  const candidates = [...rowsOf(report.after, tool, report).values()]
  printJson({ ...result, records_cleaned: report.tidied, candidates }, io)
}
