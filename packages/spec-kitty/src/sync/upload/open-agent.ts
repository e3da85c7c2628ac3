import type { Agent } from 'node:http'
import type { LookupFunction } from 'node:net'
import type { Io } from 'familiar/cli'
import { moduleFor, proxyFor, proxyVariable, tunnelThrough } from './proxy.js'
import { trusted } from './trusted-certificates.js'

export interface AgentOptions {
  /** The environment, which names the proxy and the certificates. */
  readonly env: Io['env']
  /** Aborting this signal ends an attempt to connect through the proxy. */
  readonly signal: AbortSignal
  readonly keepAlive: boolean
}

/**
 * Returns the agent for all requests to a server or to a sign-in service, which both get tokens: through the proxy, and
 * with the certificates, that the environment names. Throws an `EnvironmentError` if these cannot be used.
 */
export function openAgent(url: URL, { env, signal, keepAlive }: AgentOptions): Agent {
  const { Agent } = moduleFor(url)
  if (url.protocol === 'http:') return new Agent({ keepAlive })
  // Whatever NODE_TLS_REJECT_UNAUTHORIZED says: a token goes only to a server that proves who it is.
  const agent = new Agent({ keepAlive, rejectUnauthorized: true, ...trusted(env) })
  const proxy = proxyFor(url, env)
  const authority = `${url.hostname}:${url.port || 443}`
  return proxy === null
    ? agent
    : Object.assign(agent, { createConnection: tunnelThrough(proxy, proxyVariable(env), authority, signal) })
}

const LOOPBACK = [
  { address: '127.0.0.1', family: 4 },
  { address: '::1', family: 6 },
]

/** The address is fixed, because name resolution may return another machine for `localhost`. */
const lookUpLoopback: LookupFunction = (_hostname, { all }, done) => {
  if (all === true) done(null, LOOPBACK)
  else done(null, '127.0.0.1', 4)
}

/** Returns the options of a request that fix the address of `localhost`; none for every other host. */
export function lookupFor({ hostname }: URL): { readonly lookup?: LookupFunction } {
  return hostname === 'localhost' ? { lookup: lookUpLoopback } : {}
}
