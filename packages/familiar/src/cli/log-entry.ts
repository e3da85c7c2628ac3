import { objectOf, parseJson, type JsonObject } from '../json.js'
import { paint, type Io, type Style } from './io.js'
import { escapeControls } from './print-json.js'
import type { LinePart } from './log-lines.js'
import { printable, printableLines } from './printable.js'
import { localTime } from './since.js'
import { wrapWords } from './text-width.js'

/** A function that formats a part of a line for printing. */
export type LogFormat = (part: LinePart) => string

/** The maximum number of characters of a line that are shown on a terminal. */
const SHOWN_CHARS = 2_000

/** The width of the column for event names. Most names fit into it. */
const EVENT_WIDTH = 16

/** The width of `localTime`. */
const TIME_WIDTH = 19

/** The width of what stands before the event: the time, the mark, and a space behind each. */
const HEAD_WIDTH = TIME_WIDTH + 3

/** Text is never wrapped to fewer columns than this. */
const LEAST_COLUMNS = 30

/** Members of an entry that are text for people. They are shown first, without their names. */
const TEXTS = ['message', 'why', 'text'] as const

/**
 * Members of an entry that are not listed with the others: the time and the event have their own columns, and a stack
 * trace has many lines.
 */
const NOT_LISTED: ReadonlySet<string> = new Set(['at', 'event', 'level', 'stack', ...TEXTS])

type Level = 'error' | 'warning' | 'info'

const MARKS: Readonly<Record<Level, string>> = { error: 'x', warning: '!', info: ' ' }
const STYLES: Readonly<Record<Level, Style | null>> = { error: 'red', warning: 'yellow', info: null }

const ERRORS = /fail|error|crash|fatal|lost|damaged|corrupt/
const WARNINGS = /warn|not_|_again|aside|refused|rejected|retired|dropped|timeout|late/

/** Returns the time of an entry; null if the line is not an entry or has no time. */
export function timeOf(line: string): Date | null {
  const at = textIn(objectIn(line)?.['at'])
  const time = at === null ? Number.NaN : Date.parse(at)
  return Number.isNaN(time) ? null : new Date(time)
}

/**
 * Prints an entry as it is stored. Control characters, which a terminal would act on, are escaped in JSON and replaced in
 * other text.
 */
export const asStored: LogFormat = ({ text, isFirst, isLast }) => {
  const isJson = isFirst && isLast && objectIn(text) !== null
  return `${printableLines(isJson ? escapeControls(text) : text)}${isLast ? '\n' : ''}`
}

/** Prints an entry as a JSON object on one line. A line that is not an entry becomes an object with its text. */
export const asJson: LogFormat = ({ text, isFirst, isLast }) => {
  if (isFirst && isLast) return escapeControls(oneLine(text))
  const escaped = escapeControls(JSON.stringify(text)).slice(1, -1)
  return `${isFirst ? '{"text":"' : ''}${escaped}${isLast ? '"}' : ''}`
}

/**
 * Prints an entry for people: local time, event, text. Warnings and errors have a mark and a colour. Stack traces are left
 * out. A line that is not an entry is shown as it is. What is longer than a line of the terminal continues below the event.
 */
export function asText(io: Pick<Io, 'hasColor'> & Partial<Pick<Io, 'columns'>>): LogFormat {
  const room = (io.columns ?? 0) - HEAD_WIDTH
  const width = room < LEAST_COLUMNS ? null : room
  return ({ text, isFirst, isLast }) => {
    if (!isFirst) return ''
    const entry = isLast ? objectIn(text) : null
    const level = entry === null ? 'warning' : levelOf(entry)
    const [time, said] = entry === null ? ['', text] : columnsOf(entry)
    const style = STYLES[level]
    const line = cut(printable(said), isLast)
    const head = paint(io, 'dim', printable(time).padEnd(TIME_WIDTH))
    const lines = wrapWords(line, width).map((one, index) => (index === 0 ? one : one.trimStart()).trimEnd())
    const painted = lines.map((one) => (style === null ? one : paint(io, style, one)))
    return `${head} ${MARKS[level]} ${painted.join(`\n${' '.repeat(HEAD_WIDTH)}`)}\n`
  }
}

function cut(line: string, isWhole: boolean): string {
  if (isWhole && line.length <= SHOWN_CHARS) return line
  return `${line.slice(0, SHOWN_CHARS)}... (the rest of this line: --json)`
}

/** Splits an entry into its time and its event, followed by its other members. */
function columnsOf(entry: JsonObject): readonly [time: string, said: string] {
  const at = textIn(entry['at']) ?? ''
  const time = Date.parse(at)
  const texts = TEXTS.flatMap((name) => textIn(entry[name]) ?? [])
  const others = Object.entries(entry)
    .filter(([name, value]) => !NOT_LISTED.has(name) && value !== null)
    .map(([name, value]) => `${name}=${shown(value)}`)
  const event = (textIn(entry['event']) ?? '').padEnd(EVENT_WIDTH)
  return [
    Number.isNaN(time) ? at.slice(0, TIME_WIDTH) : localTime(new Date(time)),
    [event, ...texts.map((text) => text.replaceAll(/\s*\n\s*/g, ' / ')), ...others].join('  ').trimEnd(),
  ]
}

/** Returns a text without spaces as it is, and every other value as JSON. */
function shown(value: unknown): string {
  return typeof value === 'string' && /^[^\s"=]+$/.test(value) ? value : (attempt(value) ?? '...')
}

function levelOf(entry: JsonObject): Level {
  const named = (textIn(entry['level']) ?? textIn(entry['event']) ?? '').toLowerCase()
  if (ERRORS.test(named)) return 'error'
  return WARNINGS.test(named) ? 'warning' : 'info'
}

/** Not `stringOf`, which limits texts from other processes to a length that an error message may exceed. */
function textIn(value: unknown): string | null {
  return typeof value === 'string' && value !== '' ? value : null
}

function objectIn(line: string): JsonObject | null {
  return line.trimStart().startsWith('{') ? objectOf(parseJson(line)) : null
}

function oneLine(line: string): string {
  const entry = objectIn(line)
  return (entry === null ? null : attempt(entry)) ?? JSON.stringify({ text: line })
}

/** Returns null instead of throwing: a value that is nested too deeply can be parsed, but cannot be written as JSON. */
function attempt(value: unknown): string | null {
  try {
    return JSON.stringify(value)
  } catch {
    return null
  }
}
