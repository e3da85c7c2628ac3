import { objectOf, parseJson } from 'familiar/cli'
import { instantOf } from './instants.js'

/** The last lane change of a work package. */
export interface LaneChange {
  readonly lane: string
  /** As `instantOf` returns it. */
  readonly at: string
}

/** The content of a `status.events.jsonl`. */
export interface LaneHistory {
  readonly lanes: ReadonlyMap<string, LaneChange>
  readonly problems: readonly string[]
  /** The last line has no newline and is not JSON: it is still being written, or its writer stopped in the middle. */
  readonly is_unfinished: boolean
}

/** Takes the lines one by one, so that the whole file need not be in memory. */
export interface LaneReader {
  /** Takes a line without its newline. */
  line(text: string): void
  /** Counts a line that is longer than any event, as a problem. */
  longLine(): void
  /** Takes the text after the last newline. Part of an object is never valid JSON, so text that parses is complete. */
  rest(text: string): void
  result(): LaneHistory
}

const MAX_NAMED_LINES = 10
const MAX_ID_CHARS = 200
const MAX_PACKAGES = 2000

interface Event {
  readonly id: string
  readonly at: string
  readonly wp: string
  readonly lane: string
}

/** Returns a reader for one file. */
export function readLanes(): LaneReader {
  const seen = new Set<string>()
  const last = new Map<string, Event>()
  const broken: string[] = []
  let [number, more, isUnfinished] = [0, 0, false]

  const complain = (what: string): void => {
    if (broken.length < MAX_NAMED_LINES) broken.push(`line ${number} ${what}`)
    else more += 1
  }
  const take = (event: Event | string | null): void => {
    if (typeof event === 'string') return complain(event)
    if (event === null || seen.has(event.id)) return
    seen.add(event.id)
    const before = last.get(event.wp)
    if (before === undefined && last.size >= MAX_PACKAGES) return complain('names one work package too many')
    if (before === undefined || isLater(event, before)) last.set(event.wp, event)
  }

  return {
    line(text) {
      number += 1
      if (text.trim() !== '') take(eventOf(text))
    },
    longLine() {
      number += 1
      complain('is too long')
    },
    rest(text) {
      number += 1
      if (text.trim() === '') return
      if (objectOf(parseJson(text)) === null) isUnfinished = true
      else take(eventOf(text))
    },
    result() {
      const lanes = new Map([...last].map(([wp, { lane, at }]) => [wp, { lane, at }]))
      const rest = more === 0 ? [] : [`${more} more of its lines are broken`]
      return { lanes, problems: [...broken, ...rest], is_unfinished: isUnfinished }
    },
  }
}

function isLater(event: Event, other: Event): boolean {
  return event.at === other.at ? event.id > other.id : event.at > other.at
}

/** Returns the lane change on a line, null for another kind of event, or text that says what is wrong with the line. */
function eventOf(line: string): Event | string | null {
  const value = objectOf(parseJson(line))
  if (value === null) return 'is no JSON object'
  const { event_id: id, at, wp_id: wp, to_lane: lane } = value
  if (wp == null || lane == null) return null
  if (!isName(wp)) return 'has a wp_id that is no name'
  if (!isName(lane)) return 'has a to_lane that is no name'
  if (!isName(id)) return 'has no event_id'
  const instant = typeof at === 'string' ? instantOf(at) : null
  return instant === null ? 'does not say when' : { id, at: instant, wp, lane }
}

function isName(value: unknown): value is string {
  return typeof value === 'string' && value.trim() !== '' && value.length <= MAX_ID_CHARS
}
