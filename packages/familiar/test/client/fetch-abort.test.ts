import { getEventListeners } from 'node:events'
import { describe, expect, it } from 'vitest'
import { fetchFrom, fetchWithRetry, type FetchInit, type Reply } from '../../src/client/fetch.js'
import { HANDSHAKE_MS } from '../../src/observe/probe-health.js'
import { eventually } from '../helpers/eventually.js'
import { leaveNothing } from '../helpers/leaks.js'
import { family, proofReply, startDaemon, startRaw, startRawDaemon } from '../helpers/stand-in.js'

leaveNothing()

const REASON = new Error('the user has had enough')

const BEGUN = 'HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhello'

/** An abort of one request: its signal is aborted by the test, and no listener may be left on it. */
function aborter() {
  const controller = new AbortController()
  return {
    signal: controller.signal,
    abort: () => controller.abort(REASON),
    listeners: () => getEventListeners(controller.signal, 'abort').length,
  }
}

async function* endless(): AsyncGenerator<Uint8Array> {
  for (;;) yield Buffer.alloc(1024)
}

async function* stuck(): AsyncGenerator<Uint8Array> {
  yield Buffer.from('a')
  await new Promise(() => {})
}

describe('an abort rejects with its reason, closes the connection and leaves no listener', () => {
  it('before the request: then nothing is sent', async () => {
    const daemon = await startDaemon((_, response) => response.end())
    const { signal, abort, listeners } = aborter()
    abort()
    await expect(fetchFrom(family, daemon.record, '/', { signal })).rejects.toBe(REASON)
    await expect(
      fetchWithRetry(family, daemon.record, () => Promise.resolve(daemon.record), '/', { signal }),
    ).rejects.toBe(REASON)
    expect([daemon.connections(), listeners()]).toEqual([0, 0])
  })

  it('in the tick in which it begins', async () => {
    const daemon = await startDaemon((_, response) => response.end())
    const { signal, abort, listeners } = aborter()
    const sent = fetchFrom(family, daemon.record, '/', { signal })
    abort()
    await expect(sent).rejects.toBe(REASON)
    await eventually(() => expect([daemon.open(), listeners()]).toEqual([0, 0]))
  })

  it('while the proof is awaited', async () => {
    const { signal, abort, listeners } = aborter()
    const daemon = await startRaw(abort)
    await expect(fetchFrom(family, daemon.record, '/', { signal })).rejects.toBe(REASON)
    await eventually(() => expect([daemon.open(), listeners()]).toEqual([0, 0]))
  })

  it.for([
    ['a request without body', {}],
    ['a request with a body', { method: 'POST', body: 'x' }],
    ['a stream that is being sent', { method: 'POST', body: endless() }],
    ['a stream that is waited for', { method: 'POST', body: stuck() }],
  ] as const)('while the reply is awaited: %s', async ([, init]) => {
    for (const afterProof of ['keep-alive', 'close'] as const) {
      const { signal, abort, listeners } = aborter()
      const daemon = await startRawDaemon(abort, { afterProof })
      await expect(fetchFrom(family, daemon.record, '/', { ...init, signal })).rejects.toBe(REASON)
      expect(listeners()).toBe(0)
      await eventually(() => expect(daemon.open()).toBe(0))
    }
  })

  it('between the head of the reply and the reading of its body', async () => {
    const { signal, abort, listeners } = aborter()
    const daemon = await startRawDaemon((socket) => socket.write(BEGUN))
    const reply = await fetchFrom(family, daemon.record, '/', { signal })
    abort()
    expect(listeners()).toBe(0)
    await eventually(() => expect(daemon.open()).toBe(0))
    await expect(reply.text()).rejects.toBe(REASON)
  })

  it('after the whole reply arrived, before it is read', async () => {
    const { signal, abort, listeners } = aborter()
    const daemon = await startRawDaemon((socket) => {
      socket.end('HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello')
    })
    const reply = await fetchFrom(family, daemon.record, '/', { signal })
    await eventually(() => expect([daemon.open(), listeners()]).toEqual([0, 0]))
    abort()
    await expect(reply.text()).rejects.toBe(REASON)
  })

  it.for(['text', 'json', 'bytes'] as const)('while the body is read: %s', async (read) => {
    const { signal, abort, listeners } = aborter()
    const daemon = await startRawDaemon((socket) => socket.write(BEGUN))
    const reply = await fetchFrom(family, daemon.record, '/', { signal })
    const reading = reply[read]()
    setImmediate(abort)
    await expect(reading).rejects.toBe(REASON)
    await eventually(() => expect([daemon.open(), listeners()]).toEqual([0, 0]))
  })

  it('between two parts of the body', async () => {
    const { signal, abort, listeners } = aborter()
    const daemon = await startRawDaemon((socket) => socket.write(BEGUN))
    const reply = await fetchFrom(family, daemon.record, '/', { signal })
    const read = async (): Promise<void> => {
      for await (const part of reply.body) if (part.length > 0) abort()
    }
    await expect(read()).rejects.toBe(REASON)
    await eventually(() => expect([daemon.open(), listeners()]).toEqual([0, 0]))
  })

  it('while it is connected again', async () => {
    const gone = await startDaemon(() => undefined)
    await gone.close()
    const { signal, abort, listeners } = aborter()
    const sent = fetchWithRetry(
      family,
      gone.record,
      () => {
        abort()
        return new Promise(() => {})
      },
      '/',
      { signal },
    )
    await expect(sent).rejects.toBe(REASON)
    expect(listeners()).toBe(0)
  })

  it('with a reason that is no error', async () => {
    const daemon = await startRawDaemon(() => undefined)
    const controller = new AbortController()
    const sent = fetchFrom(family, daemon.record, '/', { signal: controller.signal })
    controller.abort(null)
    await expect(sent).rejects.toBe(null)
  })
})

describe('without an abort', () => {
  it.for([
    ['a reply', (reply: Reply) => reply.text()],
    [
      'half a reply',
      async (reply: Reply) => {
        for await (const _ of reply.body) break
      },
    ],
  ] as const)('%s leaves no listener', async ([, read]) => {
    const { signal, abort, listeners } = aborter()
    const daemon = await startDaemon((_, response) => response.end('x'.repeat(100_000)))
    await read(await fetchFrom(family, daemon.record, '/', { signal }))
    expect(listeners()).toBe(0)
    abort()
  })

  it.for([
    ['a failed proof', startRaw],
    ['no reply', startRawDaemon],
  ] as const)('%s leaves no listener', async ([, start]) => {
    const { signal, listeners } = aborter()
    const daemon = await start((socket) => void socket.destroy())
    await expect(fetchFrom(family, daemon.record, '/', { signal })).rejects.toThrow('sync daemon')
    expect(listeners()).toBe(0)
  })
})

/** Answers when the test says so. */
async function startSlow() {
  let answer = (): void => undefined
  const daemon = await startDaemon((message, response) => {
    message.resume()
    answer = () => void response.end('at last')
  })
  return { daemon, answer: () => answer() }
}

describe('a daemon that takes its time', () => {
  it.for([
    ['a request', {}],
    ['a body', { method: 'POST', body: 'x' }],
    ['a stream', { method: 'POST', body: oneOf('x') }],
  ] as readonly (readonly [string, FetchInit])[])('to begin its reply is given up: %s', async ([, init]) => {
    const { daemon } = await startSlow()
    const sent = fetchFrom(family, daemon.record, '/', { ...init, headersTimeoutMs: 250 })
    await expect(sent).rejects.toMatchObject({
      code: 'E_DAEMON_UNRESPONSIVE',
      message: expect.stringContaining('within 0.25 s; it may still do'),
    })
    await eventually(() => expect(daemon.open()).toBe(0))
  })

  it('to prove itself is waited for as long as for a reply', async () => {
    const daemon = await startRaw((socket, request) => {
      const isProof = !request.includes('authorization')
      const bytes = isProof
        ? proofReply(request, socket.localPort ?? 0, 'close')
        : 'HTTP/1.1 204 Fine\r\n\r\n'
      setTimeout(() => socket.end(bytes), isProof ? HANDSHAKE_MS + 200 : 0)
    })
    expect((await fetchFrom(family, daemon.record, '/')).status).toBe(204)
  })

  it('to take the body is given up', async () => {
    const daemon = await startRawDaemon((socket) => void socket.pause())
    const body = Buffer.alloc(64 * 1024 * 1024)
    const sent = fetchFrom(family, daemon.record, '/', { method: 'POST', body, headersTimeoutMs: 250 })
    await expect(sent).rejects.toMatchObject({ code: 'E_DAEMON_UNRESPONSIVE' })
  })

  it('for the body of its reply may take any time', async () => {
    const daemon = await startDaemon((_, response) => {
      response.write('one ')
      setTimeout(() => response.end('two'), 600)
    })
    const reply = await fetchFrom(family, daemon.record, '/', { headersTimeoutMs: 250 })
    expect(await reply.text()).toBe('one two')
  })

  it('and waits for a slow stream is not given up', async () => {
    async function* slow(): AsyncGenerator<Uint8Array> {
      for (const part of ['one ', 'two']) {
        await new Promise((resolve) => setTimeout(resolve, 400))
        yield Buffer.from(part)
      }
    }
    const daemon = await startDaemon((message, response) => {
      const chunks: Buffer[] = []
      message.on('data', (chunk: Buffer) => chunks.push(chunk))
      message.on('end', () => response.end(Buffer.concat(chunks)))
    })
    const init = { method: 'POST', body: slow(), headersTimeoutMs: 250 }
    expect(await (await fetchFrom(family, daemon.record, '/', init)).text()).toBe('one two')
  })
})

async function* oneOf(text: string): AsyncGenerator<Uint8Array> {
  yield Buffer.from(text)
}
