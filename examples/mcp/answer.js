// @ts-check
import { WebStandardStreamableHTTPServerTransport } from '@modelcontextprotocol/sdk/server/webStandardStreamableHttp.js'
import { makeServer } from './server.js'

/**
 * Answers one HTTP request of MCP. Without sessions: each request has a server of its own, and only the index is shared. A
 * daemon may be replaced by a newer one between two requests of a client, which then need not know.
 *
 * @param {Request} request
 * @param {import('./index.js').Index} index
 * @param {AbortSignal} signal Aborted when the client has gone, and when the daemon is about to leave.
 */
export async function answer(request, index, signal) {
  // A GET would open a stream for messages that answer no request, and a DELETE end a session: there are none.
  if (request.method !== 'POST') return new Response(null, { status: 405, headers: { allow: 'POST' } })
  const server = makeServer(index)
  const transport = new WebStandardStreamableHTTPServerTransport()
  await server.connect(transport)
  signal.addEventListener('abort', () => void server.close())
  return transport.handleRequest(request)
}
