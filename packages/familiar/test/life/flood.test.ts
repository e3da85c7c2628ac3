import { readFileSync } from 'node:fs'
import { connect, type Socket } from 'node:net'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { leaveNoDaemons, UNHURRIED } from '../helpers/daemons.js'
import { eventually } from '../helpers/eventually.js'
import { portsOf } from '../helpers/ports.js'
import { startRetiring, type Retiring } from '../helpers/retiring.js'
import { ask, mute } from '../helpers/wire.js'

/** Any local user may connect, and needs no token to. What such clients send, ask for or leave unread is bounded. */
const ports = portsOf('life/flood')

leaveNoDaemons(ports)

/** A daemon without clients takes 70 MiB, 32 may be unsent, and the rest is garbage that is collected late. */
const MOST_MIB = 256

let open: (() => void)[] = []

afterEach(() => {
  for (const end of open) end()
  open = []
})

function start(): Promise<Retiring> {
  return startRetiring(ports, { timing: UNHURRIED, args: ['--pages=yes'] })
}

function head({ port }: Retiring, line: string, more = ''): string {
  return `${line}\r\nHost: 127.0.0.1:${port}\r\n${more}\r\n`
}

/** Many clients that say this and read nothing. Meanwhile the daemon answers others. */
async function flood(daemon: Retiring, count: number, bytes: string): Promise<void> {
  for (let time = 0; time < count; time++) open.push(mute(daemon.port, bytes).end)
  expect((await ask(daemon.port, '/api/health')).status).toBe(200)
}

/** Waits until the daemon has ended every connection, and returns the most memory that it ever had. */
async function peakMib({ port, pid }: Retiring): Promise<number> {
  await vi.waitFor(() => expect(establishedAt(port)).toBe(0), { timeout: 20_000, interval: 200 })
  const status = readFileSync(`/proc/${pid}/status`, 'utf8')
  return Number(/^VmHWM:\s*(\d+)/m.exec(status)?.[1]) / 1024
}

/** How many of the daemon's ends of connections are established: a client that reads nothing does not learn of the end. */
function establishedAt(port: number): number {
  const hex = port.toString(16).toUpperCase().padStart(4, '0')
  const rows = readFileSync('/proc/net/tcp', 'utf8').split('\n')
  const columns = rows.map((row) => row.trim().split(/\s+/))
  return columns.filter(([, local = '', , state]) => local.endsWith(`:${hex}`) && state === '01').length
}

const MIB = 1024 * 1024

describe('a daemon does not grow by', () => {
  it('100 replies of 4 MiB that are not read: they are cut off, and others get theirs', async () => {
    const daemon = await start()
    await flood(daemon, 100, head(daemon, 'GET /large/4 HTTP/1.1'))
    expect((await ask(daemon.port, '/large/1')).text.length).toBe(MIB)
    expect(await peakMib(daemon)).toBeLessThan(MOST_MIB)
  })

  it.for([
    ['HTTP/1.1', (daemon: Retiring) => head(daemon, 'GET /none HTTP/1.1')],
    ['HTTP/1.1, without a host', () => 'GET / HTTP/1.1\r\n\r\n'],
    [
      'HTTP/1.0',
      (daemon: Retiring) => head(daemon, 'GET /slow/20000 HTTP/1.0', 'Connection: keep-alive\r\n'),
    ],
  ] as const)('what comes behind the request for a stream: %s', async ([version, next]) => {
    const daemon = await start()
    const first = head(daemon, `GET /events ${version.slice(0, 8)}`, 'Connection: keep-alive\r\n')
    await flood(daemon, 24, first + next(daemon).repeat(5_000))
    expect(await peakMib(daemon)).toBeLessThan(MOST_MIB)
  })

  it('heads that do not end, and bodies of 1 MiB that need a token or that a page did not ask for', async () => {
    const daemon = await start()
    await flood(daemon, 300, head(daemon, 'GET / HTTP/1.1', 'a: b\r\n'.repeat(2_500)).slice(0, -2))
    const body = `Content-Type: application/json\r\nContent-Length: ${MIB + 1}\r\n`
    await flood(daemon, 300, head(daemon, 'POST /api/slow HTTP/1.1', body) + 'x'.repeat(MIB))
    await flood(daemon, 250, head(daemon, 'GET /slow/1000 HTTP/1.1', body) + 'x'.repeat(MIB))
    expect(await peakMib(daemon)).toBeLessThan(MOST_MIB)
  })
})

describe('where more is unsent than may be,', () => {
  it('who reads slowly keeps a reply, and who does not read at all loses it', async () => {
    const daemon = await start()
    const reader = connect({ host: '127.0.0.1', port: daemon.port })
    open.push(() => reader.destroy())
    reader.write(head(daemon, 'GET /large/24 HTTP/1.1'))
    let bytes = 0
    for (let step = 0; step < 12; step++) {
      bytes += await readAtLeast(reader, 2 * MIB)
      await flood(daemon, 1, head(daemon, 'GET /large/4 HTTP/1.1'))
    }
    bytes += await readAtLeast(reader, Number.POSITIVE_INFINITY)
    expect(bytes).toBeGreaterThan(24 * MIB)
    expect(establishedAt(daemon.port)).toBeLessThan(12)
  })

  it('the 257th request at once is told to come again, and is answered then', async () => {
    const daemon = await start()
    // In two halves: if this process is slow to ask, the daemon accepts all before, and only 256 may wait to ask.
    for (const half of [128, 128]) await flood(daemon, half, head(daemon, 'GET /waits HTTP/1.1'))
    const refused = await ask(daemon.port, '/')
    expect([refused.status, refused.headers['retry-after']]).toEqual([503, '1'])
    expect((await daemon.post('/api/slow', { ms: 0 })).status).toBe(200)
    for (const end of open) end()
    await eventually(async () => expect((await ask(daemon.port, '/gone')).text).toBe('256'))
  })
})

/** Reads so much, or up to the end. Returns how much it was. */
async function readAtLeast(socket: Socket, bytes: number): Promise<number> {
  let read = 0
  while (read < bytes && !socket.readableEnded) {
    const chunk = socket.read() as Buffer | null
    if (chunk === null)
      await new Promise((resolve) => void (socket.once('readable', resolve), socket.once('end', resolve)))
    else read += chunk.length
  }
  return read
}
