import type { QueuedEvent } from '../queue/queue-types.js'

/** The limits of one request, before compression. A larger event is sent alone. */
export const BATCH_LIMITS = { events: 1000, bytes: 256 * 1024 } as const

/** An event in the form in which a request contains it. */
export interface Part {
  readonly seq: number
  readonly eventId: string
  /** The event's JSON text. */
  readonly text: string
  /** The length of the text in UTF-8. */
  readonly bytes: number
}

/** An event in that form, or why it cannot be sent. */
export type Encoded = { readonly text: string } | { readonly problem: string }

export interface Format {
  readonly contentType: string
  /** The content encoding; null if the body is not compressed. */
  readonly contentEncoding: 'gzip' | null
  /** The path below the server's URL. */
  readonly path: string
  readonly open: string
  readonly close: string
  readonly encode: (event: QueuedEvent) => Encoded
  /** Whether a successful answer lists the result of each event. If not, success means that the server has all events. */
  readonly answersPerEvent: boolean
}

/** The protocol of the Python spec-kitty: the envelopes as they were published. */
export const BATCH: Format = {
  contentType: 'application/json',
  contentEncoding: 'gzip',
  path: '/api/v1/events/batch/',
  open: '{"events":[',
  close: ']}',
  encode: ({ envelope }) => ({ text: envelope }),
  answersPerEvent: true,
}

/** Encodes events. Returns those that cannot be sent separately, with the reason. */
export function encode(
  events: readonly QueuedEvent[],
  format: Format,
): { readonly parts: readonly Part[]; readonly unsendable: readonly { seq: number; reason: string }[] } {
  const parts: Part[] = []
  const unsendable: { seq: number; reason: string }[] = []
  for (const event of events) {
    const encoded = format.encode(event)
    const { seq, eventId } = event
    if ('problem' in encoded) unsendable.push({ seq, reason: encoded.problem })
    else parts.push({ seq, eventId, text: encoded.text, bytes: Buffer.byteLength(encoded.text) })
  }
  return { parts, unsendable }
}

/** Divides events into batches within the limits, in their order. */
export function divide(
  parts: readonly Part[],
  { open, close }: Pick<Format, 'open' | 'close'>,
  limits: { readonly events: number; readonly bytes: number } = BATCH_LIMITS,
): readonly (readonly Part[])[] {
  const empty = Buffer.byteLength(open + close)
  const batches: Part[][] = []
  let size = 0
  for (const part of parts) {
    const last = batches.at(-1)
    // The added byte is the comma.
    if (last !== undefined && last.length < limits.events && size + 1 + part.bytes <= limits.bytes) {
      last.push(part)
      size += 1 + part.bytes
    } else {
      batches.push([part])
      size = empty + part.bytes
    }
  }
  return batches
}

/** Halves a batch of at least two events. */
export function halve(batch: readonly Part[]): readonly (readonly Part[])[] {
  const middle = Math.ceil(batch.length / 2)
  return [batch.slice(0, middle), batch.slice(middle)]
}

/** Returns the body of the request for these events. */
export function bodyOf(batch: readonly Part[], { open, close }: Pick<Format, 'open' | 'close'>): string {
  return open + batch.map(({ text }) => text).join(',') + close
}
