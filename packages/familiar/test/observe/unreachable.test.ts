import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { describe, expect, inject, it } from 'vitest'
import { leaveNothing } from '../helpers/leaks.js'
import { portsIn, portsOf } from '../helpers/ports.js'
import { refusingCalls } from '../helpers/refuse-calls.js'
import { startServer } from '../helpers/server.js'
import { needCommand } from '../helpers/skip.js'

const ports = portsOf('observe/unreachable')
const nextPort = portsIn(ports)

const ASKER = join(inject('processes'), 'ask-process.mjs')

leaveNothing(ports)

const UNREACHABLE = {
  request: 'unreachable',
  probe: { kind: 'unreachable' },
  handshake: { outcome: 'unreachable' },
  fetch: { code: 'E_DAEMON_UNREACHABLE', retry: false },
}
const NO_ANSWER = {
  request: null,
  probe: { kind: 'silent' },
  handshake: { outcome: 'no_response' },
  fetch: { code: 'E_DAEMON_UNREACHABLE', retry: true },
}
const lack = { code: 'E_RESOURCES', retry: true }
const LACK = { request: lack, probe: lack, handshake: lack, fetch: lack }

/** Asks a port, from a process of its own. */
function ask(prefix: readonly string[], port: number, state = '') {
  const [command, ...args] = [...prefix, process.execPath, ASKER, String(port), state]
  const { stdout, stderr } = spawnSync(command, args, { encoding: 'utf8' })
  if (stdout === '') throw new Error(stderr)
  return JSON.parse(stdout) as unknown
}

describe('a port that this process cannot get to', () => {
  it.for([
    'connect=EPERM',
    'connect=EACCES',
    'connect=ENETUNREACH',
    'connect=EADDRNOTAVAIL',
    'connect=EHOSTUNREACH',
    'connect=ENETDOWN',
    'socket=EPERM',
    'socket=EACCES',
    'socket=EAFNOSUPPORT',
  ])('is unreachable, and says nothing about the listener (%s)', (rule, context) => {
    expect(ask(refusingCalls(context, rule), nextPort())).toEqual(UNREACHABLE)
  })

  it('is unreachable where the loopback interface is down', (context) => {
    const prefix = ['unshare', '--net']
    needCommand(context, 'unshare', ['--net'])
    expect(ask(prefix, nextPort())).toEqual(UNREACHABLE)
  })
})

describe('a port that does not answer', () => {
  it('is one where nothing listens', () => {
    expect(ask([], nextPort())).toEqual(NO_ANSWER)
  })

  it.for(['connect=ECONNREFUSED', 'connect=ETIMEDOUT', 'connect=ECONNRESET'])(
    'is one with %s',
    (rule, context) => {
      expect(ask(refusingCalls(context, rule), nextPort())).toEqual(NO_ANSWER)
    },
  )
})

describe('a lack of our own is an error, and no answer', () => {
  it.for([
    'connect=EAGAIN',
    'connect=ENOBUFS',
    'connect=ENOMEM',
    'socket=EMFILE',
    'socket=ENFILE',
    'socket=ENOBUFS',
    'socket=ENOMEM',
  ])('%s', (rule, context) => {
    expect(ask(refusingCalls(context, rule), nextPort())).toEqual(LACK)
  })

  it('a process without descriptors, and a listener that would answer', async (context) => {
    needCommand(context, 'prlimit', ['--nofile=64:64'])
    const port = nextPort()
    const server = await startServer({ host: '127.0.0.1', port }, (socket) =>
      socket.end('HTTP/1.0 200 OK\r\n\r\n{}'),
    )
    try {
      expect(ask(['prlimit', '--nofile=64:64'], port, 'full')).toEqual(LACK)
    } finally {
      await server.close()
    }
  })
})
