import { hash } from 'node:crypto'
import { objectOf } from 'familiar/cli'
import type { Annotation } from './runtime-facts.js'
import type { LaneMove } from './lane-history.js'

/** What two lines of one event must have in common. `move` is kept by the history anyway, so it costs no memory here. */
interface Content {
  readonly at: string | null
  readonly wp: string | null
  readonly move: Omit<LaneMove, 'worktree'> | null
  readonly said: string
}

/** An event of any kind, as far as it tells whether another line is the same event. */
export interface Known {
  readonly at: string | null
  readonly wp?: string
  readonly move?: Omit<LaneMove, 'worktree'>
  readonly annotation?: Annotation
}

const MAX_SAID_CHARS = 64

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
  const said = annotation === undefined ? '' : JSON.stringify(annotation.delta, inOneOrder)
  return {
    at,
    wp: wp ?? null,
    move: move ?? null,
    said: said.length > MAX_SAID_CHARS ? hash('sha1', said) : said,
  }
}

/** The same object may be written with its keys in another order: another tool wrote the copy. */
function inOneOrder(_: string, value: unknown): unknown {
  const object = objectOf(value)
  return object === null
    ? value
    : Object.fromEntries(Object.entries(object).toSorted(([one], [other]) => (one < other ? -1 : 1)))
}

function isSame(one: Content, other: Content): boolean {
  if (one.at !== other.at || one.wp !== other.wp || one.said !== other.said) return false
  if (one.move === null || other.move === null) return one.move === other.move
  const [first, second] = [Object.entries(one.move), other.move as Readonly<Record<string, unknown>>]
  return first.every(([name, value]) => second[name] === value)
}
