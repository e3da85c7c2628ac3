// @ts-check
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js'

/**
 * For a program that has the SDK's client: its HTTP transport, with requests that prove the daemon first and carry its
 * token. A plain HTTP client has no token, and is refused.
 *
 * @param {import('familiar').Connection} connection
 */
export function httpTransport(connection) {
  return new StreamableHTTPClientTransport(new URL('/mcp', connection.url), {
    fetch: (url, init) => fetchThrough(connection, new URL(url), init),
  })
}

/**
 * @param {import('familiar').Connection} connection
 * @param {URL} url
 * @param {RequestInit} [init]
 */
async function fetchThrough(connection, { pathname, search }, { method, headers, body, signal } = {}) {
  const reply = await connection.fetch(`${pathname}${search}`, {
    method: method ?? 'GET',
    headers: Object.fromEntries(new Headers(headers)),
    ...(typeof body === 'string' ? { body } : {}),
    ...(signal ? { signal } : {}),
  })
  return new Response(ReadableStream.from(reply.body), {
    status: reply.status,
    headers: [...reply.headers],
  })
}
