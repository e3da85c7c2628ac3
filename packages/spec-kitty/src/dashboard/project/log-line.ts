import { objectOf, parseJson } from 'familiar/cli'
import { createdIn, readMove, type CreatedPackage } from './lane-moves.js'
import type { LaneMove } from './lane-history.js'
import type { Annotation } from './runtime-facts.js'
import { instantOf } from './timestamps.js'

const MAX_ID_CHARS = 200

/** Real lines are five levels deep. `JSON.parse` takes any depth, and what walks through its result may not. */
const MAX_DEPTH = 64

export interface LaneEvent {
  readonly kind: 'lane'
  readonly id: string
  readonly at: string
  readonly wp: string
  readonly move: Omit<LaneMove, 'worktree'>
  /** Who claimed the package with it, as an annotation would say it; null if no one did. */
  readonly claim: Annotation | null
  /** What its review said; null if it says nothing of one. */
  readonly verdict: Annotation | null
}

export interface AnnotationEvent {
  readonly kind: 'annotation'
  readonly id: string
  readonly at: string
  readonly wp: string
  readonly annotation: Annotation
}

/** An event that moves no package: it shows when something happened, and maybe what a package is called. */
interface OtherEvent {
  readonly kind: 'other'
  readonly id: string | null
  readonly at: string | null
  readonly created: (CreatedPackage & { readonly id: string }) | null
}

export type Event = LaneEvent | AnnotationEvent | OtherEvent

/** Returns the event on a line, or text that says what is wrong with the line. */
export function eventOf(line: string): Event | string {
  const value = objectOf(parseJson(line))
  if (value === null) return 'is not a JSON object'
  if (isDeeper(value, MAX_DEPTH)) return `is nested more than ${MAX_DEPTH} levels deep`
  const { event_id: id, at, wp_id: wp, to_lane: lane, kind } = value
  const isAnnotation = kind === 'annotation'
  const instant = instantIn(at) ?? instantIn(value['timestamp'])
  if (!isAnnotation && (wp == null || lane == null))
    return { kind: 'other', id: isName(id) ? id : null, at: instant, created: createdIn(value) }
  if (!isName(wp)) return 'has a wp_id that is not a name'
  if (!isAnnotation && !isName(lane)) return 'has a to_lane that is not a name'
  if (!isName(id)) return 'has no event_id'
  if (instant === null) return 'does not say when'
  const event = { id, at: instant, wp }
  if (isName(lane) && !isAnnotation) return { kind: 'lane', ...event, ...readMove(value, event, lane) }
  const delta = objectOf(value['delta'])
  if (delta === null) return 'is an annotation without a delta'
  return {
    kind: 'annotation',
    ...event,
    annotation: { event_id: id, at: instant, actor: value['actor'], delta },
  }
}

function instantIn(value: unknown): string | null {
  return typeof value === 'string' ? instantOf(value) : null
}

function isName(value: unknown): value is string {
  return typeof value === 'string' && value.trim() !== '' && value.length <= MAX_ID_CHARS
}

/** Returns whether a value holds more than so many arrays and objects in one another. It goes no deeper itself. */
function isDeeper(value: unknown, levels: number): boolean {
  if (typeof value !== 'object' || value === null) return false
  return levels === 0 || Object.values(value).some((one) => isDeeper(one, levels - 1))
}
