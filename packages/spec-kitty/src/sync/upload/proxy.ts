import type { ClientRequest } from 'node:http'
import type { AgentOptions } from 'node:https'
import type { Duplex } from 'node:stream'
import type { ConnectionOptions } from 'node:tls'
import type { Io } from 'familiar/cli'
import { isLoopback } from '../check-server-url.js'
import { EnvironmentError, reasonOf } from './connection-errors.js'

/**
 * Returns the proxy for a server, as curl chooses it; null if there is none. A server on this machine never has one.
 * Every other server uses HTTPS, so only `HTTPS_PROXY` counts, never `HTTP_PROXY`. Throws if the variable is not the URL
 * of an HTTP proxy, without naming its value, because it may contain a password.
 */
export function proxyFor({ protocol, hostname, port }: URL, env: Io['env']): URL | null {
  const text = valueOf(env, 'https_proxy')
  if (text === '' || protocol !== 'https:' || isLoopback(hostname)) return null
  const exceptions = valueOf(env, 'no_proxy')
    .toLowerCase()
    .split(/[\s,]+/)
  if (exceptions.some((one) => isException(one, hostname, port === '' ? '443' : port))) return null
  const proxy = parse(text.includes('://') ? text : `http://${text}`)
  if (proxy !== null && /^https?:$/.test(proxy.protocol)) return proxy
  throw new EnvironmentError(`${proxyVariable(env)} is not the URL of an HTTP proxy`)
}

/** Returns the name of the variable that sets the proxy. */
export function proxyVariable(env: Io['env']): string {
  return env['https_proxy'] ? 'https_proxy' : 'HTTPS_PROXY'
}

/** Returns the value of a variable. The lower-case name takes precedence, and an empty value counts as missing. */
function valueOf(env: Io['env'], name: string): string {
  return env[name] || env[name.toUpperCase()] || ''
}

/**
 * Returns whether an entry of `NO_PROXY` matches. It may be `*`, a host, or a domain with or without a leading dot, each
 * with or without a port.
 */
function isException(entry: string, hostname: string, port: string): boolean {
  const [, host = '', only] = /^\*?\.?(.*?)(?::(\d+))?$/.exec(entry) ?? []
  if (entry === '*') return true
  return host !== '' && (only ?? port) === port && `.${hostname}`.endsWith(`.${host}`)
}

function parse(text: string): URL | null {
  return URL.canParse(text) ? new URL(text) : null
}

type OnSocket = (error: Error | null, socket?: Duplex) => void

/**
 * Returns the function by which an `https.Agent` connects to `authority`, a host and a port, through the proxy. The proxy
 * sees only names and sizes. Aborting the signal ends an attempt. Errors name the variable that sets the proxy.
 */
export function tunnelThrough(proxy: URL, variable: string, authority: string, signal: AbortSignal) {
  return (options: AgentOptions & ConnectionOptions, onSocket: OnSocket): undefined => {
    const request = connectRequest(proxy, authority, signal)
    request.once('error', (error) =>
      onSocket(new EnvironmentError(`${variable}, ${proxy.host}: ${reasonOf(error)}`, { cause: error })),
    )
    request.once('response', ({ statusCode }) => {
      request.destroy(new Error(`it answered ${statusCode} to CONNECT`))
    })
    request.once('connect', ({ statusCode }, socket) => {
      if (statusCode === 200) {
        onSocket(null, process.getBuiltinModule('node:tls').connect({ ...options, socket }))
        return
      }
      socket.destroy()
      onSocket(new EnvironmentError(`${variable}, ${proxy.host}: it answered ${statusCode} to CONNECT`))
    })
    request.end()
  }
}

function connectRequest(proxy: URL, authority: string, signal: AbortSignal): ClientRequest {
  const { username, password } = proxy
  const credentials = Buffer.from(`${decodeURIComponent(username)}:${decodeURIComponent(password)}`)
  const authorization =
    username === '' ? {} : { 'proxy-authorization': `Basic ${credentials.toString('base64')}` }
  return moduleFor(proxy).request({
    host: proxy.hostname.replace(/^\[|\]$/g, ''),
    port: proxy.port || (proxy.protocol === 'https:' ? 443 : 80),
    method: 'CONNECT',
    path: authority,
    headers: { host: authority, ...authorization },
    agent: false,
    rejectUnauthorized: true,
    signal,
  })
}

/**
 * Returns Node's module for the protocol. It is loaded when it is first used. An `import` of `node:http` would also load
 * Node's own `fetch`, on Node 22 and later.
 */
export function moduleFor({ protocol }: URL): typeof import('node:http') | typeof import('node:https') {
  return protocol === 'https:'
    ? process.getBuiltinModule('node:https')
    : process.getBuiltinModule('node:http')
}
