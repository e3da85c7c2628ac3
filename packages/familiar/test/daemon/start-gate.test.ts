import { describe, expect, it } from 'vitest'
import type { ServerOptions } from '../../src/daemon/http-server.js'
import { createStartGate } from '../../src/daemon/start-gate.js'
import { eventually } from '../helpers/eventually.js'
import { leaveNoTalks, requestText, saidIn, talkTo, type Talk } from '../helpers/talk.js'
import { leaveNoServers, startWebServer } from '../helpers/web-server.js'

leaveNoTalks()
leaveNoServers()

/** A server whose work has not started, and what it has carried out. */
async function serve() {
  const gate = createStartGate()
  const done: string[] = []
  const handler = (name: string) => (request: Request) => {
    done.push(`${name} ${request.method}`)
    return new Response(name)
  }
  const options: Partial<ServerOptions> = {
    gate,
    handler: handler('handler'),
    publicHandler: handler('public'),
    routes: {
      'POST /route': async () => {
        done.push('route')
        return { status: 200, json: {} }
      },
      'POST /api/shutdown': async () => ({ status: 202, json: {} }),
    },
    pages: async ({ path }) => (path === '/page' ? { status: 200, headers: {}, body: 'a page' } : null),
  }
  const server = await startWebServer(options)
  const begin = (line: string, hasToken = true, body = ''): Talk => {
    const headers = hasToken ? { Authorization: server.authorization } : {}
    return talkTo(server.port, requestText(server.port, line, headers, body))
  }
  const ask = async (...asked: Parameters<typeof begin>) => saidIn(await begin(...asked).closed())
  return { ...server, gate, done, begin, ask }
}

/** What waits for the work, and how it is answered then. */
const WAITING = [
  ['a request with the token', 'GET /x', true, 'handler'],
  ['one with a body', 'POST /x', true, 'handler'],
  ['one of a browser', 'GET /x', false, 'public'],
  ['one for a route', 'POST /route', true, '{}'],
] as const

describe('before the work has started', () => {
  it.for(WAITING)('%s waits, and is answered then', async ([, line, hasToken, body]) => {
    const { gate, done, begin, activity } = await serve()
    const talk = begin(line, hasToken)
    await eventually(() => expect(activity.requests()).toBe(1))
    expect([done, talk.heard()]).toEqual([[], ''])
    gate.open()
    expect(saidIn(await talk.closed())).toMatchObject({ status: 200, body })
    expect(done).toHaveLength(1)
  })

  it.for(WAITING)(
    '%s is refused if it does not start, and nothing of it is done',
    async ([, line, hasToken]) => {
      const { gate, done, begin, ask, activity } = await serve()
      const talk = begin(line, hasToken)
      await eventually(() => expect(activity.requests()).toBe(1))
      gate.refuse('start_failed')
      gate.open()
      const refused = {
        status: 503,
        headers: expect.arrayContaining(['x-familiar-refused: not_begun']),
        body: '{"error":"start_failed"}',
        isWhole: true,
      }
      expect(saidIn(await talk.closed())).toMatchObject(refused)
      expect(await ask(line, hasToken)).toMatchObject(refused)
      expect(done).toEqual([])
    },
  )

  it('a client that goes is not waited for, and nothing is done for it', async () => {
    const { gate, done, begin, activity } = await serve()
    const talk = begin('GET /x')
    await eventually(() => expect(activity.requests()).toBe(1))
    talk.leave()
    await eventually(() => expect(activity.requests()).toBe(0))
    gate.open()
    expect(done).toEqual([])
  })

  it.for([
    ['health', 'GET /api/health', 200],
    ['a page', 'GET /page', 200],
    ['the request to shut down', 'POST /api/shutdown', 202],
    ['a wrong token', 'POST /x', 401],
  ] as const)('%s is answered at once', async ([name, line, status]) => {
    const { ask } = await serve()
    expect((await ask(line, name !== 'a wrong token')).status).toBe(status)
  })
})
