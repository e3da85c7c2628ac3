import { hash } from 'node:crypto'
import { objectOf, parseJson } from 'familiar/cli'
import type { Annotation } from './runtime-facts.js'
import type { LaneMove } from './lane-history.js'

/**
 * What two lines about one event must have in common, except for the worktree. The history keeps `move` anyway, so it
 * costs no memory here.
 */
interface Content {
  readonly at: string | null
  readonly wp: string | null
  readonly move: LaneMove | null
  /** The delta of an annotation as JSON; if it is long, the hash of it with its keys sorted. */
  readonly said: string
}

/** An event of any kind, reduced to what is needed to decide whether another line is the same event. */
export interface Known {
  readonly at: string | null
  readonly wp?: string
  readonly move?: LaneMove
  readonly annotation?: Annotation
}

/** Longer deltas are hashed. Real ones have some hundred characters. */
const MAX_SAID_CHARS = 500

/** Remembers events by their ids. Copies of a log repeat events, while a different event with a known id is a mistake. */
export function knownEvents() {
  const contents = new Map<string, Content>()
  return {
    /** Returns whether the event with this id is new, the same as before, or a different one. */
    take(id: string, event: Known): 'new' | 'same' | 'other' {
      const before = contents.get(id)
      const content = contentOf(event)
      if (before === undefined) contents.set(id, content)
      return before === undefined ? 'new' : isSame(before, content) ? 'same' : 'other'
    },
    /** Returns the package that the first event with this id moves; null if it moves none. */
    movedBy(id: string): string | null {
      const { move, wp } = contents.get(id) ?? {}
      return move == null ? null : (wp ?? null)
    },
  }
}

function contentOf({ at, wp, move, annotation }: Known): Content {
  const said = annotation === undefined ? '' : JSON.stringify(annotation.delta)
  return {
    at,
    wp: wp ?? null,
    move: move ?? null,
    said: said.length > MAX_SAID_CHARS ? hash('sha1', inOrder(annotation?.delta)) : said,
  }
}

function inOrder(value: unknown): string {
  return JSON.stringify(value, inOneOrder)
}

/** Sorts the keys of objects, because another tool may have written the copy with its keys in another order. */
function inOneOrder(_: string, value: unknown): unknown {
  const object = objectOf(value)
  return object === null
    ? value
    : Object.fromEntries(Object.entries(object).toSorted(([one], [other]) => (one < other ? -1 : 1)))
}

/** Another version of the tool may have written the copy of an event with less about its actor. */
const IGNORED: ReadonlySet<keyof LaneMove> = new Set(['worktree', 'actor'])

function isSame(one: Content, other: Content): boolean {
  if (one.at !== other.at || one.wp !== other.wp || !isSaidBy(one, other)) return false
  if (one.move === null || other.move === null) return one.move === other.move
  const [first, second] = [one.move, other.move]
  const names = Object.keys(first) as (keyof LaneMove)[]
  return names.every((name) => IGNORED.has(name) || first[name] === second[name])
}

/** Most copies have the keys in the same order, so they are sorted only if the texts differ. */
function isSaidBy({ said: one }: Content, { said: other }: Content): boolean {
  if (one === other) return true
  return (
    one.length === other.length &&
    one.startsWith('{') &&
    inOrder(parseJson(one)) === inOrder(parseJson(other))
  )
}
