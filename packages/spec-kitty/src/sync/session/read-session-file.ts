import { chmodSync, lstatSync } from 'node:fs'
import { join } from 'node:path'
import type { JsonObject } from 'familiar'
import { objectOf, parseJson, readSmallFile, stringOf } from 'familiar/cli'

/**
 * The content of `session.json`. It contains the tokens, so it is never printed, and only the modules beside this one
 * read it; all others get a `Session`. If the server has ended a session, everything except its tokens is kept.
 */
export interface StoredSession {
  /** `token`: the user gave an access token. Nothing else is known about it, and it cannot be renewed. */
  readonly kind: 'device' | 'token'
  /** The server's URL without a slash at its end. The tokens are only for this server. */
  readonly server_url: string
  readonly principal: string | null
  readonly team: string | null
  /** The scopes that the server granted, separated by blanks. */
  readonly auth_scope: string | null
  /** ISO 8601. Changes with every sign-in, but not when a token is renewed. */
  readonly signed_in_at: string
  /** When the access token expires, ISO 8601; null if unknown. */
  readonly expires_at: string | null
  /** When the server ended the session, ISO 8601; null if it has not. */
  readonly ended_at: string | null
  readonly issuer: string | null
  readonly client_id: string | null
  readonly token_endpoint: string | null
  readonly revocation_endpoint: string | null
  /** The resource that the tokens are requested for (RFC 8707), if the issuer must be told. */
  readonly resource: string | null
  readonly access_token: string | null
  readonly refresh_token: string | null
}

export type StoredRead =
  | { readonly state: 'absent' }
  | { readonly state: 'unreadable'; readonly path: string; readonly why: string }
  | { readonly state: 'readable'; readonly session: StoredSession }

/**
 * The maximum length of a token, so that it fits into an HTTP header. Two tokens of this length still fit into a session
 * file.
 */
const MAX_TOKEN_CHARS = 16 * 1024
const TOKEN = /^[\x21-\x7e]+$/

/** Returns whether the text can be sent as a bearer token: visible ASCII without blanks, at most 16 KiB. */
export function isToken(text: string): boolean {
  return text.length <= MAX_TOKEN_CHARS && TOKEN.test(text)
}

export function sessionPath(root: string): string {
  return join(root, 'session.json')
}

/**
 * Reads the session of the root. A link, a FIFO, a device, a file of another user, and a file that is not a session are
 * unreadable, which is not the same as absent. If others may read or write the file, takes this from them, because it
 * contains tokens. Never blocks. Throws only `E_RESOURCES`.
 */
export function readStored(root: string): StoredRead {
  const path = sessionPath(root)
  const file = readSmallFile(path)
  if (file.state === 'absent') return file
  if (file.state === 'unreadable') return { state: 'unreadable', path, why: file.why }
  makePrivate(path)
  const session = sessionOf(objectOf(parseJson(file.text)))
  return session === null
    ? { state: 'unreadable', path, why: 'it is not a session' }
    : { state: 'readable', session }
}

/** A restored or copied file may have any mode. */
function makePrivate(path: string): void {
  try {
    const found = lstatSync(path)
    if (found.isFile() && (found.mode & 0o077) !== 0) chmodSync(path, 0o600)
  } catch {
    // On a read-only file system, the permissions stay as they are.
  }
}

/** Returns whether there is a directory at the place of the session, which a sign-in cannot replace. */
export function isDirectory(path: string): boolean {
  try {
    return lstatSync(path, { throwIfNoEntry: false })?.isDirectory() === true
  } catch {
    return false
  }
}

function sessionOf(json: JsonObject | null): StoredSession | null {
  const [kind, server] = [json?.['kind'], stringOf(json?.['server_url'])]
  if (json === null || server === null || (kind !== 'device' && kind !== 'token')) return null
  const session: StoredSession = {
    kind,
    server_url: server,
    principal: stringOf(json['principal']),
    team: stringOf(json['team']),
    auth_scope: stringOf(json['auth_scope']),
    signed_in_at: timeOf(json['signed_in_at']) ?? new Date(0).toISOString(),
    expires_at: timeOf(json['expires_at']),
    ended_at: timeOf(json['ended_at']),
    issuer: stringOf(json['issuer']),
    client_id: stringOf(json['client_id']),
    token_endpoint: stringOf(json['token_endpoint']),
    revocation_endpoint: stringOf(json['revocation_endpoint']),
    resource: stringOf(json['resource']),
    access_token: tokenOf(json['access_token']),
    refresh_token: tokenOf(json['refresh_token']),
  }
  return session.access_token === null && session.ended_at === null ? null : session
}

function timeOf(value: unknown): string | null {
  const text = stringOf(value)
  return text !== null && !Number.isNaN(Date.parse(text)) ? text : null
}

function tokenOf(value: unknown): string | null {
  return typeof value === 'string' && isToken(value) ? value : null
}
