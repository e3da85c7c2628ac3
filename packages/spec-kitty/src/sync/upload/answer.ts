import { objectOf, parseJson } from 'familiar/cli'
import type { Settled } from '../queue/queue-types.js'
import { halve, type Part } from './batch.js'
import type { ErrorKind, WholeFailure } from './upload-types.js'

/** The server's answer to one batch. */
export interface Reply {
  readonly status: number
  readonly location: string | null
  readonly retryAfter: string | null
  /** The body; null if it was longer than `MAX_REPLY_BYTES`. */
  readonly body: string | null
}

/** The maximum size of an answer that is read. An answer for a thousand events has 100 KB. */
export const MAX_REPLY_BYTES = 4 * 1024 * 1024

/**
 * What to do next. `refresh`: the token is no longer valid. `refuse`: this session is not allowed to send. `back_off`: the server
 * has a problem, or its answer is not understood.
 */
export type Next = 'go_on' | 'refresh' | 'refuse' | 'back_off'

export interface Verdict {
  readonly settled: readonly Settled[]
  /** The events to send again at once, in smaller batches. */
  readonly again: readonly (readonly Part[])[]
  readonly next: Next
  /** The error, in one line; null if every event is done. */
  readonly error: string | null
  /** What the error of a whole batch suggests; `answer` by default. */
  readonly kind?: ErrorKind
  /** How the whole batch failed, if its size or one of its events may be the cause. */
  readonly whole?: WholeFailure
}

export interface Reading {
  readonly answersPerEvent: boolean
  /** Converts a message of the server into one line, without secrets. */
  readonly say: (text: string) => string
}

interface Question extends Reading {
  readonly batch: readonly Part[]
  readonly reply: Reply
}

interface Row {
  readonly from: number
  readonly to: number
  readonly judge: (question: Question) => Verdict
}

/** The meaning of each HTTP status. The first row that contains the status counts. */
const ROWS: readonly Row[] = [
  { from: 200, to: 299, judge: (it) => (it.answersPerEvent ? judgeEach(it) : judgeWhole(it)) },
  { from: 300, to: 399, judge: (it) => elsewhere(it, redirected(it)) },
  { from: 400, to: 400, judge: judgeRejection },
  { from: 401, to: 401, judge: (it) => keep(it, 'refresh') },
  { from: 403, to: 403, judge: (it) => keep(it, 'refuse') },
  { from: 404, to: 405, judge: (it) => elsewhere(it) },
  { from: 410, to: 410, judge: (it) => elsewhere(it) },
  { from: 413, to: 413, judge: (it) => split(it, tooLarge(it)) },
  { from: 429, to: 429, judge: (it) => ({ ...keep(it, 'back_off'), whole: 'status 429' }) },
  // Matches 408, 5xx and every status that the protocol does not define.
  { from: 0, to: Number.POSITIVE_INFINITY, judge: failedWhole },
]

/** The meaning of the status of a single event. With any other status, the event is kept. */
const OUTCOMES: Readonly<Record<string, Settled['outcome'] | undefined>> = {
  success: 'done',
  accepted: 'done',
  warning: 'done',
  duplicate: 'done',
  queued: 'keep',
  pending: 'keep',
  rejected: 'dead',
}

/** Returns what the answer to a batch means. Pure; the caller limits the size of the answer. */
export function judge(batch: readonly Part[], reply: Reply, reading: Reading): Verdict {
  const row = ROWS.find(({ from, to }) => reply.status >= from && reply.status <= to)
  const question = { batch, reply, ...reading }
  return row?.judge(question) ?? keep(question, 'back_off')
}

/**
 * Reads a `Retry-After` header, seconds or an HTTP date; null if it is neither, or asks for no wait. `now` is the time of
 * day.
 */
export function retryAfterMs(header: string | null, now: number): number | null {
  if (header === null) return null
  const ms = /^\d{1,9}$/.test(header.trim()) ? Number(header) * 1000 : Date.parse(header) - now
  return ms > 0 ? ms : null
}

/** Returns the verdict for a batch about which the server has said nothing: all events are kept. */
export function keepAll(batch: readonly Part[], next: Next, error: string): Verdict {
  return { settled: batch.map(({ seq }) => ({ seq, outcome: 'keep', error })), again: [], next, error }
}

function keep(question: Question, next: Next, error = describe(question)): Verdict {
  return keepAll(question.batch, next, error)
}

/** The batch may be what the server fails with, because of its size or one of its events. */
function failedWhole(question: Question): Verdict {
  const { status } = question.reply
  if (status === 408) return { ...keep(question, 'back_off'), whole: 'timeout' }
  // What answers is there, and will not take this: it may not be a sync server.
  if (status >= 400 && status < 500) return elsewhere(question)
  return { ...keep(question, 'back_off'), whole: `status ${status >= 500 ? '5xx' : status}` }
}

/**
 * The verdict for a web server that does not know this protocol, or not at this path. But a server may also answer so to
 * one event only, and that one must not hold up the others.
 */
function elsewhere(question: Question, error = describe(question)): Verdict {
  return { ...keep(question, 'back_off', error), kind: 'address', whole: `status ${question.reply.status}` }
}

/** What became of the events is in the part of the answer that was not read. It is shorter for fewer events. */
function tooLong(question: Question): Verdict {
  const error = `${answered(question)}, but its answer was longer than ${MAX_REPLY_BYTES / 1024 / 1024} MiB`
  return { ...keep(question, 'back_off', error), whole: 'long' }
}

/**
 * A server of this protocol answers a batch as a whole, with any body. But a web page is the answer of another server, and
 * one that says what became of the events is believed.
 */
function judgeWhole(question: Question): Verdict {
  const { batch, reply } = question
  if (pageIn(reply) !== null) return elsewhere(question)
  if (resultsFor(question).size > 0) return judgeEach(question)
  return {
    settled: batch.map(({ seq }) => ({ seq, outcome: 'done' })),
    again: [],
    next: 'go_on',
    error: null,
  }
}

function judgeEach(question: Question): Verdict {
  const { batch, say } = question
  if (question.reply.body === null) return tooLong(question)
  const results = resultsFor(question)
  if (results.size === 0) return elsewhere(question, `${describe(question)}, ${notUnderstood(question)}`)
  const settled = batch.map(({ seq, eventId }) => settle(seq, results.get(eventId), say))
  return { settled, again: [], next: 'go_on', error: keptText(question, results) }
}

function notUnderstood({ reply }: Question): string {
  const { body } = reply
  const isCut = body !== null && body.trim() !== '' && pageIn(reply) === null && parseJson(body) === null
  return isCut ? 'but its answer is not JSON, or not all of it' : 'but not what became of the events'
}

/** Returns why events of the batch still wait; null if none does. Only what the server said is told. */
function keptText({ batch, say }: Question, results: ReadonlyMap<string, Entry>): string | null {
  const said = batch.map(({ eventId }) => results.get(eventId)).map((one) => one && String(one['status']))
  const kept = said.filter((status) => outcomeOf(status) === 'keep')
  const unknown = kept.filter((status) => status !== undefined && outcomeIn(status) === undefined)
  const part = (some: readonly unknown[]): string => `${some.length} of ${batch.length} events`
  const [word] = unknown
  if (word !== undefined) return `the server said ${say(`"${word}"`)} of ${part(unknown)}, an unknown status`
  const silent = kept.filter((status) => status === undefined)
  if (silent.length > 0) return `the server said nothing of ${part(silent)}`
  return kept.length === 0 ? null : `the server keeps ${part(kept)} waiting`
}

/** An event without a result, and one with an unknown status, is kept. */
function outcomeOf(status: string | undefined): Settled['outcome'] {
  return (status === undefined ? undefined : outcomeIn(status)) ?? 'keep'
}

function outcomeIn(status: string): Settled['outcome'] | undefined {
  return Object.hasOwn(OUTCOMES, status) ? OUTCOMES[status] : undefined
}

/** Returns the results in the answer by the id of their event; none if no event of the batch is named. */
function resultsFor({ batch, reply }: Question): ReadonlyMap<string, Entry> {
  const results = entriesById(objectOf(parseJson(reply.body ?? ''))?.['results'])
  return batch.some(({ eventId }) => results.has(eventId)) ? results : new Map()
}

function settle(seq: number, result: Entry | undefined, say: Reading['say']): Settled {
  const status = String(result?.['status'])
  const outcome = outcomeIn(status)
  const words = wordsOf(result, say)
  if (outcome === 'done') return { seq, outcome }
  if (outcome === 'dead')
    return { seq, outcome, reason: words ?? 'rejected without a reason', category: categoryOf(result, say) }
  return {
    seq,
    outcome: 'keep',
    error:
      words ?? (result === undefined ? 'the server said nothing of it' : say(`the server said "${status}"`)),
  }
}

/**
 * The events that a 400 names are rejected, and the others are sent again. If it names none, the batch is halved to find
 * the event that the server rejects.
 */
function judgeRejection(question: Question): Verdict {
  const { batch, reply, say } = question
  const answer = objectOf(parseJson(reply.body ?? ''))
  const details = entriesById(listOf(answer?.['details']) ?? answer?.['results'])
  const guilty = batch.filter(({ eventId }) => isRejected(details.get(eventId)))
  if (guilty.length === 0) return split(question, describe(question))
  const settled = guilty.map(({ seq, eventId }): Settled => {
    const detail = details.get(eventId)
    return {
      seq,
      outcome: 'dead',
      reason: wordsOf(detail, say) ?? describe(question),
      category: categoryOf(detail, say),
    }
  })
  const rest = batch.filter((part) => !guilty.includes(part))
  return { settled, again: rest.length === 0 ? [] : [rest], next: 'go_on', error: describe(question) }
}

/** An entry of `details` names a rejected event. Entries of `results` also name accepted events, and have a status. */
function isRejected(entry: Entry | undefined): boolean {
  return entry !== undefined && (entry['status'] === undefined || entry['status'] === 'rejected')
}

/** Sends the halves of a batch again. A single event cannot be halved, so it is the one that the server rejects. */
function split({ batch }: Question, reason: string): Verdict {
  const [only] = batch
  if (batch.length > 1) return { settled: [], again: halve(batch), next: 'go_on', error: null }
  const settled: readonly Settled[] =
    only === undefined ? [] : [{ seq: only.seq, outcome: 'dead', reason, category: null }]
  return { settled, again: [], next: 'go_on', error: reason }
}

/** The limit may be that of a proxy, so the user needs the size to find it. Words of the server may say something else. */
function tooLarge(question: Question): string {
  const size = `${question.batch.reduce((sum, { bytes }) => sum + bytes, 0)} bytes`
  const said = describe(question)
  return said === answered(question)
    ? `too large for the server: ${size}`
    : `${said}, for an event of ${size}`
}

type Entry = NonNullable<ReturnType<typeof objectOf>>

/** Returns the entries of an answer by the id of their event. An entry whose id is neither text nor a number is ignored. */
function entriesById(list: unknown): ReadonlyMap<string, Entry> {
  const entries = Array.isArray(list) ? list.map(objectOf).filter((entry) => entry !== null) : []
  return new Map(
    entries.flatMap((entry) => {
      const id = entry['event_id']
      return typeof id === 'string' || typeof id === 'number' ? [[String(id), entry] as const] : []
    }),
  )
}

/** The server of the Python spec-kitty sends the details as a list, or as a text that contains a list. */
function listOf(details: unknown): unknown {
  return typeof details === 'string' ? parseJson(details) : details
}

function wordsOf(entry: Entry | undefined, say: Reading['say']): string | null {
  const words = entry?.['error'] ?? entry?.['error_message'] ?? entry?.['reason']
  return words == null || words === '' ? null : say(typeof words === 'string' ? words : JSON.stringify(words))
}

function categoryOf(entry: Entry | undefined, say: Reading['say']): string | null {
  const category = entry?.['error_category']
  return typeof category === 'string' && category !== '' ? say(category) : null
}

/** The beginning of a web page, up to its title. Only so much is searched, because a page may be large. */
const PAGE = /^\s*(?:<\?xml[^>]*>\s*)?<(?:!doctype\s+html|html)\b/i
const TITLE = /<title[^>]*>\s*([^<]{1,80})/i
const PAGE_CHARS = 4096

/** Returns the title of the web page that came as an answer, empty if it has none; null if the answer is none. */
function pageIn({ body }: Reply): string | null {
  const start = (body ?? '').slice(0, PAGE_CHARS)
  return PAGE.test(start) ? (TITLE.exec(start)?.[1]?.trim() ?? '') : null
}

/** Returns one line that describes the whole answer. */
function describe(question: Question): string {
  const { reply, say } = question
  const { status, body } = reply
  const title = pageIn(reply)
  if (title !== null)
    return `the server answered ${status} with a web page${title === '' ? '' : ` ("${say(title)}")`}`
  const answer = objectOf(parseJson(body ?? ''))
  const words = answer?.['message'] ?? answer?.['detail'] ?? answer?.['error']
  return typeof words === 'string' && words !== ''
    ? `the server answered ${status} ("${say(words)}")`
    : answered(question)
}

function answered({ reply: { status } }: Question): string {
  return `the server answered ${status}`
}

function redirected({ reply: { status, location }, say }: Question): string {
  const target = location === null ? '' : ` to ${say(location)}`
  return `the server answered ${status}, a redirect${target}: redirects are not followed`
}
