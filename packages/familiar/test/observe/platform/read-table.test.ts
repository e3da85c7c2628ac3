import { mkdirSync, writeFileSync } from 'node:fs'
import { connect, createServer, type Server, type Socket } from 'node:net'
import { once } from 'node:events'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { linux } from '../../../src/observe/platform/linux.js'
import { hasAllListeners, isPastListeners } from '../../../src/observe/platform/parse-proc.js'
import { readFile, readTable } from '../../../src/observe/platform/read-quietly.js'
import { makeHome } from '../../helpers/homes.js'
import { leaveNothing } from '../../helpers/leaks.js'

leaveNothing()

const ROW = `${'x'.repeat(149)}\n`

/** Writes a file with this many rows, and returns its path. */
function tableOf(rows: number): string {
  const path = join(makeHome(), 'table')
  writeFileSync(path, ROW.repeat(rows))
  return path
}

async function listen(): Promise<Server> {
  const server = createServer((socket) => socket.on('error', () => undefined)).listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => void server.close())
  return server
}

function portOf(server: Server): number {
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('it does not listen')
  return address.port
}

async function connectTo(port: number): Promise<Socket> {
  const socket = connect(port, '127.0.0.1')
  await once(socket, 'connect')
  onTestFinished(() => void socket.destroy())
  return socket
}

const listenersIn = (text: string): readonly string[] =>
  text.split('\n').filter((row) => /^ *\d+: \S+ \S+ 0A /.test(row))

describe('a table', () => {
  it.for([0, 1, 23, 24, 27, 28, 200, 2_000])('of %i rows is read whole', (rows) => {
    expect(readTable(tableOf(rows))).toBe(ROW.repeat(rows))
  })

  it('is read no further than where it is enough', () => {
    const text = readTable(tableOf(2_000), (read) => read.length >= 60_000) ?? ''
    expect(text.length).toBeGreaterThanOrEqual(60_000)
    expect(text.length).toBeLessThan(150 * 2_000)
  })

  it('that is absent, or is a directory, is null', () => {
    const home = makeHome()
    mkdirSync(join(home, 'directory'))
    expect(readTable(join(home, 'absent'))).toBeNull()
    expect(readTable(join(home, 'directory'))).toBeNull()
  })
})

describe('/proc/net/tcp', () => {
  it('gives every listener, however many connections there are', async () => {
    const servers = await Promise.all(Array.from({ length: 80 }, listen))
    const ports = servers.map(portOf)
    await Promise.all(ports.flatMap((port) => [connectTo(port), connectTo(port)]))
    const text = readTable('/proc/net/tcp', hasAllListeners) ?? ''
    const whole = readFile('/proc/net/tcp') ?? ''
    const hexes = ports.map((port) => port.toString(16).toUpperCase().padStart(4, '0'))
    for (const hex of hexes) expect(listenersIn(text).some((row) => row.includes(`:${hex} `))).toBe(true)
    expect(listenersIn(text).length).toBeGreaterThanOrEqual(80)
    // What the kernel promises, and what this rests on: no listener comes after another socket.
    const states = [...whole.matchAll(/^ *\d+: \S+ \S+ ([0-9A-F]{2}) /gm)].map(([, state]) => state)
    expect(states.lastIndexOf('0A')).toBeLessThan(states.findIndex((state) => state !== '0A'))
    const found = await linux.listeners({ from: 1, to: 65_536 }, AbortSignal.timeout(60_000))
    const seen = new Set(found.map(({ port }) => port))
    expect(ports.filter((port) => !seen.has(port))).toEqual([])
  })
})

describe('isPastListeners', () => {
  const listener = '   0: 0100007F:24B8 00000000:0000 0A 00000000:00000000\n'
  it.for([
    ['only the head', '  sl  local_address rem_address   st\n', false],
    ['listeners', `  sl  local\n${listener}${listener}`, false],
    ['a connection behind them', `${listener}   1: 0100007F:24B8 0100007F:C001 01 00000000\n`, true],
    ['one that waits to end', `  12: 0100007F:24B8 0100007F:C001 06 00000000\n`, true],
    ['a row that is cut before its state', `${listener}   1: 0100007F:24B8 0100007F:C001`, false],
    ['a row that is cut within its state', `${listener}   1: 0100007F:24B8 0100007F:C001 0`, false],
  ] as const)('%s', ([, text, isPast]) => {
    expect(isPastListeners(text)).toBe(isPast)
  })
})

describe('hasAllListeners', () => {
  const head = '  sl  local_address rem_address   st\n'
  const connection = '   1: 0100007F:24B8 0100007F:C001 01 00000000\n'
  it.for([
    ['the end', head, 0, true],
    ['a page with room for another row', head, 3_583, true],
    ['a page that is full of listeners', head, 3_900, false],
    ['a full page with a connection', `${head}${connection}`, 3_900, true],
  ] as const)('%s', ([, text, bytes, hasAll]) => {
    expect(hasAllListeners(text, bytes)).toBe(hasAll)
  })
})
