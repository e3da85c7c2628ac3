import { request } from './http.js'

/**
 * What a probe brought back. `silent`: no HTTP answer in time. `unreachable`: this process cannot get to the port, which
 * says nothing about the listener. `http`: HTTP, but no JSON that could be read.
 */
export type ProbeReply =
  | { readonly kind: 'silent' }
  | { readonly kind: 'unreachable' }
  | { readonly kind: 'http' }
  | { readonly kind: 'json'; readonly body: unknown }

/** Where every family's daemons say who they are. Frozen: a later version must be able to ask an earlier one. */
export const HEALTH_PATH = '/api/health'

/**
 * Asks `GET path` and returns what came back before `timeoutMs` passed, at most 64 KiB of it. Throws `E_RESOURCES` where
 * this process has nothing left to connect with.
 */
export async function probe(
  address: string,
  port: number,
  path: string,
  timeoutMs: number,
): Promise<ProbeReply> {
  const reply = await request({ address, port, method: 'GET', path, timeoutMs })
  if (reply === null) return { kind: 'silent' }
  if (reply === 'unreachable') return { kind: 'unreachable' }
  return reply.status === 200 && reply.json !== undefined
    ? { kind: 'json', body: reply.json }
    : { kind: 'http' }
}
