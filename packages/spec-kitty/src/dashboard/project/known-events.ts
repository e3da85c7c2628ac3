import { hash } from 'node:crypto'
import { objectOf, parseJson } from 'familiar/cli'
import type { Annotation } from './runtime-facts.js'
import type { LaneMove } from './lane-history.js'

/**
 * What two lines of one event must have in common, but for the worktree. `move` is kept by the history anyway, so it costs no memory
 * here.
 */
interface Content {
  readonly at: string | null
  readonly wp: string | null
  readonly move: LaneMove | null
  /** The delta of an annotation as JSON; of a long one, the hash of it with its keys in order. */
  readonly said: string
}

/** An event of any kind, as far as it tells whether another line is the same event. */
export interface Known {
  readonly at: string | null
  readonly wp?: string
  readonly move?: LaneMove
  readonly annotation?: Annotation
}

/** Real deltas have some hundred characters. */
const MAX_SAID_CHARS = 500

/** Remembers events by their ids: copies of a log repeat them, and a line that only has the id of another one is a mistake. */
export function knownEvents() {
  const contents = new Map<string, Content>()
  return {
    /** Returns whether an event with this id is new, the same as before, or another one. */
    take(id: string, event: Known): 'new' | 'same' | 'other' {
      const before = contents.get(id)
      const content = contentOf(event)
      if (before === undefined) contents.set(id, content)
      return before === undefined ? 'new' : isSame(before, content) ? 'same' : 'other'
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

/** The same object may be written with its keys in another order: another tool wrote the copy. */
function inOneOrder(_: string, value: unknown): unknown {
  const object = objectOf(value)
  return object === null
    ? value
    : Object.fromEntries(Object.entries(object).toSorted(([one], [other]) => (one < other ? -1 : 1)))
}

function isSame(one: Content, other: Content): boolean {
  if (one.at !== other.at || one.wp !== other.wp || !isSaidBy(one, other)) return false
  if (one.move === null || other.move === null) return one.move === other.move
  const [first, second] = [one.move, other.move]
  const names = Object.keys(first) as (keyof LaneMove)[]
  return names.every((name) => name === 'worktree' || first[name] === second[name])
}

/** Most copies have the keys in the same order, so they are sorted only if that decides. */
function isSaidBy({ said: one }: Content, { said: other }: Content): boolean {
  if (one === other) return true
  return (
    one.length === other.length &&
    one.startsWith('{') &&
    inOrder(parseJson(one)) === inOrder(parseJson(other))
  )
}
