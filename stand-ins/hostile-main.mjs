// @ts-check
import { writeSync } from 'node:fs'
import { createServer as createHttpServer } from 'node:http'
import { connect, createServer } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { replies } from './hostile-replies.mjs'

/** A process that misbehaves on a port: `hostile-main.mjs KIND PORT HOST`, details as JSON in `HOSTILE`. */

const PORT_BUSY = 98
const [, , kind = '', portText = '0', host = '127.0.0.1'] = process.argv
const port = Number(portText)
/** @type {{ payload?: unknown, delayMs?: number }} */
const { payload, delayMs } = JSON.parse(process.env['HOSTILE'] ?? '{}')

if (kind === 'sleep') doNothing()
else if (kind === 'http') listen(thirdPartyServer())
else if (kind === 'full-backlog') listen(createServer(), 1, fillBacklog)
else listen(rawServer())

function doNothing() {
  setInterval(() => {}, 2 ** 30)
  ready()
}

function ready() {
  writeSync(1, 'ready\n')
}

/** @param {import('node:net').Server} server */
function listen(server, backlog = 511, whenListening = ready) {
  server.on('error', (error) => {
    writeSync(2, `${error.message}\n`)
    process.exit('code' in error && error.code === 'EADDRINUSE' ? PORT_BUSY : 1)
  })
  server.listen({ port, host, backlog }, whenListening)
}

function rawServer() {
  const reply = replies[kind]
  if (!reply) throw new Error(`unknown kind of hostile listener: ${kind}`)
  return createServer((socket) => {
    socket.on('error', () => {})
    socket.once('data', async (chunk) => {
      const path = String(chunk).split(' ', 2)[1] ?? ''
      if (delayMs !== undefined && kind !== 'drip') await sleep(delayMs)
      await reply(socket, { port, path, payload, delayMs })
    })
  })
}

/** A third party's web server, which answers every path with a page. */
function thirdPartyServer() {
  return createHttpServer(async (_request, response) => {
    if (delayMs !== undefined) await sleep(delayMs)
    response.setHeader('Content-Type', 'text/html').end('<!DOCTYPE html><title>It works</title>\n')
  })
}

/**
 * Fills its own accept queue, then blocks the event loop forever: nothing is accepted, and the kernel drops new
 * connections, so that a connect neither succeeds nor fails. Its own sockets connect in the ticks queued before
 * the one that blocks.
 */
function fillBacklog() {
  const target = host === '0.0.0.0' ? '127.0.0.1' : host === '::' ? '::1' : host
  for (let i = 0; i < 3; i += 1) connect(port, target).on('error', () => {})
  process.nextTick(() => {
    ready()
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0)
  })
}
