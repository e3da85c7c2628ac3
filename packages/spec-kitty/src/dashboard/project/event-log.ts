import { objectOf, parseJson } from 'familiar/cli'
import type { FlowDay } from '../api.js'
import { oneNameEach } from './package-ids.js'
import { conflictText, MAX_CONFLICTS, openConflicts, type IdConflict } from './id-conflicts.js'
import { isLane } from './lane-columns.js'
import { futureCheck } from './timestamps.js'
import { collectFutureLines, type FutureLine } from './future-lines.js'
import { knownEvents } from './known-events.js'
import { historyOf, inOrder, type LaneHistory, type LaneMove } from './lane-history.js'
import { daysOf } from './mission-flow.js'
import { readDecisions, type AskedDecision } from './decisions.js'
import type { CreatedPackage } from './created-packages.js'
import { isBrokenAnnotation } from './line-head.js'
import { eventOf, type AnnotationEvent, type Event, type LaneEvent } from './log-line.js'
import type { LineReader } from './line-reader.js'
import { addGap, addMove, noGaps, openGaps, packageNamedIn, type FileGaps, type LogGap } from './log-gaps.js'
import { countOwnEvents, type OwnEvents } from './own-events.js'
import { readFacts, type FactsReader, type RuntimeFacts } from './runtime-facts.js'

/** The last lane change of a work package, and a summary of all of them. */
export interface LaneState {
  readonly lane: string
  /** The time of the change, as `instantOf` returns it. */
  readonly at: string
  /** The worktree whose copy of the log contains the event; null if the main checkout contains it. */
  readonly worktree: string | null
  /** The number of the line in that copy, if this version does not know the lane; otherwise null. */
  readonly line: number | null
  readonly history: LaneHistory
}

/** A summary of one copy of a mission's log. */
export interface LogFile {
  /** The worktree of the copy; null for the main checkout. */
  readonly worktree: string | null
  /** How many events are in this copy, but not in that of the main checkout. */
  readonly added: number
  readonly problems: readonly string[]
  /** The lines whose times were in the future when they were read, as far as they are kept. */
  readonly future: readonly FutureLine[]
  readonly is_unread: boolean
  /** The parts of the copy that were not read, because of which the lanes of packages are unknown. */
  readonly gaps: readonly LogGap[]
  /** True if the last line has no newline and is not JSON: it is still being written, or its writer stopped in the middle. */
  readonly is_unfinished: boolean
}

/** The events of all copies of a mission's log, combined. */
export interface Log {
  readonly lanes: ReadonlyMap<string, LaneState>
  readonly facts: ReadonlyMap<string, RuntimeFacts>
  /** What the log says about packages at their creation. If the prompt of a package is gone, nothing else is known about it. */
  readonly created: ReadonlyMap<string, CreatedPackage>
  /** The decisions that were asked for but not taken, withdrawn or deferred, the oldest first. */
  readonly decisions: readonly AskedDecision[]
  /** The number of packages in each column at the end of each day on which a lane changed. */
  readonly days: readonly FlowDay[]
  /** The time of the newest event of any kind that is not in the future, as `instantOf` returns it; null without one. */
  readonly newest: string | null
  readonly files: readonly LogFile[]
}

export const NO_LOG: Log = {
  lanes: new Map(),
  facts: new Map(),
  created: new Map(),
  decisions: [],
  days: [],
  newest: null,
  files: [],
}

export interface LogReader {
  /** Begins a copy of the log. An event that an earlier copy contained is not counted again. */
  file(worktree: string | null): LineReader
  result(): Log
}

/** The maximum length of a line that is read. Real lines have up to 625 kB. */
export const MAX_LINE_BYTES = 8 * 1024 * 1024

/** The problem with a last line that is not JSON and has no newline. */
export const CUT_OFF = 'its last line is cut off'

const MAX_NAMED_LINES = 10

const MAX_PACKAGES = 2000

/**
 * The maximum number of lane changes that are kept for a package; beyond it, the oldest are dropped. Real packages have a
 * dozen.
 */
const MAX_MOVES = 5000

/** What an event is for the log, and what is wrong with it. */
interface Taken {
  readonly standing: 'new' | 'same' | 'other'
  readonly problems: readonly string[]
  /** The package whose lane the event changes, and the package whose lane it would change if it counted. */
  readonly moved: string | null
  readonly lost: string | null
  /** The lane change, if it does not count because of its id. */
  readonly conflict: Omit<IdConflict, 'what'> | null
}

/** Returns a reader for all copies of one log. */
export function readLog(): LogReader {
  const known = knownEvents()
  const own = countOwnEvents()
  const moves = new Map<string, LaneMove[]>()
  const facts = new Map<string, FactsReader>()
  const created = new Map<string, CreatedPackage>()
  const decisions = readDecisions()
  const files: (() => Omit<LogFile, 'gaps'>)[] = []
  const allGaps: FileGaps[] = []
  const isFuture = futureCheck()
  /** The lines of the events that move a package into an unknown lane. */
  const unknown = new Map<string, number>()
  let newest: string | null = null

  const names = oneNameEach()
  const named = (event: Event): Event => {
    if (event.kind === 'other') {
      const { created: made } = event
      return made === null ? event : { ...event, created: { ...made, id: names(made.id) } }
    }
    const wp = names(event.wp)
    return wp === event.wp ? event : { ...event, wp }
  }
  const factsOf = (wp: string): FactsReader | null => {
    const reader = facts.get(wp) ?? readFacts()
    if (!facts.has(wp) && facts.size >= MAX_PACKAGES) return null
    facts.set(wp, reader)
    return reader
  }
  const takeLane = ({ wp, move, claim, verdict }: LaneEvent): readonly string[] => {
    const all = moves.get(wp) ?? []
    if (all.length === 0 && moves.size >= MAX_PACKAGES) return ['names one work package too many']
    all.push(move)
    moves.set(wp, all.length > 2 * MAX_MOVES ? inOrder(all).slice(-MAX_MOVES) : all)
    const problems = claim === null ? [] : (factsOf(wp)?.claim(claim) ?? [])
    if (verdict !== null) factsOf(wp)?.take(verdict)
    return problems
  }
  const takeAnnotation = ({ wp, annotation }: AnnotationEvent): readonly string[] =>
    factsOf(wp)?.take(annotation) ?? ['names one work package too many']
  const take = (written: Event): Taken => {
    const event = named(written)
    const standing = event.id === null ? 'new' : known.take(event.id, event)
    const wp = event.kind === 'lane' ? event.wp : null
    const isOther = standing === 'other' && event.id !== null
    const problems = standing === 'new' ? count(event) : isOther ? [conflictText(event.id)] : []
    const isMoved = wp !== null && !isOther && moves.has(wp)
    const counted = isOther ? known.movedBy(event.id) : null
    return {
      standing,
      problems,
      moved: isMoved ? wp : null,
      lost: isMoved ? null : wp,
      conflict: isOther && event.kind === 'lane' ? { wp: event.wp, move: event.move, counted } : null,
    }
  }
  const count = (event: Event): readonly string[] => {
    if (event.at !== null && (newest === null || event.at > newest) && !isFuture(event.at)) newest = event.at
    if (event.kind === 'other') {
      if (event.created !== null && created.size < MAX_PACKAGES) created.set(event.created.id, event.created)
      if (event.decision !== null) decisions.take(event.decision)
      return []
    }
    return event.kind === 'lane' ? takeLane(event) : takeAnnotation(event)
  }

  return {
    file(worktree) {
      const gaps = noGaps()
      const counter = own(files.length, worktree === null)
      const { reader, result } = readFile(worktree, gaps, names, take, counter, unknown)
      files.push(result)
      allGaps.push(gaps)
      return reader
    },
    result: () => {
      const gaps = openGaps(allGaps)
      const sorted = new Map([...moves].map(([wp, own]) => [wp, inOrder(own)]))
      const lanes = new Map([...sorted].map(([wp, own]) => [wp, stateOf(own, unknown)]))
      return {
        lanes,
        facts: new Map([...facts].map(([wp, reader]) => [wp, reader.result()])),
        created,
        decisions: decisions.open(),
        days: daysOf(sorted.values()),
        newest,
        files: files.map((result, at) => ({
          ...result(),
          gaps: [...(gaps[at] ?? []), ...openConflicts(allGaps[at]?.conflicts ?? [], moves)],
        })),
      }
    },
  }
}

function readFile(
  worktree: string | null,
  gaps: FileGaps,
  nameOf: (wp: string) => string,
  take: (event: Event) => Taken,
  own: OwnEvents,
  unknown: Map<string, number>,
): { readonly reader: LineReader; readonly result: () => Omit<LogFile, 'gaps'> } {
  const whole: string[] = []
  const broken: string[] = []
  let [number, more, added, isUnfinished] = [0, 0, 0, false]
  let isUnread = false
  const future = collectFutureLines()

  const complain = (what: string): void => {
    if (broken.length < MAX_NAMED_LINES) broken.push(`line ${number} ${what}`)
    else more += 1
  }
  const lose = (wp: string | null, what: string): void =>
    addGap(gaps, wp === null ? null : nameOf(wp), { line: number, what })
  const read = (text: string): void => {
    const event = eventOf(text, worktree)
    if (event.kind === 'broken') {
      complain(event.what)
      if (event.wp !== undefined) lose(event.wp, `line ${number} ${event.what}`)
      return
    }
    future.take({ line: number, at: event.at, wp: event.kind === 'lane' ? nameOf(event.wp) : null })
    const { standing, problems, moved, lost, conflict } = take(event)
    if (event.id !== null && standing !== 'other')
      added += own.line({ id: event.id, line: number, isNew: standing === 'new' })
    for (const what of problems) complain(what)
    if (
      standing === 'new' &&
      event.kind === 'lane' &&
      !isLane(event.move.lane) &&
      unknown.size < MAX_PACKAGES
    )
      unknown.set(event.id, number)
    if (moved !== null) addMove(gaps, moved, number)
    const what = `line ${number} ${problems[0] ?? 'does not count'}`
    if (conflict !== null && gaps.conflicts.length < MAX_CONFLICTS) gaps.conflicts.push({ ...conflict, what })
    else if (lost !== null) lose(lost, what)
  }
  const reader: LineReader = {
    skip(lines) {
      number += lines
      gaps.skipped = lines
      added += own.skip(lines)
    },
    line(text) {
      number += 1
      if (text.trim() !== '') read(text)
    },
    longLine({ wp, is_annotation }) {
      number += 1
      const about = wp === null ? 'what it is about is not known' : `it is about ${wp}`
      const what = `is longer than ${MAX_LINE_BYTES / 1024 / 1024} MiB and was not read: ${about}`
      complain(what)
      if (!is_annotation) lose(wp, `line ${number} ${what}`)
    },
    rest(text) {
      number += 1
      if (text.trim() === '') return
      if (objectOf(parseJson(text)) !== null) return read(text)
      isUnfinished = true
      if (isBrokenAnnotation([text])) return
      const wp = packageNamedIn([text])
      gaps.end = { line: number, what: CUT_OFF, wp: wp === null ? null : nameOf(wp) }
    },
    cut(what) {
      lose(null, what)
      whole.push(what)
    },
    unread(what) {
      isUnread = true
      whole.push(what)
    },
  }
  const result = (): Omit<LogFile, 'gaps'> => {
    const rest = more === 0 ? [] : [`${more} more of its lines are broken`]
    const problems = [...whole, ...broken, ...rest]
    return {
      worktree,
      added,
      problems,
      future: future.lines(),
      is_unread: isUnread,
      is_unfinished: isUnfinished,
    }
  }
  return { reader, result }
}

function stateOf(moves: readonly LaneMove[], unknown: ReadonlyMap<string, number>): LaneState {
  const { id = '', lane = '', at = '', worktree = null } = moves.at(-1) ?? {}
  return { lane, at, worktree, line: unknown.get(id) ?? null, history: historyOf(moves) }
}
