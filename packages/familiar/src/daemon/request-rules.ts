import type { IncomingMessage } from 'node:http'
import { isSameSecret } from '../protocol/challenge.js'
import type { Refusal } from './json-reply.js'

/** The largest request body that a handler gets, unless the author of the daemon set another limit. */
export const DEFAULT_MAX_BODY_BYTES = 10 * 1024 * 1024

/** The largest request body that a route accepts. */
export const MAX_ROUTE_BODY_BYTES = 1024 * 1024

/** Matches a path of printable ASCII, with or without a query. Does not match a fragment, an absolute URL or `*`. */
const TARGET = /^\/[!"$-~]*$/

/**
 * Matches a Host header that names this machine, with the local port of a tunnel (`ssh -L 8080:127.0.0.1:PORT`), or
 * without a port, which means 80.
 */
const LOOPBACK = /^(?:127\.0\.0\.1|localhost|\[::1\])(?::\d{1,5})?$/

/**
 * Returns why a request is rejected, whatever it asks for; null if it is accepted. First rejects DNS rebinding and
 * cross-site requests, then TRACE and targets that are not a path: HTTP ignores the Host header for `GET http://HOST/`,
 * so checking it would not help. Any port is accepted for a page, because it may be requested through a tunnel; DNS
 * rebinding needs a foreign name.
 */
export function refusalOf(message: IncomingMessage, port: number, isForPage: boolean): Refusal | null {
  const hosts = new Set([`127.0.0.1:${port}`, `localhost:${port}`])
  const { origin } = message.headers
  const [host = '', ...others] = message.headersDistinct['host'] ?? []
  if (message.headers.host === undefined && message.httpVersion === '1.1')
    return { status: 400, error: 'no_host' }
  if (isForPage && LOOPBACK.test(host) && !hosts.has(host)) {
    hosts.clear()
    hosts.add(host)
  }
  if (!hosts.has(host) || others.length > 0) return { status: 403, error: 'foreign_host' }
  if (origin !== undefined && !hosts.has(origin.replace(/^http:\/\//, ''))) {
    return { status: 403, error: 'foreign_origin' }
  }
  if (isFromAnotherPage(message)) return { status: 403, error: 'cross_site' }
  if (!isFramed(message)) return { status: 400, error: 'malformed' }
  if (message.method === 'TRACE') return { status: 405, error: 'method_not_allowed' }
  return TARGET.test(message.url ?? '') ? null : { status: 400, error: 'bad_target' }
}

/** A page on another port of this host is `same-site`: it may link here, but must not load anything from here. */
function isFromAnotherPage({ headers }: IncomingMessage): boolean {
  const site = headers['sec-fetch-site']
  return site === 'cross-site' || (site === 'same-site' && headers['sec-fetch-mode'] !== 'navigate')
}

/** Node also emits requests whose end cannot be determined; they are rejected. */
function isFramed({ httpVersion, headers }: IncomingMessage): boolean {
  const encoding = headers['transfer-encoding']
  return encoding === undefined || (httpVersion === '1.1' && encoding.toLowerCase() === 'chunked')
}

export function isAuthorized(message: IncomingMessage, token: string): boolean {
  const given = /^Bearer (\S+)$/.exec(message.headers.authorization ?? '')?.[1]
  return given !== undefined && isSameSecret(given, token)
}

/** Returns whether the request only reads, so that it may be answered without a token. */
export function isRead({ method }: IncomingMessage): boolean {
  return method === 'GET' || method === 'HEAD'
}

export function hasBody({ headers }: IncomingMessage): boolean {
  return headers['transfer-encoding'] !== undefined || announcedBytes(headers) > 0
}

/** Returns the length of the body that the head of a request announces; 0 if it announces none. */
export function announcedBytes(headers: IncomingMessage['headers']): number {
  return Number(headers['content-length'] ?? 0)
}
