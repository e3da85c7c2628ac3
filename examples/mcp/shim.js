// @ts-check
import { createInterface } from 'node:readline'
import { docsd } from './daemon.js'

const HEADERS = { accept: 'application/json, text/event-stream', 'content-type': 'application/json' }

/** The code of JSON-RPC for errors of a server. */
const SERVER_ERROR = -32000

/** @typedef {{ id?: string | number, method?: string, params?: any }} Message */
/** @typedef {{ connection: import('familiar').Connection, output: import('node:stream').Writable }} Ends */

/**
 * What an editor starts as its MCP server: finds or starts the daemon, and forwards each line of its input to it as an HTTP
 * request, and each event of the reply to its output. When the input ends, answers what was asked already, and returns.
 *
 * It loads neither the SDK nor Node's `fetch`: an editor starts one for each window.
 *
 * @param {import('node:stream').Readable} input
 * @param {import('node:stream').Writable} output
 */
export async function runShim(input, output) {
  const connection = await docsd.connect({ start: true, onWait: console.error })
  /** The requests that are not answered yet. @type {Map<unknown, AbortController>} */
  const open = new Map()
  /** @type {Set<Promise<void>>} */
  const forwarding = new Set()
  for await (const line of createInterface({ input })) {
    const message = parse(line)
    if (message === null) continue
    if (message.method === 'notifications/cancelled') {
      // Without sessions, the daemon cannot know which request is meant: the end of its connection tells it.
      open.get(message.params?.requestId)?.abort()
      continue
    }
    const ending = new AbortController()
    if (message.id !== undefined) open.set(message.id, ending)
    const forwarded = forward(message, ending.signal, { connection, output }).finally(() => {
      forwarding.delete(forwarded)
      if (open.get(message.id) === ending) open.delete(message.id)
    })
    forwarding.add(forwarded)
  }
  await Promise.all(forwarding)
}

/**
 * @param {string} line
 * @returns {Message | null}
 */
function parse(line) {
  try {
    return JSON.parse(line)
  } catch {
    return null
  }
}

/**
 * Sends one message to the daemon. A request always gets an answer, unless it was cancelled.
 *
 * @param {Message} message
 * @param {AbortSignal} signal
 * @param {Ends} ends
 */
async function forward(message, signal, { connection, output }) {
  let isAnswered = message.id === undefined || message.method === undefined
  try {
    // Any request but a call of a tool may be sent again if the daemon was replaced or has ended.
    const retry = message.method !== 'tools/call'
    const body = JSON.stringify(message)
    const reply = await connection.fetch('/mcp', { method: 'POST', headers: HEADERS, body, retry, signal })
    if (!reply.ok) throw new Error(`status ${reply.status}: ${await reply.text()}`)
    for await (const event of eventsIn(reply.body)) {
      isAnswered ||= parse(event)?.id === message.id
      output.write(`${event}\n`)
    }
    if (!isAnswered) throw new Error('the daemon has left before it answered')
  } catch (error) {
    if (isAnswered || signal.aborted) return
    const failure = { code: SERVER_ERROR, message: error instanceof Error ? error.message : String(error) }
    output.write(`${JSON.stringify({ jsonrpc: '2.0', id: message.id, error: failure })}\n`)
  }
}

/**
 * Reads the data of server-sent events. A part may have several of them, or half of one.
 *
 * @param {AsyncIterable<Uint8Array>} body
 */
async function* eventsIn(body) {
  const decoder = new TextDecoder()
  let pending = ''
  for await (const part of body) {
    const events = (pending + decoder.decode(part, { stream: true })).split('\n\n')
    pending = events.pop() ?? ''
    for (const event of events) {
      const data = event.split('\n').filter((line) => line.startsWith('data: '))
      if (data.length > 0) yield data.map((line) => line.slice('data: '.length)).join('')
    }
  }
}
