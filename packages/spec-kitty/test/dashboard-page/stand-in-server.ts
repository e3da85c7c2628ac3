import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { MissionReply, NowReply } from '../../src/dashboard/api.js'
import { CONTENT_SECURITY_POLICY } from '../../src/dashboard/content-security-policy.js'

const PAGE = new URL('../../dist/dashboard/page/', import.meta.url)

/** What the dashboard says first. */
const ANYTHING_CHANGED = 'event: changed\ndata: {"missions":null}\n\n'

const TYPES: Readonly<Record<string, string>> = {
  html: 'text/html; charset=utf-8',
  js: 'text/javascript; charset=utf-8',
  css: 'text/css; charset=utf-8',
  svg: 'image/svg+xml',
}

/** What happens now, if nothing does. */
export const NOTHING_NOW: NowReply = {
  generated_at: '2026-01-01T00:00:00Z',
  working: [],
  waiting: [],
  stalled: [],
  ready_to_start: [],
  ready_to_merge: [],
  unreadable: [],
  decisions: [],
  counts: {
    working: 0,
    waiting: 0,
    stalled: 0,
    ready_to_start: 0,
    ready_to_merge: 0,
    unreadable: 0,
    decisions: 0,
  },
}

/** A mission without work packages. */
export function emptyMission(title: string): MissionReply {
  return {
    id: 'm',
    title,
    progress: null,
    counts: { planned: 0, doing: 0, for_review: 0, approved: 0, done: 0 },
    not_finalised: 0,
    unread_lanes: 0,
    lanes_in_doubt: 0,
    unreadable: [],
    unknown_lanes: 0,
    updated_at: null,
    updated_from: null,
    problem_count: 0,
    work_packages: [],
    purpose: null,
    section: 'active',
    state: 'empty',
    state_words: 'no work packages yet',
    merge_commit: null,
    merged_at: null,
    discarded_at: null,
    lanes: {},
    agents: [],
    waiting_count: 0,
    stalled_count: 0,
    decision_count: 0,
    open_decisions: [],
    next_command: null,
    flow: { days: [], packages: [] },
    documents: [],
    worktrees: [],
    problems: [],
  }
}

/** A reply that never comes. */
export const NEVER = Symbol('never')

/** An event as the dashboard sends it. */
export function eventText(name: string, data: unknown, id?: string): string {
  return `${id === undefined ? '' : `id: ${id}\n`}event: ${name}\ndata: ${JSON.stringify(data)}\n\n`
}

/**
 * Serves the built page, with replies that a test makes up: what no real project contains must be shown too. `said` is
 * what the event stream begins with, and `headers` are those of every reply. Nothing happens now, unless a reply says so.
 * A reply may be a function that makes it for each request. While `isFull` returns true, there is no room for a stream.
 */
export async function servePage(
  replies: Map<string, unknown>,
  said: string | (() => string) = ANYTHING_CHANGED,
  headers: Readonly<Record<string, string>> | (() => Readonly<Record<string, string>>) = {},
  isFull: () => boolean = () => false,
) {
  const streams = new Set<ServerResponse>()
  const waiting = new Set<ServerResponse>()
  const server = createServer((request, response) => {
    const path = request.url ?? '/'
    response.setHeader('content-security-policy', CONTENT_SECURITY_POLICY)
    const more = typeof headers === 'function' ? headers() : headers
    for (const [name, value] of Object.entries(more)) response.setHeader(name, value)
    if (path.split('?')[0] === '/api/events') openStream(response)
    else if (replies.get(path) === NEVER) waiting.add(response)
    else if (path === '/api/now') answer(response, replies.get(path) ?? NOTHING_NOW)
    else if (path.startsWith('/api/')) void made(replies.get(path)).then((reply) => answer(response, reply))
    else void sendFile(response, path === '/' ? 'index.html' : path.slice(1))
  })
  const openStream = (response: ServerResponse) => {
    if (isFull()) {
      response.writeHead(503, { 'retry-after': '1', connection: 'close' }).end()
      return
    }
    streams.add(response)
    const first = typeof said === 'string' ? said : said()
    response.writeHead(200, { 'content-type': 'text/event-stream' }).write(first)
  }
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}/`,
    /** Says more in all open streams. */
    speak: (more: string) => {
      for (const stream of streams) stream.write(more)
    },
    /** Ends all open streams. */
    endStreams: () => {
      for (const stream of streams) stream.destroy()
      streams.clear()
    },
    /** Answers all requests that wait for a reply with a part of one. */
    breakReplies: () => {
      for (const response of waiting) response.writeHead(200).end('{')
      waiting.clear()
    },
    close: async () => {
      if (!server.listening) return
      const closed = once(server, 'close')
      server.close()
      server.closeAllConnections()
      await closed
    },
  }
}

async function made(reply: unknown): Promise<unknown> {
  return typeof reply === 'function' ? (reply as () => unknown)() : reply
}

function answer(response: ServerResponse, reply: unknown) {
  response.writeHead(reply === undefined ? 404 : 200, { 'content-type': 'application/json' })
  response.end(JSON.stringify(reply ?? {}))
}

async function sendFile(response: ServerResponse, name: string) {
  const file = await readFile(new URL(name, PAGE)).catch(() => null)
  const type = TYPES[name.split('.').at(-1) ?? ''] ?? 'text/plain'
  response.writeHead(file === null ? 404 : 200, { 'content-type': type }).end(file ?? '')
}
