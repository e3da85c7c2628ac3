import { objectOf } from 'familiar/cli'
import type { NewEvent } from './queue/queue-types.js'

/**
 * The maximum size of an event in bytes. A server accepts bodies of 256 KiB, which must contain the event and the text
 * around it.
 */
export const MAX_EVENT_BYTES = 256 * 1024 - '{"events":[]}'.length

const MAX_ID_CHARS = 128

/** The values for members that the publisher of an event omitted. */
export interface EventDefaults {
  /** The real path of the project's directory. */
  readonly project: string
  readonly newId: () => string
  /** Returns the present time, ISO 8601 in UTC. */
  readonly now: () => string
  /** The project's id, or why it has none. */
  readonly projectUuid: ProjectUuid
  /** What identifies the project, for `NewEvent`. */
  readonly origin: string
}

export type ProjectUuid = { readonly uuid: string } | { readonly why: string }

export type EventRead =
  | { readonly state: 'event'; readonly event: NewEvent }
  /** One line that says what is wrong with the event. */
  | { readonly state: 'bad'; readonly why: string }

/** An event with its own project id needs no other one. */
const NONE = { uuid: null }

type Envelope = Readonly<Record<string, unknown>>

/** The members that every event has. */
type Member = 'event_id' | 'event_type' | 'project_uuid' | 'timestamp'

/**
 * Reads one event: a JSON object of at most `MAX_EVENT_BYTES`. A missing `event_id`, `timestamp` or `project_uuid` (null
 * counts as missing) is written into its text. Everything else is kept as it was written, byte for byte, because parsing
 * and printing it again would damage large numbers.
 */
export function readEvent(text: string, defaults: EventDefaults): EventRead {
  const written = text.trim()
  if (Buffer.byteLength(written) > MAX_EVENT_BYTES) return tooLarge()
  const parsed = parse(written)
  if ('why' in parsed) return bad(parsed.why)
  const needed = isMissing(parsed.envelope, 'project_uuid') ? defaults.projectUuid : NONE
  if ('why' in needed) return bad(`project_uuid is missing, and ${needed.why}: correct that file`)
  const added = missingMembers(parsed.envelope, defaults, needed.uuid)
  const members = { ...parsed.envelope, ...added }
  const problem = problemIn(members)
  if (problem !== null) return bad(problem)
  const envelope = withMembers(written, parsed.envelope, added)
  if (Buffer.byteLength(envelope) > MAX_EVENT_BYTES) return tooLarge()
  const { event_id, event_type, project_uuid } = members as Readonly<Record<Member, string>>
  const { project, origin } = defaults
  return {
    state: 'event',
    event: { eventId: event_id, eventType: event_type, projectUuid: project_uuid, project, origin, envelope },
  }
}

/** Returns the text of an event of this type, with `data` (JSON text) as its payload. */
export function composeEvent(type: string, data: string): string | { readonly why: string } {
  const parsed = tryParse(data)
  if ('why' in parsed) return parsed
  return `{"event_type":${JSON.stringify(type)},"payload":${data.trim()}}`
}

function bad(why: string): EventRead {
  return { state: 'bad', why }
}

function tooLarge(): EventRead {
  return bad(`it is larger than ${MAX_EVENT_BYTES} bytes`)
}

function parse(text: string): { readonly envelope: Envelope } | { readonly why: string } {
  const parsed = tryParse(text)
  if ('why' in parsed) return parsed
  const envelope = objectOf(parsed.value)
  return envelope === null ? { why: 'it is not a JSON object' } : { envelope }
}

function tryParse(text: string): { readonly value: unknown } | { readonly why: string } {
  try {
    return { value: JSON.parse(text) as unknown }
  } catch (error) {
    return { why: `it is not JSON: ${error instanceof Error ? error.message : String(error)}` }
  }
}

type Added = Readonly<Partial<Record<Member, string>>>

function isMissing(envelope: Envelope, member: Member): boolean {
  return (envelope[member] ?? null) === null
}

function missingMembers(
  envelope: Envelope,
  { newId, now }: EventDefaults,
  projectUuid: string | null,
): Added {
  return {
    ...(isMissing(envelope, 'event_id') ? { event_id: newId() } : {}),
    ...(projectUuid === null ? {} : { project_uuid: projectUuid }),
    ...(isMissing(envelope, 'timestamp') ? { timestamp: now() } : {}),
  }
}

/** Returns what is wrong with the members that every event must have; null if they are right. */
function problemIn(members: Envelope): string | null {
  if (isMissing(members, 'event_type')) return 'event_type is missing'
  const ids = ['event_id', 'event_type', 'project_uuid'] as const
  const wrong = ids.find((member) => !isId(members[member]))
  if (wrong !== undefined) return `${wrong} must be text of 1 to ${MAX_ID_CHARS} characters`
  return isTime(members['timestamp']) ? null : 'timestamp must be a date and time as in ISO 8601'
}

/** The length is counted in characters, each of which may consist of two UTF-16 units. */
function isId(value: unknown): boolean {
  if (typeof value !== 'string' || value === '' || value.length > 2 * MAX_ID_CHARS) return false
  return value.length <= MAX_ID_CHARS || Array.from(value).length <= MAX_ID_CHARS
}

function isTime(value: unknown): boolean {
  return (
    typeof value === 'string' && /^\d{4}-\d\d-\d\d[T ]\d\d:\d\d/i.test(value) && !isNaN(Date.parse(value))
  )
}

/**
 * Returns the text of the object with these members added. Each replaces a member that is null, or is inserted at the
 * beginning.
 */
function withMembers(text: string, envelope: Envelope, added: Added): string {
  const names = Object.keys(added) as Member[]
  const replaced = names.some((name) => Object.hasOwn(envelope, name)) ? replaceMembers(text, added) : text
  const inserted = names
    .filter((name) => !Object.hasOwn(envelope, name))
    .map((name) => memberText(name, added))
  if (inserted.length === 0) return replaced
  const isEmpty = Object.keys(envelope).length === 0
  return `{${inserted.join(',')}${isEmpty ? '' : ','}${replaced.slice(1)}`
}

function memberText(name: Member, added: Added): string {
  return `${JSON.stringify(name)}:${JSON.stringify(added[name])}`
}

/**
 * Matches the tokens that are needed to follow the nesting of JSON text: a complete string, a bracket, or a member whose
 * value is null.
 */
const TOKEN = /"[^"\\]*(?:\\.[^"\\]*)*"(\s*:\s*null\b)?|[{}[\]]/gs

/** Replaces the nulls of these members of the outermost object. */
function replaceMembers(text: string, added: Added): string {
  let depth = 0
  return text.replaceAll(TOKEN, (token, isNull: string | undefined) => {
    if (token === '{' || token === '[') depth += 1
    else if (token === '}' || token === ']') depth -= 1
    else if (isNull !== undefined && depth === 1) {
      const name = JSON.parse(token.slice(0, -isNull.length)) as Member
      if (Object.hasOwn(added, name)) return memberText(name, added)
    }
    return token
  })
}
