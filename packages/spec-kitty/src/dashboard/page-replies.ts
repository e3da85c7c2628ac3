import { createHash } from 'node:crypto'
import type { PageReply, Pages } from 'familiar'
import type { ErrorReply, MissionsReply, NowReply } from './api.js'
import { CONTENT_SECURITY_POLICY } from './content-security-policy.js'

export type PageRequest = Parameters<Pages>[0]

export type BodyReply = Exclude<PageReply, { readonly open: unknown }>

const JSON_HEADERS = {
  'content-type': 'application/json',
  'cache-control': 'no-store',
  'x-content-type-options': 'nosniff',
  'cross-origin-resource-policy': 'same-origin',
} as const

/** Encodes the body once, so that all requests that share a large reply (many MiB) share its bytes. */
export function json(body: object, status = 200): BodyReply {
  return { status, headers: JSON_HEADERS, body: Buffer.from(JSON.stringify(body)) }
}

const encoded = new WeakMap<object, Buffer>()

const COMMA = Buffer.from(',')

/** Encodes the list of missions. The text of each mission is reused until the mission changes. */
export function listJson({ missions, ...rest }: MissionsReply): BodyReply {
  const begin = Buffer.from(`${JSON.stringify(rest).slice(0, -1)},"missions":[`)
  const items = missions.flatMap((mission, at) =>
    at === 0 ? [encodedOf(mission)] : [COMMA, encodedOf(mission)],
  )
  return { status: 200, headers: JSON_HEADERS, body: Buffer.concat([begin, ...items, Buffer.from(']}')]) }
}

function encodedOf(value: object): Buffer {
  const known = encoded.get(value)
  if (known !== undefined) return known
  const own = Buffer.from(JSON.stringify(value))
  encoded.set(value, own)
  return own
}

/**
 * Encodes what happens now. Its tag is weak, because it ignores when the reply was made: two replies with the same tag
 * contain the same data about the project.
 */
export function nowJson(now: NowReply): BodyReply {
  const { generated_at: _, ...rest } = now
  const reply = json(now)
  return withTag(reply, `W/${tagOf(JSON.stringify(rest))}`)
}

export function orNotFound(found: object | null): BodyReply {
  return found === null ? notFound() : json(found)
}

export function notFound(): BodyReply {
  return json({ error: 'not_found' } satisfies ErrorReply, 404)
}

/** Returns whether a browser opens a page with this request, so that a person reads the answer. */
function isNavigation({ headers }: Pick<PageRequest, 'headers'>): boolean {
  if (headers['authorization'] !== undefined || headers['accept']?.includes('text/html') !== true)
    return false
  return (headers['sec-fetch-mode'] ?? 'navigate') === 'navigate'
}

/**
 * Returns a page that says where the dashboard is, if a browser opens a path that is not there. The status is that of any other
 * request for it. Null for a request of a script, which gets the error as data.
 */
export function lostPage(request: Pick<PageRequest, 'headers'>): BodyReply | null {
  if (!isNavigation(request)) return null
  return { status: 401, headers: { ...JSON_HEADERS, ...HTML_HEADERS }, body: LOST_PAGE }
}

const HTML_HEADERS = {
  'content-type': 'text/html; charset=utf-8',
  'content-security-policy': CONTENT_SECURITY_POLICY,
  'referrer-policy': 'no-referrer',
} as const

const LOST_PAGE = `<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark"><title>No such page · spec-kitty dashboard</title>
<link rel="icon" href="/icon.svg" type="image/svg+xml"><link rel="stylesheet" href="/page.css"></head>
<body><main><div class="view"><div class="notice"><h1>There is no such page</h1>
<div><p>The dashboard is one page, and its views are behind the <code>#</code> of its address, as in <code>/#/missions</code>.</p>
<p><a href="/">Open the dashboard</a></p></div></div></div></main></body>
</html>
`

/**
 * Returns the error reply that is sent while the path of the project does not lead to the directory that the dashboard
 * was started for.
 */
export function projectGone(): BodyReply {
  const message =
    'The directory of the project was moved, removed or replaced. This dashboard exits within about a minute.'
  return json({ error: 'project_gone', message } satisfies ErrorReply, 410)
}

/** Returns the reply for a malformed request, with a one-sentence message. */
export function badRequest(message: string): BodyReply {
  return json({ error: 'bad_query', message } satisfies ErrorReply, 400)
}

/** Returns the reply with an ETag. Two replies with the same ETag are equal. */
export function tagged(reply: BodyReply): BodyReply {
  if (reply.status !== 200) return reply
  return withTag(reply, tagOf(reply.body))
}

function withTag(reply: BodyReply, etag: string): BodyReply {
  return { ...reply, headers: { ...reply.headers, etag, vary: 'accept-encoding' } }
}

export function tagOf(body: string | Uint8Array): string {
  return `"${createHash('sha1').update(body).digest('base64url')}"`
}

/** If the client says that it already has this reply, returns it without its body, with status 304. */
export function unlessKnown(reply: BodyReply, { headers }: Pick<PageRequest, 'headers'>): BodyReply {
  const tag = reply.headers['etag']
  const known = headers['if-none-match']?.split(',').map((one) => strong(one.trim()))
  if (tag === undefined || known === undefined) return reply
  if (!known.includes(strong(tag)) && !known.includes('*')) return reply
  const { 'content-type': _, 'content-encoding': _encoding, ...rest } = reply.headers
  return { status: 304, headers: rest, body: '' }
}

function strong(tag: string): string {
  return tag.replace(/^W\//, '')
}
