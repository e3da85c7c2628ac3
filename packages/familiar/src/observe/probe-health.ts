import { request } from './http.js'

/**
 * The result of a probe. `silent`: no HTTP answer, or none in time. `unreachable`: this process cannot reach the
 * port, which says nothing about the listener. `json`: status 200 with JSON. `http`: any other HTTP answer.
 */
export type ProbeReply =
  | { readonly kind: 'silent' }
  | { readonly kind: 'unreachable' }
  | { readonly kind: 'http' }
  | { readonly kind: 'json'; readonly body: unknown }

/**
 * The path at which daemons of every family identify themselves. It must never change, because different versions must
 * find each other.
 */
export const HEALTH_PATH = '/api/health'

/** How long a recorded daemon may take to answer; after that it counts as giving no response. */
export const HANDSHAKE_MS = 1_000

/**
 * How long a listener may take to answer a scan. A healthy one takes milliseconds. With this limit, a whole scan takes
 * less than 1 s.
 */
export const PROBE_MS = 600

/**
 * Sends `GET path` and returns the kind of answer that arrived within `timeoutMs`. A reply of 64 KiB or more is `http`.
 * `isListed`: the system has just listed this listener. Throws `E_RESOURCES` if this process lacks the resources to
 * connect.
 */
export async function probe(
  address: string,
  port: number,
  path: string,
  timeoutMs: number,
  isListed = false,
): Promise<ProbeReply> {
  const reply = await request({ address, port, method: 'GET', path, timeoutMs, isListed })
  if (reply === null) return { kind: 'silent' }
  if (reply === 'unreachable') return { kind: 'unreachable' }
  return reply.status === 200 && reply.json !== undefined
    ? { kind: 'json', body: reply.json }
    : { kind: 'http' }
}
