import type { LaneChange } from '../api.js'
import { toMilliseconds } from './timestamps.js'
import { isAgent } from './facts-of-agent.js'
import { columnOf } from './lane-columns.js'

/** One event that moved a package into a lane. */
export interface LaneMove {
  readonly id: string
  /** The time, as `instantOf` returns it. */
  readonly at: string
  /** The previous lane that the event names; null if it names none. */
  readonly from: string | null
  readonly lane: string
  readonly by: string | null
  /** The same actor with its model, profile and role, if the event names them: `badger:large-1:reviewer-x:reviewer`. */
  readonly actor: string | null
  readonly reason: string | null
  readonly verdict: string | null
  readonly is_forced: boolean
  /** What the event refers to: the text of a review, or the mark that a reviewer has begun. */
  readonly review_ref: string | null
  /** The worktree whose copy of the log contains the event; null if the main checkout contains it. */
  readonly worktree: string | null
}

/** What a lane change says about a review. */
type Reviewed = Pick<LaneMove, 'from' | 'lane' | 'review_ref' | 'reason'>

/** Who made a lane change, and when. */
export type Acted = Pick<LaneMove, 'id' | 'at' | 'by' | 'actor'>

/** A summary of the lane changes of one package. Times are as `instantOf` returns them. */
export interface LaneHistory {
  /** The last changes, oldest first. */
  readonly changes: readonly LaneChange[]
  readonly omitted: number
  readonly sent_back: number
  /** When the package entered its present lane. */
  readonly since: string
  /** When the package first entered Doing; null if it never did. */
  readonly started: string | null
  /** Since when the package has been approved or done; null if it is neither. */
  readonly finished: string | null
  /**
   * When reviews began or sent the package back, oldest first. After that, usually another agent continues, or the same
   * one in another role.
   */
  readonly turns: readonly string[]
  /** The change with which the current work, or the current review, began. */
  readonly begun: Beginning
  /** The last change with which an agent took up the work; null if none did. */
  readonly claim: Acted | null
}

/**
 * The beginning of the current work. Information about processes from before it says nothing about who works on the
 * package now.
 */
export interface Beginning extends Acted {
  readonly is_review: boolean
  readonly is_sent_back: boolean
}

const MAX_CHANGES = 200

const IN_REVIEW: ReadonlySet<string> = new Set(['for_review', 'in_review'])
const BEFORE_REVIEW: ReadonlySet<string> = new Set(['planned', 'claimed', 'in_progress'])

/** The other lanes from which a review sends a package back, if the change refers to its text. */
const REVIEWED_FROM: ReadonlySet<string> = new Set(['approved', 'in_progress'])

/** Matches the text that the tool writes when a reviewer begins. */
const REVIEW_CLAIM = /^(?:action|workflow)-review-claim$/

/**
 * Matches the reason of a change with which the first versions that had a log caught up with the front matter. In these
 * versions a reviewer, and an agent who took up the work, began in the front matter only.
 */
const CATCH_UP = /^sync from frontmatter lane /

/** The longest time between two changes of one command. In real logs it is a tenth of a second. */
const ONE_COMMAND_MS = 10_000

/** The lanes of one agent's work. A package that was blocked is usually continued by the agent who had it. */
const OF_WORK: ReadonlySet<string> = new Set(['claimed', 'in_progress', 'blocked'])

const FINISHED: ReadonlySet<string> = new Set(['approved', 'done'])

/** Returns the lane changes in the order of the log: sorted by time and, if the times are equal, by the event's id. */
export function inOrder(moves: readonly LaneMove[]): readonly LaneMove[] {
  const isInOrder = moves.every((move, at) => at === 0 || isLater(move, moves[at - 1] ?? move))
  return isInOrder ? moves : moves.toSorted((one, other) => (isLater(one, other) ? 1 : -1))
}

/** Returns whether an event is ordered after another one. */
export function isLater(
  one: { readonly at: string; readonly id: string },
  other: { readonly at: string; readonly id: string },
): boolean {
  return one.at === other.at ? one.id > other.id : one.at > other.at
}

/** Returns the summary of the lane changes of one package. There must be at least one, and they must be in order. */
export function historyOf(moves: readonly LaneMove[]): LaneHistory {
  const told: ToldMove[] = []
  for (const [at, move] of moves.entries()) {
    const before = told.at(-1)
    const from = move.from ?? before?.move.lane ?? null
    const is_review_claim = isReviewClaim(move) && !isGivenBack(move, moves[at + 1], moves[at + 2])
    const is_sent_back = !is_review_claim && isSentBack(from, move, before)
    told.push({ move, from, is_review_claim, is_sent_back })
  }
  return {
    changes: told.slice(-MAX_CHANGES).map((move) => changeOf(move)),
    omitted: Math.max(0, moves.length - MAX_CHANGES),
    sent_back: told.filter(({ is_sent_back }) => is_sent_back).length,
    since: sinceIn(moves, (lane) => lane === moves.at(-1)?.lane) ?? '',
    started: moves.find(({ lane }) => columnOf(lane) === 'doing')?.at ?? null,
    finished: sinceIn(moves, (lane) => FINISHED.has(lane)),
    turns: told.filter((one) => one.is_sent_back || beginsReview(one)).map(({ move }) => move.at),
    begun: beginningOf(told),
    claim: told.findLast((one) => isClaim(one))?.move ?? null,
  }
}

/** A change, the previous lane if it is known, and whether a review began or sent the package back with this change. */
interface ToldMove {
  readonly move: LaneMove
  readonly from: string | null
  readonly is_review_claim: boolean
  readonly is_sent_back: boolean
}

/** Returns the last change that began something new instead of continuing earlier work. */
function beginningOf(moves: readonly ToldMove[]): Beginning {
  const last = moves.findLast((move, at) => !goesOn(move, moves[at - 1]))
  if (last === undefined)
    return { id: '', at: '', by: null, actor: null, is_review: false, is_sent_back: false }
  const { move, is_review_claim, is_sent_back } = last
  const { id, at, by, actor, lane } = move
  return { id, at, by, actor, is_review: lane === 'in_review' || is_review_claim, is_sent_back }
}

/**
 * Returns whether the same agent keeps the package after a change: from a claim into work, or within a review by the same
 * actor.
 */
function goesOn({ move, is_review_claim, is_sent_back }: ToldMove, told: ToldMove | undefined): boolean {
  const [{ lane, by }, before] = [move, told?.move]
  if (before === undefined || is_sent_back || is_review_claim) return false
  if (lane === 'in_review') return before.lane === lane && before.by === by
  return OF_WORK.has(lane) && OF_WORK.has(before.lane)
}

/**
 * Returns whether a review sent a package back with this change, which is not the beginning of a review. Up to version 3.1, a reviewer began by moving the
 * package to `in_progress`, which is not a verdict, and sent it back from there.
 */
function isSentBack(from: string | null, move: LaneMove, before: ToldMove | undefined): boolean {
  const { lane, review_ref } = move
  if (from === null || !BEFORE_REVIEW.has(lane)) return false
  if (IN_REVIEW.has(from)) return true
  if (lane === from) return false
  if (review_ref !== null && REVIEWED_FROM.has(from)) return true
  return before !== undefined && before.is_review_claim && before.move.lane === from
}

/** Returns whether an agent takes up the work with this change. A reviewer who sends the package back does not. */
function isClaim({ move, from, is_review_claim, is_sent_back }: ToldMove): boolean {
  const { lane, by } = move
  if (columnOf(lane) !== 'doing' || is_sent_back || is_review_claim || !isAgent(by)) return false
  return from === null || (!IN_REVIEW.has(from) && !FINISHED.has(from))
}

function beginsReview({ move, from, is_review_claim }: ToldMove): boolean {
  return (move.lane === 'in_review' && from !== 'in_review') || is_review_claim
}

/** Returns whether a review ends with this change, whatever its verdict. */
export function endsReview(move: Reviewed): boolean {
  const { from, lane, review_ref } = move
  if (from === 'in_review') return true
  if (!BEFORE_REVIEW.has(lane) || lane === from || isReviewClaim(move)) return false
  return from === 'for_review' || (from !== null && review_ref !== null && REVIEWED_FROM.has(from))
}

/** Returns whether a review had approved the package before this change, because merging it is not a review. */
export function isAfterReview({ from }: Pick<LaneMove, 'from'>): boolean {
  return from !== null && FINISHED.has(from)
}

/** Returns whether a reviewer begins, or had begun in the front matter, by moving the package to `in_progress`. */
function isReviewClaim({ from, lane, review_ref, reason }: Reviewed): boolean {
  if (review_ref !== null) return REVIEW_CLAIM.test(review_ref)
  return from === 'for_review' && lane === 'in_progress' && reason !== null && CATCH_UP.test(reason)
}

/**
 * Returns whether the command that let the log catch up gave the package to a review again: then it was not a reviewer who
 * had begun, but someone had taken the package back into work. The approval of a reviewer goes the same way, and the same
 * command goes on to it.
 */
function isGivenBack(move: LaneMove, next: LaneMove | undefined, last: LaneMove | undefined): boolean {
  if (move.review_ref !== null || next?.lane !== 'for_review') return false
  return last === undefined || !FINISHED.has(last.lane) || msBetween(move, last) > ONE_COMMAND_MS
}

function msBetween(one: LaneMove, other: LaneMove): number {
  return Date.parse(toMilliseconds(other.at)) - Date.parse(toMilliseconds(one.at))
}

function changeOf({ move, from, is_sent_back }: ToldMove): LaneChange {
  const { at, lane, by, reason, verdict, is_forced, worktree } = move
  return { at: toMilliseconds(at), from, to: lane, by, reason, verdict, is_forced, is_sent_back, worktree }
}

/** Returns since when the package has been without interruption in lanes that `isSuch` accepts; null if it is in none now. */
function sinceIn(moves: readonly LaneMove[], isSuch: (lane: string) => boolean): string | null {
  const before = moves.findLastIndex(({ lane }) => !isSuch(lane))
  return moves[before + 1]?.at ?? null
}
