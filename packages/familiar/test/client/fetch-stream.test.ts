import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { fetchFrom } from '../../src/client/fetch.js'
import { times } from '../helpers/counts.js'
import { eventually } from '../helpers/eventually.js'
import { figure } from '../helpers/figures.js'
import { MOST_ON_THE_WAY } from '../helpers/kernel-buffers.js'
import { leaveNothing } from '../helpers/leaks.js'
import { family, startDaemon, startRawDaemon, type Listener } from '../helpers/stand-in.js'

leaveNothing()

const MIB = 1024 * 1024

/** Far more than fits on the way. */
const TOTAL_BYTES = (2 * Math.ceil(MOST_ON_THE_WAY / MIB) + times(32, 1024)) * MIB

const PART = Buffer.alloc(MIB / 4, 'x')

/** The event loop has gone around often enough for everything that does not wait to have happened. */
async function settle(): Promise<void> {
  for (let turn = 0; turn < 500; turn++) await nextTurn()
}

/** A stream of that many bytes, and how many of them have been asked for. */
function counted(bytes: number) {
  const stream = { given: 0, isClosed: false, body }
  async function* body(): AsyncGenerator<Uint8Array> {
    try {
      while (stream.given < bytes) {
        stream.given += PART.length
        yield PART
      }
    } finally {
      stream.isClosed = true
    }
  }
  return stream
}

describe('a stream', () => {
  it('of any length goes there and back, and no more of it is kept than is on the way', async () => {
    const stream = counted(TOTAL_BYTES)
    let [atDaemon, back, mostThere, mostBack] = [0, 0, 0, 0]
    const daemon = await startDaemon((message, response) => {
      message.on('data', (chunk: Buffer) => {
        atDaemon += chunk.length
        mostThere = Math.max(mostThere, stream.given - atDaemon)
      })
      message.pipe(response)
    })
    const init = { method: 'POST', body: stream.body() }
    const reply = await fetchFrom(family, daemon.record, '/', init)
    for await (const part of reply.body) {
      back += part.length
      mostBack = Math.max(mostBack, atDaemon - back)
    }
    figure(`of ${TOTAL_BYTES / MIB} MiB, at most ${mostThere} bytes were on the way there, ${mostBack} back`)
    expect([atDaemon, back]).toEqual([TOTAL_BYTES, TOTAL_BYTES])
    expect(Math.max(mostThere, mostBack)).toBeLessThan(MOST_ON_THE_WAY)
  })

  it('is not read on while the daemon takes nothing', async () => {
    const stream = counted(Number.POSITIVE_INFINITY)
    const daemon = await startRawDaemon((socket) => void socket.pause())
    const stop = new AbortController()
    const sent = fetchFrom(family, daemon.record, '/', {
      method: 'POST',
      body: stream.body(),
      signal: stop.signal,
    }).catch(() => 'stopped')
    await eventually(() => expect(stream.given).toBeGreaterThan(0))
    await settle()
    expect(stream.given).toBeLessThan(MOST_ON_THE_WAY)
    stop.abort()
    expect(await sent).toBe('stopped')
    await eventually(() => expect(stream.isClosed).toBe(true))
  })

  it('is not sent on by the daemon while its reader takes nothing', async () => {
    let given = 0
    const daemon = await startDaemon((_, response) => {
      const more = (): void => {
        do given += PART.length
        while (response.write(PART))
      }
      response.on('drain', more)
      more()
    })
    const reply = await fetchFrom(family, daemon.record, '/')
    let taken = 0
    for await (const part of reply.body) {
      taken += part.length
      if (taken < MIB) continue
      await settle()
      expect(given - taken).toBeLessThan(MOST_ON_THE_WAY)
      break
    }
    await eventually(() => expect(daemon.open()).toBe(0))
  })

  it('that waits for its next part is told when the daemon goes away', async () => {
    let isClosed = false
    const body: AsyncIterable<Uint8Array> = {
      [Symbol.asyncIterator]: () => ({
        next: () => new Promise<never>(() => {}),
        return: async () => {
          isClosed = true
          return { done: true, value: undefined }
        },
      }),
    }
    const daemon = await startRawDaemon((socket) => void socket.destroy())
    const sent = fetchFrom(family, daemon.record, '/', { method: 'POST', body })
    await expect(sent).rejects.toMatchObject({ code: 'E_REQUEST_INTERRUPTED' })
    await eventually(() => expect(isClosed).toBe(true))
  })

  it('is read no further after a reply that needs no more of it', async () => {
    const stream = counted(Number.POSITIVE_INFINITY)
    const daemon = await startDaemon((message, response) => {
      message.once('data', () => response.writeHead(413).end('too large'))
      message.resume()
    })
    const reply = await fetchFrom(family, daemon.record, '/', { method: 'POST', body: stream.body() })
    expect([reply.status, await reply.text()]).toEqual([413, 'too large'])
    await eventually(() => expect([stream.isClosed, daemon.open()]).toEqual([true, 0]))
  })
})

describe('a reply that is complete', () => {
  it('ends the connection, although the daemon does not take the rest of the stream', async () => {
    const stream = counted(Number.POSITIVE_INFINITY)
    const daemon = await startRawDaemon((socket) => {
      socket.pause()
      socket.write('HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello')
    })
    const reply = await fetchFrom(family, daemon.record, '/', { method: 'POST', body: stream.body() })
    expect(await reply.text()).toBe('hello')
    await eventually(() => expect(stream.isClosed).toBe(true))
  })
})

const run = promisify(execFile)
const CLIENT = fileURLToPath(new URL('../fixtures/processes/fetch-client.mjs', import.meta.url))

/** Sends a request from a process of its own, and returns what that printed when it ended by itself. */
async function runClient(daemon: Listener, what: string): Promise<string> {
  const { stdout, stderr } = await run(process.execPath, [CLIENT, JSON.stringify(daemon.record), what])
  expect(stderr).toBe('')
  return stdout
}

describe('a process that has sent a request ends', () => {
  it('when the reply was read, although the daemon keeps the connection open', async () => {
    const daemon = await startRawDaemon((socket) => {
      socket.write('HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello')
    })
    expect(await runClient(daemon, 'text')).toBe('hello')
  })

  it('when the reply is not read, although it never ends', async () => {
    const daemon = await startRawDaemon((socket) => {
      socket.write('HTTP/1.1 200 OK\r\nContent-Length: 9999999\r\n\r\nhello')
    })
    expect(await runClient(daemon, 'head')).toBe('200')
  })

  it('not before the whole reply was read, however long that takes', async () => {
    const daemon = await startDaemon((_, response) => {
      response.write('one ')
      setTimeout(() => response.end('two'), 300)
    })
    expect(await runClient(daemon, 'text')).toBe('one two')
  })

  it('not before the whole stream was sent, although the reply has begun', async () => {
    const daemon = await startRawDaemon((socket) => {
      socket.write('HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhello')
      socket.on('data', () => {
        socket.pause()
        setTimeout(() => socket.resume(), 1)
      })
    })
    expect(await runClient(daemon, 'upload')).toBe('sent')
    await eventually(() => expect(daemon.open()).toBe(0))
    const received = daemon.received()
    expect(received.length).toBeGreaterThan(8 * MIB)
    expect(received.endsWith('\r\n0\r\n\r\n')).toBe(true)
  })

  it('when an abort has ended the request', async () => {
    const daemon = await startRawDaemon(() => undefined)
    expect(await runClient(daemon, 'abort')).toBe('enough')
  })

  it('and has not loaded the fetch of Node', async () => {
    const daemon = await startDaemon((_, response) => response.end('hello'))
    expect(await runClient(daemon, 'loaded')).toBe('[]')
  })
})
