import { objectOf, parseJson } from 'familiar/cli'
import type { QueuedEvent } from '../queue/queue-types.js'
import type { Encoded, Format } from './batch.js'

/**
 * A CloudEvents 1.0 batch, for any server that accepts one. It is sent uncompressed, because common receivers ignore
 * `Content-Encoding`. They would reject each batch as invalid, and its events would become dead letters.
 */
export const CLOUD_EVENTS: Format = {
  contentType: 'application/cloudevents-batch+json; charset=utf-8',
  contentEncoding: null,
  path: '',
  open: '[',
  close: ']',
  encode: encodeCloudEvent,
  answersPerEvent: false,
}

/** Matches characters that a string of CloudEvents must not contain: control characters, lone surrogates, noncharacters. */
const NOT_IN_A_STRING = /[\u0000-\u001f\u007f-\u009f\p{Surrogate}\p{Noncharacter_Code_Point}]/u

/** Matches the form of RFC 3339. `Date.parse` then rejects values such as a month 13. */
const TIME = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(?:\.\d+)?(?:Z|[+-]\d{2}:\d{2})$/i

/**
 * Returns an event as a CloudEvent, with the whole envelope as its data. A receiver rejects a whole batch because of one
 * invalid event, so each is checked before it is sent. A time that CloudEvents does not allow is left out, because the
 * envelope contains it.
 */
function encodeCloudEvent({ eventId, eventType, projectUuid, envelope }: QueuedEvent): Encoded {
  const data = objectOf(parseJson(envelope))
  if (data === null) return { problem: 'not sent: its envelope is not a JSON object' }
  const attributes = { event_id: eventId, event_type: eventType, project_uuid: projectUuid }
  const wrong = Object.entries(attributes).find(([, text]) => !isString(text))
  if (wrong !== undefined) return { problem: `not sent: CloudEvents does not allow this ${wrong[0]}` }
  const head = JSON.stringify({
    specversion: '1.0',
    id: eventId,
    source: `urn:spec-kitty:project:${encodeURIComponent(projectUuid)}`,
    type: eventType,
    ...timeOf(data['timestamp']),
    datacontenttype: 'application/json',
  })
  return { text: `${head.slice(0, -1)},"data":${envelope}}` }
}

function isString(text: unknown): boolean {
  return typeof text === 'string' && text !== '' && !NOT_IN_A_STRING.test(text)
}

function timeOf(timestamp: unknown): { readonly time?: string } {
  const isTime = typeof timestamp === 'string' && TIME.test(timestamp) && !Number.isNaN(Date.parse(timestamp))
  return isTime ? { time: timestamp } : {}
}
