import { objectOf, parseJson } from 'familiar/cli'
import { isConflictMarker } from './merge-conflict.js'
import { isBrokenAnnotation } from './line-head.js'
import { packageNamedIn } from './log-gaps.js'
import { readMove } from './read-lane-move.js'
import type { LaneMove } from './lane-history.js'
import { otherOf, type OtherEvent } from './other-events.js'
import type { Annotation } from './runtime-facts.js'
import { instantOf } from './timestamps.js'

const MAX_ID_CHARS = 200

/** Matches ASCII in UTF-16. A file may also have zeros because the machine failed while it was written. */
const UTF16 = /[ -~]\0[ -~]\0/

/**
 * The maximum depth. Real lines are five levels deep. `JSON.parse` accepts any depth, but code that walks through its
 * result may not.
 */
const MAX_DEPTH = 64

export interface LaneEvent {
  readonly kind: 'lane'
  readonly id: string
  readonly at: string
  readonly wp: string
  readonly move: LaneMove
  /** Who claimed the package with this change, in the form of an annotation; null if no one did. */
  readonly claim: Annotation | null
  /** The result of its review, in the form of an annotation; null if the line contains none. */
  readonly verdict: Annotation | null
}

export interface AnnotationEvent {
  readonly kind: 'annotation'
  readonly id: string
  readonly at: string
  readonly wp: string
  readonly annotation: Annotation
}

export type Event = LaneEvent | AnnotationEvent | OtherEvent

/** A line without a valid event. */
export interface Broken {
  readonly kind: 'broken'
  readonly what: string
  /** The package whose lane the line may change; null if that is unknown, undefined if it certainly changes none. */
  readonly wp: string | null | undefined
}

/** Returns the event on a line of a worktree's log (null: the main checkout's), or what is wrong with the line. */
export function eventOf(line: string, worktree: string | null): Event | Broken {
  const value = objectOf(parseJson(line))
  if (value === null) {
    if (isConflictMarker(line)) return broken('is a marker of a merge conflict', null)
    const parts = [line]
    const what = UTF16.test(line)
      ? 'has NUL bytes, like UTF-16, and is not a JSON object'
      : 'is not a JSON object'
    return broken(what, isBrokenAnnotation(parts) ? undefined : packageNamedIn(parts))
  }
  const { event_id: id, at, to_lane: lane, kind } = value
  const wp = packageIn(value)
  const isAnnotation = kind === 'annotation'
  const about = isAnnotation || isOfAnotherKind(value) ? undefined : isName(wp) ? wp : null
  if (mayBeDeeper(line, MAX_DEPTH) && isDeeper(value, MAX_DEPTH))
    return broken(`is nested more than ${MAX_DEPTH} levels deep`, about)
  const instant = instantIn(at) ?? instantIn(value['timestamp'])
  if (isOfAnotherKind(value)) return otherOf(value, isName(id) ? id : null, instant)
  if (!isName(wp)) return broken('has a wp_id that is not a name', about)
  if (!isAnnotation && !isName(lane)) return broken('has a to_lane that is not a name', about)
  if (!isName(id)) return broken('has no event_id', about)
  if (instant === null) return broken('does not say when', about)
  if (isName(lane) && !isAnnotation) {
    const { move, claim, verdict } = readMove(value, { id, at: instant, worktree }, lane)
    return { kind: 'lane', id, at: instant, wp, move, claim, verdict }
  }
  const delta = objectOf(value['delta'])
  if (delta === null) return broken('is an annotation without a delta', about)
  return {
    kind: 'annotation',
    id,
    at: instant,
    wp,
    annotation: { event_id: id, at: instant, actor: value['actor'], delta },
  }
}

function broken(what: string, wp: string | null | undefined): Broken {
  return { kind: 'broken', what, wp }
}

/** Returns the package that a line is about, without blanks around it. The first versions of the tool wrote `work_package_id`. */
function packageIn({ wp_id: wp, work_package_id: older }: Readonly<Record<string, unknown>>): unknown {
  const name = wp === undefined ? older : wp
  return typeof name === 'string' ? name.trim() : name
}

/** Only a lane change has both a package and a lane. If one of the two is null, it is a broken lane change. */
function isOfAnotherKind(value: Readonly<Record<string, unknown>>): boolean {
  const { kind, to_lane: lane } = value
  const wp = packageIn(value)
  if (kind === 'annotation' || (wp != null && lane != null)) return false
  const isHalf = (wp != null || lane != null) && wp !== undefined && 'to_lane' in value
  return !isHalf || typeof value['event_type'] === 'string'
}

function instantIn(value: unknown): string | null {
  return typeof value === 'string' ? instantOf(value) : null
}

function isName(value: unknown): value is string {
  return typeof value === 'string' && value.trim() !== '' && value.length <= MAX_ID_CHARS
}

/**
 * Returns whether a text has more than this number of opening brackets. Otherwise its value cannot be nested more deeply
 * than that.
 */
function mayBeDeeper(line: string, levels: number): boolean {
  let left = levels
  for (const bracket of ['{', '[']) {
    for (let at = line.indexOf(bracket); at >= 0; at = line.indexOf(bracket, at + 1)) {
      if (left === 0) return true
      left -= 1
    }
  }
  return false
}

/** Returns whether a value is nested more deeply than this number of arrays and objects. Does not descend any deeper itself. */
function isDeeper(value: unknown, levels: number): boolean {
  if (typeof value !== 'object' || value === null) return false
  return levels === 0 || Object.values(value).some((one) => isDeeper(one, levels - 1))
}
