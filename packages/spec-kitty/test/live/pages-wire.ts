import { request, type IncomingMessage } from 'node:http'

/** What a dashboard answered. */
export interface Reply {
  readonly status: number
  readonly headers: IncomingMessage['headers']
  readonly text: string
}

/** Asks for a path exactly as it is written: nothing of it is decoded, normalised or encoded here. */
export async function get(
  port: number,
  path: string,
  headers: Readonly<Record<string, string>> = {},
  method = 'GET',
): Promise<Reply> {
  const message = await open(port, path, headers, method)
  const chunks: Buffer[] = []
  for await (const chunk of message as AsyncIterable<Buffer>) chunks.push(chunk)
  const text = Buffer.concat(chunks).toString('utf8')
  return { status: message.statusCode ?? 0, headers: message.headers, text }
}

/** The same, for an answer that must be 200 and JSON. */
export async function getJson(port: number, path: string): Promise<any> {
  const { status, text } = await get(port, path)
  if (status !== 200) throw new Error(`${path}: ${status} ${text}`)
  return JSON.parse(text)
}

function open(
  port: number,
  path: string,
  headers: Readonly<Record<string, string>>,
  method: string,
): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const sent = request({ host: '127.0.0.1', port, path, method, headers: { ...headers }, agent: false })
    sent.once('response', resolve)
    sent.once('error', reject)
    sent.end()
  })
}

export interface WireEvent {
  readonly name: string
  readonly data: any
}

/** An open event stream. */
export interface EventStream {
  readonly headers: IncomingMessage['headers']
  /** The data of the events so far that tell of changes. */
  readonly events: readonly unknown[]
  /** All events so far. */
  readonly all: readonly WireEvent[]
  /** The next change that is told from now on, and how long it took; null when none comes in that time. */
  next(withinMs: number): Promise<{ readonly data: unknown; readonly ms: number } | null>
  close(): void
}

export async function openEvents(port: number): Promise<EventStream> {
  const message = await open(port, '/api/events', {}, 'GET')
  const events: unknown[] = []
  const all: WireEvent[] = []
  const waiting = new Set<() => void>()
  let text = ''
  message.setEncoding('utf8')
  message.on('error', () => undefined)
  message.on('data', (chunk: string) => {
    text += chunk
    for (let end = text.indexOf('\n\n'); end >= 0; end = text.indexOf('\n\n')) {
      const event = eventOf(text.slice(0, end))
      all.push(event)
      if (event.name === 'changed') events.push(event.data)
      text = text.slice(end + 2)
    }
    for (const wake of waiting) wake()
  })
  return {
    headers: message.headers,
    events,
    all,
    next: (withinMs) => {
      const [began, seen] = [performance.now(), events.length]
      return new Promise((resolve) => {
        const wake = (): void => {
          if (events.length > seen) done({ data: events[seen], ms: performance.now() - began })
        }
        const timer = setTimeout(() => done(null), withinMs)
        const done = (what: Awaited<ReturnType<EventStream['next']>>): void => {
          clearTimeout(timer)
          waiting.delete(wake)
          resolve(what)
        }
        waiting.add(wake)
      })
    },
    close: () => void message.destroy(),
  }
}

function eventOf(text: string): WireEvent {
  const [, name, data] = /^(?:id: \S+\n)?event: (hello|watch|changed|heartbeat)\ndata: (.*)$/.exec(text) ?? []
  if (name === undefined || data === undefined) throw new Error(`no event of ours: ${text}`)
  return { name, data: JSON.parse(data) }
}
