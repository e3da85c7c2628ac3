import { once } from 'node:events'
import { createServer as createHttpServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net'
import { onTestFinished } from 'vitest'
import { proofFor } from '../../src/protocol/challenge.js'
import type { DaemonRecord } from '../../src/protocol/record.js'
import { testFamily } from './family.js'

/** Daemons, and what may stand in their place, inside the process of the test: each answers what the test wants. */

/** The family of every daemon here. */
export const family = testFamily({ from: 1, to: 2 })

const IDENTITY = { token: 'a1'.repeat(32), instanceId: 'b2'.repeat(16) }

/** What no process but the daemon may ever see. */
export const TOKEN = IDENTITY.token

/** A listener that is closed, with all its connections, when the test ends. */
export interface Listener {
  readonly port: number
  /** What names it as the daemon. */
  readonly record: DaemonRecord
  /** How many connections it has got. */
  readonly connections: () => number
  /** How many of them are open. */
  readonly open: () => number
  /** Refuses new connections from now on. */
  readonly stopListening: () => void
  /** Closes it and all its connections, so that its port is free. */
  readonly close: () => Promise<void>
}

export interface RawListener extends Listener {
  /** Everything that it has got, on all connections. */
  readonly received: () => string
}

/** Listens on a port of the system's choice, unless one is given. */
async function listenOn(server: Server, port = 0): Promise<Listener> {
  const sockets = new Set<Socket>()
  let connections = 0
  // Before any other listener, which might pause the connection or end it.
  server.prependListener('connection', (socket) => {
    connections += 1
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket))
    socket.on('error', () => undefined)
  })
  server.listen(port, '127.0.0.1')
  await once(server, 'listening')
  const closed = once(server, 'close')
  const stopListening = (): void => void (server.listening && server.close())
  const close = async (): Promise<void> => {
    stopListening()
    for (const socket of sockets) socket.destroy()
    await closed
  }
  onTestFinished(close)
  const at = (server.address() as AddressInfo).port
  return {
    port: at,
    record: recordAt(at),
    connections: () => connections,
    open: () => sockets.size,
    stopListening,
    close,
  }
}

export function recordAt(port: number): DaemonRecord {
  return {
    implementation: 'own',
    scope: '/scope',
    pid: process.pid,
    startTime: null,
    port,
    running: true,
    packageVersion: '1.0.0',
    protocolVersion: 1,
    buildTime: null,
    executable: null,
    hostId: null,
    bootId: null,
    pidNamespace: null,
    startedAt: null,
    stopReason: null,
    stoppedAt: null,
    ...IDENTITY,
  }
}

/** The health reply of the daemon on a port, with the proof that the head of a request asks for. */
export function healthFor(head: string, port: number, token = IDENTITY.token): string {
  const nonce = /^x-familiar-nonce: ?(\S+)/im.exec(head)?.[1] ?? ''
  return JSON.stringify({
    status: 'ok',
    daemon_family: 'sync',
    singleton_scope_id: '/scope',
    protocol_version: 1,
    package_version: '1.0.0',
    owner: { pid: process.pid, port },
    proof: proofFor(nonce, { ...IDENTITY, token, pid: process.pid, port }),
  })
}

/** The reply of a daemon that proves itself, as it goes over the wire. */
export function proofReply(head: string, port: number, connection: 'keep-alive' | 'close'): string {
  const body = healthFor(head, port)
  return `HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\nConnection: ${connection}\r\n\r\n${body}`
}

export interface DaemonOptions {
  readonly port?: number
  /** What it says after a proof: an older one closes the connection. */
  readonly afterProof?: 'keep-alive' | 'close'
}

/**
 * A daemon that proves itself, keeps that connection for one more request, checks its token, and lets `handle` answer it. It
 * never closes a connection after a reply: to do that is up to the client.
 */
export async function startDaemon(
  handle: (message: IncomingMessage, response: ServerResponse) => void,
  { port, afterProof = 'keep-alive' }: DaemonOptions = {},
): Promise<Listener> {
  const server = createHttpServer({ keepAliveTimeout: 0 }, (message, response) => {
    const at = message.socket.localPort ?? 0
    if (message.url === '/api/health' && message.headers['x-familiar-nonce'] !== undefined) {
      const nonce = `x-familiar-nonce: ${String(message.headers['x-familiar-nonce'])}`
      const body = healthFor(nonce, at)
      response.writeHead(200, { 'content-length': body.length, connection: afterProof }).end(body)
    } else if (message.headers.authorization !== `Bearer ${TOKEN}`) {
      response.writeHead(401).end('{"error":"invalid_token"}')
    } else handle(message, response)
  })
  return listenOn(server, port)
}

/** A listener of raw bytes: `answer` gets each connection once it has sent the head of a request, and that head. */
export async function startRaw(
  answer: (socket: Socket, head: string) => void,
  port?: number,
): Promise<RawListener> {
  const received: Buffer[] = []
  const server = createServer((socket) => {
    let text = ''
    socket.on('data', (chunk: Buffer) => {
      received.push(chunk)
      const isNew = !text.includes('\r\n\r\n')
      text += chunk.toString('latin1')
      if (isNew && text.includes('\r\n\r\n')) answer(socket, text)
    })
  })
  const listener = await listenOn(server, port)
  return { ...listener, received: () => Buffer.concat(received).toString('latin1') }
}

/**
 * A daemon of raw bytes: it proves itself, and `answer` gets the connection once the head of the author's request has
 * arrived, and whatever else came with that.
 */
export async function startRawDaemon(
  answer: (socket: Socket, request: string) => void,
  { port, afterProof = 'keep-alive' }: DaemonOptions = {},
): Promise<RawListener> {
  return startRaw((socket, head) => {
    if (head.includes(`Bearer ${TOKEN}`) || head.includes('authorization')) return answer(socket, head)
    socket.write(proofReply(head, socket.localPort ?? 0, afterProof))
    if (afterProof === 'close') return void socket.end()
    let text = ''
    const collect = (chunk: Buffer): void => {
      text += chunk.toString('latin1')
      if (!text.includes('\r\n\r\n')) return
      socket.off('data', collect)
      answer(socket, text)
    }
    socket.on('data', collect)
  }, port)
}
