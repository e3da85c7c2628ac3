import { CommandError } from 'familiar/cli'
import { describe, expect, it } from 'vitest'
import type { Queue } from '../../../src/sync/queue/queue-types.js'
import type { ClosedReason, DrainLine, Gate } from '../../../src/sync/upload/upload-types.js'
import { eventually, settled } from '../../../../familiar/test/helpers/eventually.js'
import { endDispatching, linesOf, startDispatching, TOKEN } from '../../helpers/dispatching.js'
import * as answers from '../../helpers/sync-server.js'

endDispatching()

const A = '/a'
const B = '/b'
const finish = (lines: readonly DrainLine[]): DrainLine | undefined => lines.at(-1)
const sizes = ({ requests }: answers.SyncServer): readonly number[] => requests.map(({ ids }) => ids.length)
const unique = (ids: readonly string[]): readonly string[] => [...new Set(ids)]

describe('a drain', () => {
  it('sends everything, in the order of each project, and says so', async () => {
    const { publish, drain, server, queue, dispatcher } = await startDispatching()
    const a = publish(A, 2500)
    const b = publish(B, 10)
    const lines = await drain()
    expect(lines[0]).toEqual({ event: 'started', queued: 2510 })
    expect(finish(lines)).toEqual({
      event: 'finished',
      sent: 2510,
      kept: 0,
      held: 0,
      rejected: 0,
      reason: null,
    })
    expect(sizes(server)).toEqual([1000, 10, 1000, 500])
    expect(server.accepted.filter((id) => id.startsWith('a'))).toEqual(a)
    expect(server.accepted.filter((id) => id.startsWith('b'))).toEqual(b)
    expect(queue.counts()).toMatchObject({ queued: 0, deadLetters: 0 })
    expect([dispatcher.pending(), dispatcher.inFlight()]).toEqual([0, 0])
    const report = dispatcher.report()
    expect(report).toMatchObject({
      running: false,
      request_since: null,
      request_server: null,
      consecutive_failures: 0,
      last_error: null,
      next_attempt_at: null,
    })
    expect(Date.now() - Date.parse(report.last_sync ?? '')).toBeLessThan(60_000)
  })

  it('tells when the server last took an event, and not when it rejected or kept some', async () => {
    const { publish, drain, server, dispatcher } = await startDispatching()
    for (const [status, kind] of [
      ['rejected', null],
      ['pending', 'kept'],
    ] as const) {
      publish(A, 1)
      server.otherwise = answers.eachIs(status)
      await drain()
      const { last_sync: last, last_answer: answer, last_error_kind: found } = dispatcher.report()
      expect([last, found, Date.now() - Date.parse(answer ?? '') < 60_000]).toEqual([null, kind, true])
    }
    server.otherwise = answers.eachIs('success')
    await drain()
    expect(dispatcher.report().last_sync).toBe(dispatcher.report().last_answer)
    expect(dispatcher.report().last_sync).not.toBeNull()
  })

  it('tells since when a request waits for its answer, and of which server', async () => {
    const { publish, drain, server, dispatcher } = await startDispatching()
    publish(A, 1)
    const from = Date.now()
    let [since, to]: (string | null)[] = []
    server.next((request, response) => {
      ;({ request_since: since, request_server: to } = dispatcher.report())
      answers.reply(503)(request, response)
    })
    await drain()
    expect(Date.parse(since ?? '')).toBeGreaterThanOrEqual(from)
    expect(to).toBe(server.url)
    expect(dispatcher.report()).toMatchObject({ request_since: null, request_server: null })
  })

  it('of an empty queue ends at once', async () => {
    const { drain, server } = await startDispatching()
    expect(await drain()).toEqual([
      { event: 'started', queued: 0 },
      { event: 'finished', sent: 0, kept: 0, held: 0, rejected: 0, reason: null },
    ])
    expect(server.connections()).toBe(0)
  })

  it('of no queue creates none', async () => {
    const { drain } = await startDispatching({ queue: () => null })
    expect(finish(await drain())).toMatchObject({ sent: 0, kept: 0, reason: null })
  })

  it('sends no body above the limit, and a larger event alone', async () => {
    const { publish, drain, server } = await startDispatching()
    for (const [count, bytes] of [
      [3, 100_000],
      [1, 400_000],
      [2, 1000],
    ] as const) {
      publish(A, count, { text: 'é'.repeat(bytes / 2) })
    }
    expect(finish(await drain())).toMatchObject({ sent: 6, kept: 0 })
    const bodies = server.requests.map(({ body, ids }) => [ids.length, Buffer.byteLength(body) <= 256 * 1024])
    expect(bodies).toEqual([
      [2, true],
      [1, true],
      [1, false],
      [2, true],
    ])
  })

  it('shares its work with another, and each is told all of it', async () => {
    const { publish, dispatcher, server } = await startDispatching()
    publish(A, 1500)
    const [one, other] = await Promise.all([linesOf(dispatcher), linesOf(dispatcher)])
    expect(sizes(server)).toEqual([1000, 500])
    for (const lines of [one, other])
      expect(finish(lines)).toMatchObject({ event: 'finished', sent: 1500, reason: null })
  })

  it('that begins while another runs sees what was queued before it began', async () => {
    const { publish, dispatcher, server } = await startDispatching()
    publish(A, 1)
    const second: Promise<readonly DrainLine[]>[] = []
    server.next((request, response) => {
      publish(A, 1)
      second.push(linesOf(dispatcher))
      server.otherwise(request, response)
    })
    await linesOf(dispatcher)
    const [lines = []] = await Promise.all(second)
    expect(finish(lines)).toMatchObject({ event: 'finished', kept: 0, reason: null })
    expect(server.accepted.length).toBe(2)
  })

  it('that begins while an attempt fails makes an attempt of its own, however long the next wait is', async () => {
    const { publish, drain, server, dispatcher } = await startDispatching({
      timing: { backOffMs: 60_000, maxBackOffMs: 60_000 },
    })
    publish(A, 1)
    let fail: (() => void) | undefined
    server.next((request, response) => void (fail = () => answers.reply(500)(request, response)))
    dispatcher.wake()
    await eventually(() => expect(fail).toBeDefined())
    const draining = drain()
    setTimeout(() => fail?.(), 50)
    expect(finish(await draining)).toMatchObject({ sent: 1, kept: 0, reason: null })
  })

  it('ends with its signal, and the work goes on without it', async () => {
    const { publish, dispatcher, server, queue } = await startDispatching()
    publish(A, 1500)
    const leaving = new AbortController()
    server.next((request, response) => {
      leaving.abort()
      server.otherwise(request, response)
    })
    const lines = await linesOf(dispatcher, leaving.signal)
    expect(lines.some(({ event }) => event === 'finished')).toBe(false)
    await eventually(() => expect(queue.counts().queued).toBe(0))
  })

  it('gives up when the server stays in trouble, and says when each next attempt was', async () => {
    const { publish, drain, server, dispatcher, queue } = await startDispatching()
    publish(A, 3)
    server.otherwise = answers.reply(503, { message: 'maintenance' })
    const lines = await drain()
    const why = 'the server answered 503 ("maintenance")'
    const waits = lines.flatMap((line) => (line.event === 'waiting' ? [line.error] : []))
    expect(waits).toEqual([why, why, why, why])
    expect(finish(lines)).toEqual({ event: 'finished', sent: 0, kept: 3, held: 0, rejected: 0, reason: why })
    expect(dispatcher.pending()).toBe(3)
    expect(dispatcher.report().last_error).toBe(why)
    expect([...queue.events()].map(({ lastError }) => lastError)).toEqual([why, why, why])
    server.otherwise = answers.eachIs('success')
    await eventually(() => expect(queue.counts().queued).toBe(0))
    expect(dispatcher.report()).toMatchObject({
      consecutive_failures: 0,
      last_error: null,
      next_attempt_at: null,
    })
  })
})

/** An answer that never ends is given up after this time; the next request is answered at once, also on a busy machine. */
const GIVEN_UP_MS = 2_000
const NEVER_WHOLE: ReadonlySet<answers.Answer> = new Set([answers.silence, answers.halfAnswer])

describe('nothing is lost, and the order stays, after', () => {
  const untilDate: answers.Answer = (request, response) => {
    const date = new Date(Date.now() + 1000).toUTCString()
    answers.reply(429, '', { 'retry-after': date })(request, response)
  }
  it.for([
    ['an answer dropped in the middle', answers.dropMidAnswer],
    ['a dropped connection', answers.dropBeforeAnswer],
    ['garbage', answers.garbage],
    ['no answer', answers.silence],
    ['half an answer', answers.halfAnswer],
    ['an answer without an end', answers.endless],
    ['500', answers.reply(500)],
    ['503', answers.reply(503, '<html>')],
    ['408', answers.reply(408)],
    ['429', answers.reply(429)],
    ['429 and a number of seconds', answers.reply(429, '', { 'retry-after': '0' })],
    ['429 and a date', untilDate],
    ['404', answers.reply(404)],
    ['a redirect', answers.reply(307, '', { location: 'http://127.0.0.1:1/' })],
    ['200 that is not JSON', answers.reply(200, 'fine')],
    ['200 about other events', answers.reply(200, { results: [{ event_id: 'z', status: 'success' }] })],
    ['queued', answers.eachIs('queued')],
    ['pending', answers.eachIs('pending')],
    ['an unknown status', answers.eachIs('maybe')],
    ['413', answers.reply(413)],
    ['400', answers.reply(400)],
    ['401', answers.reply(401)],
  ] as const)('%s', async ([, answer]) => {
    const { publish, drain, server, queue } = await startDispatching({
      token: (refused) => Promise.resolve(refused === null ? TOKEN : 'secret-token-2'),
      timing: NEVER_WHOLE.has(answer) ? { requestMs: GIVEN_UP_MS } : {},
    })
    const ids = publish(A, 20)
    server.next(answer)
    expect(finish(await drain())).toMatchObject({
      event: 'finished',
      sent: 20,
      kept: 0,
      rejected: 0,
      reason: null,
    })
    expect(server.accepted).toEqual(ids)
    expect(queue.counts()).toMatchObject({ queued: 0, deadLetters: 0 })
  })

  it('an acceptance that we never heard of: the server has a duplicate, by the same id', async () => {
    const { publish, drain, server } = await startDispatching()
    const ids = publish(A, 3)
    const known = new Set<string>()
    server.next((request, response) => {
      for (const id of request.ids) known.add(id)
      response.destroy()
    })
    server.otherwise = answers.eachIs((id) => (known.has(id) ? 'duplicate' : 'success'))
    expect(finish(await drain())).toMatchObject({ sent: 3, kept: 0 })
    expect([...known]).toEqual(ids)
  })
})

describe('Retry-After', () => {
  it.for([
    ['a number', (): string => '90'],
    ['a date', (): string => new Date(Date.now() + 90_000).toUTCString()],
  ] as const)('as %s is obeyed', async ([, header]) => {
    const { publish, drain, server, dispatcher } = await startDispatching({
      timing: { lookEveryMs: 300_000, maxBackOffMs: 300_000 },
    })
    publish(A, 1)
    server.next(answers.reply(429, '', { 'retry-after': header() }))
    expect(finish(await drain())).toMatchObject({ kept: 1, reason: 'the server answered 429' })
    const { next_attempt_at: next, consecutive_failures: failures } = dispatcher.report()
    const seconds = (Date.parse(next ?? '') - Date.now()) / 1000
    expect(seconds).toBeGreaterThan(80)
    expect(seconds).toBeLessThan(95)
    expect([failures, dispatcher.pending(), dispatcher.report().last_error_kind]).toEqual([1, 1, 'wait'])
    // Whatever wakes it meanwhile sends nothing.
    dispatcher.wake()
    await eventually(() => expect(dispatcher.inFlight()).toBe(0))
    expect(server.requests.length).toBe(1)
    // But the user may want it now.
    expect(finish(await drain())).toMatchObject({ sent: 1, kept: 0 })
  })
})

it('a wait of more than an hour is cut, and that is said', async () => {
  const { publish, drain, server, dispatcher } = await startDispatching({ timing: { lookEveryMs: 300_000 } })
  publish(A, 1)
  server.next(answers.reply(429, '', { 'retry-after': '86400' }))
  const said = 'the server answered 429; it asked to wait for 1 day, and is tried again after 1 hour'
  expect(finish(await drain())).toMatchObject({ kept: 1, reason: said })
  const { next_attempt_at: next, last_error: error } = dispatcher.report()
  expect(error).toBe(said)
  expect((Date.parse(next ?? '') - Date.now()) / 1000).toBeGreaterThan(3500)
  expect((Date.parse(next ?? '') - Date.now()) / 1000).toBeLessThan(3700)
})

describe('drains in vain during a wait', () => {
  const timing = { backOffMs: 60_000, maxBackOffMs: 3_600_000, lookEveryMs: 3_600_000 }
  const failed: answers.Answer = answers.reply(503)
  const pending = answers.eachIs('pending')
  it.for([
    ['of the server', failed, 4],
    ['of one project', pending, 0],
  ] as const)('leave the next attempt where it was: %s', async ([, answer, failures]) => {
    const { publish, drain, server, dispatcher } = await startDispatching({ timing, random: () => 1 })
    publish(A, 1)
    server.otherwise = answer
    await drain()
    const next = Date.parse(dispatcher.report().next_attempt_at ?? '')
    for (let times = 0; times < 3; times += 1) expect(finish(await drain())).toMatchObject({ kept: 1 })
    expect(server.requests.length).toBe(4)
    const report = dispatcher.report()
    // The report computes the time of day anew each time.
    expect(Math.abs(Date.parse(report.next_attempt_at ?? '') - next)).toBeLessThan(1000)
    expect(report.consecutive_failures).toBe(failures)
  })
})

describe('one guilty event', () => {
  it('is found by halving after 400 without details', async () => {
    const { publish, drain, server, queue } = await startDispatching()
    const ids = publish(A, 100)
    const guilty = ids[37] ?? ''
    server.otherwise = (request, response) => {
      if (request.ids.includes(guilty)) answers.reply(400, { error: `no: ${TOKEN}` })(request, response)
      else answers.eachIs('success')(request, response)
    }
    expect(finish(await drain())).toMatchObject({ sent: 99, kept: 0, rejected: 1, reason: null })
    expect([...queue.deadLetters()]).toMatchObject([
      { eventId: guilty, reason: 'the server answered 400 ("no: ***")' },
    ])
    const sent = server.requests
      .filter(({ ids: some }) => !some.includes(guilty))
      .flatMap(({ ids: some }) => some)
    expect(sent).toEqual(ids.filter((id) => id !== guilty))
    // 1 for all, and 2 for each of the 7 times that the guilty half is halved.
    expect(server.requests.length).toBeLessThanOrEqual(15)
  })

  it('that a 400 names is rejected, and the others follow at once', async () => {
    const { publish, drain, server, queue } = await startDispatching()
    const ids = publish(A, 3)
    const details = [{ event_id: ids[1], error: 'no type', error_category: 'schema' }]
    server.next(answers.reply(400, { error: 'invalid', details }))
    expect(finish(await drain())).toMatchObject({ sent: 2, rejected: 1 })
    expect([...queue.deadLetters()]).toMatchObject([
      { eventId: ids[1], reason: 'no type', category: 'schema' },
    ])
    expect(server.accepted).toEqual([ids[0], ids[2]])
  })

  it('that is rejected does not hold the others, and stays with the words of the server', async () => {
    const { publish, drain, server, queue } = await startDispatching()
    const ids = publish(A, 3)
    server.next((request, response) => {
      const statusOf = (id: string) =>
        id === ids[0] ? { status: 'rejected', error: 'bad\nday' } : 'accepted'
      answers.reply(200, answers.resultsOf(request, statusOf))(request, response)
    })
    expect(finish(await drain())).toMatchObject({ sent: 2, kept: 0, rejected: 1, reason: null })
    expect([...queue.deadLetters()]).toMatchObject([{ eventId: ids[0], reason: 'bad day' }])
    expect(queue.retry(ids)).toEqual([ids[0]])
    expect(finish(await drain())).toMatchObject({ sent: 1, rejected: 0 })
  })

  it('that is too large even alone becomes a dead letter', async () => {
    const { publish, drain, server, queue } = await startDispatching()
    const ids = publish(A, 8)
    const large = ids[5] ?? ''
    server.otherwise = (request, response) => {
      const isTooLarge = request.ids.length > 2 || request.ids.includes(large)
      if (isTooLarge) answers.reply(413)(request, response)
      else answers.eachIs('success')(request, response)
    }
    expect(finish(await drain())).toMatchObject({ sent: 7, kept: 0, rejected: 1 })
    const reason = expect.stringMatching(/^too large for the server: \d+ bytes$/)
    expect([...queue.deadLetters()]).toMatchObject([{ eventId: large, reason }])
  })
})

describe('the session', () => {
  const tokens = (...all: (string | null)[]) => {
    const refused: (string | null)[] = []
    return {
      refused,
      token: (before: string | null) => {
        refused.push(before)
        return Promise.resolve(all.length > 1 ? (all.shift() ?? null) : (all[0] ?? null))
      },
    }
  }

  it('is renewed once after 401, and the batch sent again', async () => {
    const { refused, token } = tokens('old-token', 'new-token')
    const { publish, drain, server } = await startDispatching({ token })
    const ids = publish(A, 3)
    server.next(answers.reply(401))
    expect(finish(await drain())).toMatchObject({ sent: 3, kept: 0, reason: null })
    expect(refused).toEqual([null, 'old-token'])
    expect(server.requests.map(({ headers }) => headers.authorization)).toEqual([
      'Bearer old-token',
      'Bearer new-token',
    ])
    expect(server.accepted).toEqual(ids)
  })

  it.for([
    ['a second 401', [answers.reply(401), answers.reply(401)], ['t-1', 't-2'], 2],
    ['a 401, where the token cannot be renewed', [answers.reply(401)], ['t-1', null], 1],
    ['a 401, where the same token comes back', [answers.reply(401)], ['t-1', 't-1'], 1],
    ['a 403', [answers.reply(403, { error: 'no team' })], ['t-1', 't-2'], 1],
    ['no token', [], [null], 0],
  ] as const)('rests after %s, until it changes', async ([, replies, given, requests]) => {
    const { token } = tokens(...given)
    let mark = 'session-1'
    let isOther = false
    const { publish, drain, server, dispatcher, queue } = await startDispatching({
      token: (before) => (isOther ? Promise.resolve('t-9') : token(before)),
      sessionMark: () => mark,
    })
    publish(A, 3)
    server.next(...replies)
    expect(finish(await drain())).toMatchObject({ sent: 0, kept: 3, reason: 'session_refused' })
    expect(server.requests.length).toBe(requests)
    expect(dispatcher.pending()).toBe(0)
    expect(dispatcher.report()).toMatchObject({ consecutive_failures: 1, next_attempt_at: null })
    expect(finish(await drain())).toMatchObject({ sent: 0, kept: 3, reason: 'session_refused' })
    expect(server.requests.length).toBe(requests)
    mark = 'session-2'
    isOther = true
    // Nothing wakes it: it looks by itself.
    await eventually(() => expect(queue.counts().queued).toBe(0))
    expect(server.requests.at(-1)?.headers.authorization).toBe('Bearer t-9')
  })

  it('that cannot be renewed now is tried again', async () => {
    let count = 0
    const { publish, drain, server, queue } = await startDispatching({
      token: () => {
        count += 1
        return count === 1
          ? Promise.reject(new Error('cannot reach https://user:pw@auth.test/?q=1'))
          : Promise.resolve(TOKEN)
      },
    })
    publish(A, 3)
    const lines = await drain()
    expect(lines).toMatchObject([
      { event: 'started' },
      { event: 'waiting', error: 'the session could not be renewed: cannot reach https://auth.test/' },
      { event: 'batch', sent: 3 },
      { event: 'finished', sent: 3, reason: null },
    ])
    expect([server.requests.length, queue.counts().queued]).toEqual([1, 0])
  })
})

describe('the log', () => {
  const failed = (status: number) => ['upload_failed', { why: `the server answered ${status}`, failures: 1 }]
  it.for([
    ['what was sent', [], [['uploaded', { project: A, sent: 3, kept: 0, rejected: 0 }]]],
    ['only the failure, if nothing was sent', [answers.reply(503)], [failed(503)]],
    [
      'only that the session was refused',
      [answers.reply(403)],
      [['session_refused', { why: 'the server answered 403' }]],
    ],
  ] as const)('says %s', async ([, replies, expected]) => {
    const { publish, dispatcher, server, logged } = await startDispatching({
      timing: { backOffMs: 60_000, maxBackOffMs: 3_600_000, lookEveryMs: 3_600_000 },
    })
    publish(A, 3)
    server.next(...replies)
    dispatcher.wake()
    await eventually(() => expect(dispatcher.inFlight()).toBe(0))
    expect(logged).toEqual(expected)
  })

  it('has the first reason of a rejection, in one line', async () => {
    const { publish, drain, server, logged } = await startDispatching()
    const ids = publish(A, 3)
    server.next((request, response) => {
      const statusOf = (id: string) =>
        id === ids[0]
          ? 'accepted'
          : { status: 'rejected', error: `no\u001b[31m\nteam ${id} ${'x'.repeat(1000)}` }
      answers.reply(200, answers.resultsOf(request, statusOf))(request, response)
    })
    await drain()
    const why = expect.stringMatching(new RegExp(`^(?=.*team ${ids[1]})[\\x20-\\x7e]{299}…$`))
    expect(logged).toEqual([['uploaded', { project: A, sent: 1, kept: 0, rejected: 2, why }]])
  })
})

describe('another server', () => {
  const timing = { backOffMs: 60_000, maxBackOffMs: 3_600_000, lookEveryMs: 3_600_000 }
  it.for([
    ['fails', answers.reply(503), 'the server answered 503'],
    ['keeps events waiting', answers.eachIs('pending'), 'the server keeps 1 of 1 events waiting'],
    ['refuses the session', answers.reply(403), 'the server answered 403'],
  ] as const)('begins anew after one that %s', async ([, answer, error]) => {
    const other = await answers.startSyncServer()
    let [url, mark] = ['', 'session-1']
    const { publish, drain, server, dispatcher } = await startDispatching({
      timing,
      sessionMark: () => mark,
      gate: () => Promise.resolve({ state: 'open', serverUrl: url, format: 'batch' }),
    })
    publish(A, 1)
    url = server.url
    server.otherwise = answer
    for (let times = 0; times < 2; times += 1) await drain()
    expect(dispatcher.report()).toMatchObject({ last_error: error })
    ;[url, mark] = [other.url, 'session-2']
    other.next((request, response) => {
      expect(dispatcher.report()).toMatchObject({
        consecutive_failures: 0,
        last_error: null,
        next_attempt_at: null,
        refused: false,
      })
      answers.reply(500)(request, response)
    })
    // The wait of the old server does not delay this attempt.
    dispatcher.wake()
    await eventually(() =>
      expect(dispatcher.report()).toMatchObject({
        last_error: 'the server answered 500',
        last_error_kind: 'answer',
      }),
    )
    expect(dispatcher.report().consecutive_failures).toBe(1)
    await other.close()
  })

  it.for([
    ['trigger', answers.silence, null],
    ['drain', answers.silence, null],
    ['trigger', answers.reply(401), 'session-2'],
  ] as const)(
    'is tried at once after a %s, although a request still waits at the old one',
    async ([by, answer]) => {
      const other = await answers.startSyncServer()
      let [url, mark] = ['', 'session-1']
      let reply = (): void => undefined
      const servers: string[] = []
      const { publish, drain, server, dispatcher, queue } = await startDispatching({
        timing,
        sessionMark: () => mark,
        gate: () => Promise.resolve({ state: 'open', serverUrl: url, format: 'batch' }),
        token: (refused, _, serverUrl) => {
          servers.push(serverUrl)
          return Promise.resolve(refused === null ? TOKEN : null)
        },
      })
      const ids = publish(A, 3)
      url = server.url
      server.next((request, response) => void (reply = () => answer(request, response)))
      dispatcher.wake()
      await eventually(() => expect(server.requests.length).toBe(1))
      // Such a request may last for 60 s.
      ;[url, mark] = [other.url, 'session-2']
      reply()
      if (by === 'drain') expect(finish(await drain())).toMatchObject({ sent: 3, kept: 0, reason: null })
      else dispatcher.wake()
      await eventually(() => expect(queue.counts().queued).toBe(0))
      expect([sizes(server), sizes(other), other.accepted]).toEqual([[3], [3], ids])
      await eventually(() => expect(dispatcher.inFlight()).toBe(0))
      expect(dispatcher.report()).toMatchObject({ consecutive_failures: 0, last_error: null, refused: false })
      // No token of the new session goes to the old server.
      expect(servers.at(0)).toBe(server.url)
      expect(servers.at(-1)).toBe(other.url)
      await other.close()
    },
  )

  it('waits for an answer of the old one that is on its way, and sends nothing twice', async () => {
    const other = await answers.startSyncServer()
    let url = ''
    let reply = (): void => undefined
    const { publish, server, dispatcher, queue } = await startDispatching({
      timing: { ...timing, stopMs: 10_000 },
      gate: () => Promise.resolve({ state: 'open', serverUrl: url, format: 'batch' }),
    })
    publish(A, 3)
    url = server.url
    server.next((request, response) => void (reply = () => server.otherwise(request, response)))
    dispatcher.wake()
    await eventually(() => expect(server.requests.length).toBe(1))
    url = other.url
    dispatcher.wake()
    publish(A, 1)
    setTimeout(reply, 100)
    await eventually(() => expect(queue.counts().queued).toBe(0))
    expect([sizes(server), sizes(other)]).toEqual([[3], [1]])
    await other.close()
  })

  it('is none after a new sign-in at the same one: the request that runs goes on', async () => {
    let mark = 'session-1'
    let reply = (): void => undefined
    const { publish, server, dispatcher, queue } = await startDispatching({ timing, sessionMark: () => mark })
    publish(A, 3)
    server.next((request, response) => void (reply = () => server.otherwise(request, response)))
    dispatcher.wake()
    await eventually(() => expect(server.requests.length).toBe(1))
    mark = 'session-2'
    dispatcher.wake()
    setTimeout(reply, 300)
    await eventually(() => expect(queue.counts().queued).toBe(0))
    expect(sizes(server)).toEqual([3])
  })

  it('of which the consent is missing shows nothing of the one before', async () => {
    let url = ''
    let consent: 'yes' | 'no' = 'yes'
    const { publish, drain, server, dispatcher } = await startDispatching({
      timing,
      consent: () => Promise.resolve(consent),
      gate: () => Promise.resolve({ state: 'open', serverUrl: url, format: 'batch' }),
    })
    publish(A, 1)
    url = server.url
    server.otherwise = answers.reply(503)
    await drain()
    ;[url, consent] = ['http://127.0.0.1:1', 'no']
    dispatcher.wake()
    await eventually(() => expect(dispatcher.inFlight()).toBe(0))
    expect(dispatcher.report()).toMatchObject({
      consecutive_failures: 0,
      last_error: null,
      next_attempt_at: null,
    })
  })
})

describe('nothing leaves', () => {
  it.for([
    'hosted_sync_disabled',
    'config_unreadable',
    'session_unreadable',
    'no_session',
    'no_server',
    'insecure_server',
    'other_server',
  ] satisfies readonly ClosedReason[])('while the gate is closed: %s', async (reason) => {
    const gate: Gate = { state: 'closed', reason, detail: null }
    let tokens = 0
    const { publish, drain, server, dispatcher } = await startDispatching({
      gate: () => Promise.resolve(gate),
      token: () => Promise.resolve(String((tokens += 1))),
    })
    publish(A, 3)
    dispatcher.wake()
    expect(await drain()).toEqual([
      { event: 'started', queued: 3 },
      { event: 'finished', sent: 0, kept: 3, held: 0, rejected: 0, reason },
    ])
    expect([server.connections(), dispatcher.pending(), tokens]).toEqual([0, 0, 0])
  })

  it('and the queue is not opened, while the gate is closed and no drain asks', async () => {
    let opened = 0
    const gate: Gate = { state: 'closed', reason: 'no_session', detail: null }
    const { dispatcher } = await startDispatching({
      gate: () => Promise.resolve(gate),
      queue: () => {
        opened += 1
        return null
      },
    })
    dispatcher.wake()
    await eventually(() => expect(dispatcher.inFlight()).toBe(0))
    expect(opened).toBe(0)
  })

  it('of another project than the one whose consent is read; the events of that one are sent, in their order', async () => {
    const { drain, server, queue } = await startDispatching({
      consent: (_, { origin }) => Promise.resolve(origin === 'before' ? 'other' : 'yes'),
    })
    const idsOf = ['before', 'now', 'before', 'now, with an id', 'now'].map((origin, index) => {
      const eventId = `e${index}`
      const envelope = JSON.stringify({ event_id: eventId })
      queue.publish([{ eventId, eventType: 'T', projectUuid: 'u', project: A, origin, envelope }], 100)
      return eventId
    })
    const lines = await drain()
    expect(lines.findLast(({ event }) => event === 'held')).toEqual({
      event: 'held',
      project: A,
      reason: 'other_project',
      count: 2,
    })
    expect(finish(lines)).toMatchObject({ sent: 3, kept: 0, held: 2 })
    expect(server.requests.flatMap(({ ids }) => ids)).toEqual([idsOf[1], idsOf[3], idsOf[4]])
  })

  it('of a project without consent, or whose consent cannot be read; the others are sent', async () => {
    const consents = {
      '/no': 'no',
      '/unreadable': 'unreadable',
      '/gone': 'gone',
      '/other': 'other',
      '/throws': null,
      [A]: 'yes',
    } as const
    const { publish, drain, server, dispatcher, queue } = await startDispatching({
      consent: (project) => {
        const consent = consents[project as keyof typeof consents]
        return consent === null ? Promise.reject(new Error('EIO')) : Promise.resolve(consent)
      },
    })
    const held = [
      ...publish('/no', 2),
      ...publish('/unreadable', 3),
      ...publish('/throws', 4),
      ...publish('/gone', 1),
      ...publish('/other', 1),
    ]
    const ids = publish(A, 5)
    const lines = await drain()
    expect(lines.filter(({ event }) => event === 'held')).toEqual([
      { event: 'held', project: '/no', reason: 'no_consent', count: 2 },
      { event: 'held', project: '/unreadable', reason: 'consent_unreadable', count: 3 },
      { event: 'held', project: '/throws', reason: 'consent_unreadable', count: 4 },
      { event: 'held', project: '/gone', reason: 'project_missing', count: 1 },
      { event: 'held', project: '/other', reason: 'other_project', count: 1 },
    ])
    expect(finish(lines)).toEqual({
      event: 'finished',
      sent: 5,
      kept: 0,
      held: 11,
      rejected: 0,
      reason: null,
    })
    expect(server.requests.flatMap((request) => request.ids)).toEqual(ids)
    expect(dispatcher.pending()).toBe(0)
    expect([...queue.events()].map(({ eventId, attempts }) => [eventId, attempts])).toEqual(
      held.map((id) => [id, 0]),
    )
  })

  it('after the gate was closed or leads elsewhere, even in the middle of a long drain', async () => {
    let server = ''
    let gate: (url: string) => Gate = (url) => ({ state: 'open', serverUrl: url, format: 'batch' })
    const dispatching = await startDispatching({ gate: () => Promise.resolve(gate(server)) })
    const other = await answers.startSyncServer()
    server = dispatching.server.url
    dispatching.publish(A, 3000)
    const turn = (to: typeof gate): void =>
      dispatching.server.next((request, response) => {
        gate = to
        answers.eachIs('success')(request, response)
      })
    turn((): Gate => ({ state: 'open', serverUrl: other.url, format: 'batch' }))
    other.next((request, response) => {
      gate = () => ({ state: 'closed', reason: 'config_unreadable', detail: null })
      answers.eachIs('success')(request, response)
    })
    const lines = await dispatching.drain()
    expect(finish(lines)).toMatchObject({ sent: 2000, kept: 1000, reason: 'config_unreadable' })
    expect([sizes(dispatching.server), sizes(other)]).toEqual([[1000], [1000]])
    await other.close()
  })

  it('after a consent was withdrawn, even in the middle of what was claimed together', async () => {
    let consent: 'yes' | 'no' = 'yes'
    const { publish, drain, server, queue } = await startDispatching({
      consent: () => Promise.resolve(consent),
    })
    publish(A, 10)
    server.next(answers.reply(413), (request, response) => {
      consent = 'no'
      answers.eachIs('success')(request, response)
    })
    expect(finish(await drain())).toMatchObject({ sent: 5, kept: 0, reason: null })
    expect(sizes(server)).toEqual([10, 5])
    expect(queue.counts().queued).toBe(5)
    consent = 'yes'
    expect(finish(await drain())).toMatchObject({ sent: 5 })
  })

  it.each([
    ['the consent was withdrawn', 'while the token was waited for', 0],
    ['the consent was withdrawn', 'while a rejected token was renewed', 1],
    ['the gate was closed', 'while the token was waited for', 0],
    ['the gate was closed', 'while a rejected token was renewed', 1],
  ] as const)('after %s %s', async (what, when, requests) => {
    let isChanged = false
    const { publish, drain, server, queue } = await startDispatching({
      gate: () =>
        Promise.resolve(
          isChanged && what === 'the gate was closed'
            ? { state: 'closed', reason: 'no_session', detail: null }
            : { state: 'open', serverUrl: server.url, format: 'batch' },
        ),
      consent: () => Promise.resolve(isChanged && what !== 'the gate was closed' ? 'no' : 'yes'),
      token: (refused) => {
        isChanged ||= when === 'while the token was waited for' || refused !== null
        return Promise.resolve(refused === null ? 't-1' : 't-2')
      },
    })
    publish(A, 3)
    server.otherwise = answers.reply(401)
    expect(finish(await drain())).toMatchObject({ sent: 0, rejected: 0 })
    expect(server.requests.length).toBe(requests)
    // They are given back, so that they leave once they may.
    expect((await queue.claim(A, { name: 'other' }, { events: 9, bytes: 9999 })).length).toBe(3)
  })

  it('on a redirect, to wherever it leads', async () => {
    const { publish, drain, server } = await startDispatching({ timing: { drainAttempts: 2 } })
    const elsewhere = await answers.startSyncServer()
    publish(A, 1)
    const location = `${elsewhere.url}/?token=${TOKEN}`
    server.otherwise = answers.reply(308, '', { location })
    const reason = `the server answered 308, a redirect to ${elsewhere.url}/: redirects are not followed`
    expect(finish(await drain())).toMatchObject({ sent: 0, kept: 1, reason })
    expect(elsewhere.connections()).toBe(0)
    await elsewhere.close()
  })
})

describe('one project', () => {
  it('whose oldest events the server keeps waiting still sends those behind them, each once in a pass', async () => {
    const { publish, drain, server, queue } = await startDispatching()
    const waiting = new Set(publish(A, 2100))
    const behind = publish(A, 5)
    server.otherwise = answers.eachIs((id) => (waiting.has(id) ? 'queued' : 'success'))
    const lines = await drain()
    expect(finish(lines)).toMatchObject({ sent: 5, kept: 2100 })
    expect(sizes(server).slice(0, 3)).toEqual([1000, 1000, 105])
    expect(server.requests[2]?.ids.slice(-5)).toEqual(behind)
    expect(queue.counts().queued).toBe(2100)
  })

  it('whose events the server keeps waiting does not stop another', async () => {
    const { publish, drain, server, queue, dispatcher } = await startDispatching()
    publish(A, 2)
    const b = publish(B, 2000)
    server.otherwise = answers.eachIs((id) => (id.startsWith('a') ? 'pending' : 'success'))
    const lines = await drain()
    expect(finish(lines)).toMatchObject({
      sent: 2000,
      kept: 2,
      reason: 'the server keeps 2 of 2 events waiting',
    })
    expect(unique(server.requests.flatMap(({ ids }) => ids).filter((id) => id.startsWith('b')))).toEqual(b)
    expect([dispatcher.pending(), queue.counts().queued]).toEqual([2, 2])
    expect(dispatcher.report().consecutive_failures).toBe(0)
  })

  it('that another process sends from is left to it', async () => {
    const { publish, drain, server, queue } = await startDispatching()
    publish(A, 2)
    publish(B, 2)
    const { ownProcessName } = await import('familiar/cli')
    // Another owner in the same process, which is not gone.
    const other = { ...(await ownProcessName()), instance: 'other' }
    await queue.claim(A, other, { events: 1, bytes: 1000 })
    expect(finish(await drain())).toMatchObject({
      sent: 2,
      kept: 2,
      reason: 'another process is sending them',
    })
    await queue.release(other)
    await eventually(() => expect(queue.counts().queued).toBe(0))
    expect(server.accepted.length).toBe(4)
  })
})

describe('while a request runs', () => {
  it('the queue is open to others, and what they queue follows', async () => {
    const { publish, drain, server, dispatcher } = await startDispatching()
    publish(A, 1)
    server.next((request, response) => {
      publish(A, 1)
      publish(B, 1)
      expect(dispatcher.inFlight()).toBe(1)
      expect(dispatcher.report().running).toBe(true)
      dispatcher.wake()
      server.otherwise(request, response)
    })
    await drain()
    await eventually(() => expect(server.accepted.length).toBe(3))
  })

  it('stop waits for it a moment, and begins no other', async () => {
    const { publish, dispatcher, server, queue } = await startDispatching({ timing: { stopMs: 10_000 } })
    publish(A, 1500)
    const stopping: Promise<void>[] = []
    server.next((request, response) => {
      stopping.push(dispatcher.stop())
      setTimeout(() => server.otherwise(request, response), 50)
    })
    const lines = await linesOf(dispatcher)
    await Promise.all(stopping)
    expect(finish(lines)).toMatchObject({ sent: 1000, kept: 500, reason: 'the daemon is stopping' })
    expect([sizes(server), queue.counts().queued, dispatcher.inFlight()]).toEqual([[1000], 500, 0])
    dispatcher.wake()
    expect(dispatcher.inFlight()).toBe(0)
    expect(finish(await linesOf(dispatcher))).toMatchObject({ event: 'finished', sent: 0 })
  })

  it('stop abandons it after its bound, and gives back what was claimed', async () => {
    const { publish, dispatcher, server, queue } = await startDispatching({
      timing: { requestMs: 60_000, stopMs: 50 },
    })
    const ids = publish(A, 3)
    server.otherwise = answers.silence
    const draining = linesOf(dispatcher)
    await eventually(() => expect(server.requests.length).toBe(1))
    await dispatcher.stop()
    expect(dispatcher.inFlight()).toBe(0)
    expect(finish(await draining)).toMatchObject({ event: 'finished', reason: 'the daemon is stopping' })
    const claimed = await queue.claim(A, { pid: 1, instance: 'next' }, { events: 10, bytes: 10_000 })
    expect(claimed.map(({ eventId, attempts }) => [eventId, attempts])).toEqual(ids.map((id) => [id, 0]))
  })
})

it('stop does not wait for what cannot be aborted', async () => {
  let isAsked = false
  const { publish, dispatcher, server } = await startDispatching({
    timing: { stopMs: 20 },
    token: () => {
      isAsked = true
      return new Promise<string>(() => {})
    },
  })
  publish(A, 1)
  dispatcher.wake()
  await eventually(() => expect(isAsked).toBe(true))
  await dispatcher.stop()
  expect(server.connections()).toBe(0)
})

describe('when the queue fails', () => {
  const failIf = (
    method: keyof Queue,
    isFailing: () => boolean,
    error = new Error('SQLITE_FULL'),
    when: 'instead' | 'afterwards' = 'instead',
  ) => {
    return (queue: Queue): Queue =>
      new Proxy(queue, {
        get: (target, name) => {
          const value: unknown = Reflect.get(target, name)
          if (typeof value !== 'function') return value
          if (name === method && isFailing()) {
            const fail = (): never => {
              throw error
            }
            if (when === 'instead') return fail
            return async (...given: unknown[]) => {
              await (value as (...args: unknown[]) => unknown).apply(target, given)
              fail()
            }
          }
          return value.bind(target) as unknown
        },
      })
  }
  const failOnce = (method: keyof Queue, error?: Error, when?: 'afterwards') => {
    let count = 0
    return failIf(method, () => (count += 1) === 1, error, when)
  }

  it('because its file is damaged, it asks for another', async () => {
    const asked: boolean[] = []
    const damaged = new CommandError('E_QUEUE_CORRUPT', 'the queue is damaged')
    const { publish, drain, server } = await startDispatching({
      wrap: failOnce('claim', damaged),
      onOpen: (isSuspect) => void asked.push(isSuspect),
    })
    publish(A, 3)
    expect(finish(await drain())).toMatchObject({ sent: 3, kept: 0 })
    expect(server.accepted.length).toBe(3)
    expect(asked.filter(Boolean)).toEqual([true])
  })

  it.for(['waiting', 'claim', 'settle'] as const)(
    'in %s, it tries again, and nothing is lost',
    async (method) => {
      const { publish, drain, server, queue, logged } = await startDispatching({ wrap: failOnce(method) })
      const ids = publish(A, 3)
      const lines = await drain()
      expect(lines.find(({ event }) => event === 'waiting')).toMatchObject({ error: 'SQLITE_FULL' })
      expect(finish(lines)).toMatchObject({ kept: 0, reason: null })
      expect(unique(server.accepted)).toEqual(ids)
      expect(queue.counts().queued).toBe(0)
      expect(logged).toContainEqual(['upload_failed', { why: 'SQLITE_FULL', failures: 1 }])
    },
  )

  it('after it has stored that all were sent, the drain ends, even if the next look comes before it is due', async () => {
    const { publish, drain, server } = await startDispatching({
      clock: () => 0,
      wrap: failOnce('settle', undefined, 'afterwards'),
    })
    publish(A, 3)
    expect(finish(await drain())).toMatchObject({ kept: 0, reason: null })
    expect(server.accepted.length).toBe(3)
  })

  it('is not opened anew by another drain while a pass uses it', async () => {
    let opened = 0
    const { publish, server, dispatcher, drain } = await startDispatching({
      onOpen: () => void (opened += 1),
    })
    const ids = publish(A, 1)
    let accept = (): void => undefined
    server.next((request, response) => void (accept = () => server.otherwise(request, response)))
    const first = drain()
    await eventually(() => expect(server.requests.length).toBe(1))
    const before = opened
    const second = dispatcher.drain(new AbortController().signal)[Symbol.asyncIterator]()
    expect((await second.next()).value).toEqual({ event: 'started', queued: 1 })
    expect(opened).toBe(before)
    accept()
    expect(finish(await first)).toMatchObject({ sent: 1 })
    expect(server.accepted).toEqual(ids)
  })

  it('because the session could not be renewed, it says so', async () => {
    const { publish, drain, server } = await startDispatching({
      timing: { drainAttempts: 1 },
      token: () => Promise.reject(new Error('https://auth.test answered 500')),
    })
    publish(A, 1)
    const reason = 'the session could not be renewed: https://auth.test answered 500'
    expect(finish(await drain())).toMatchObject({ kept: 1, reason })
    expect(server.requests).toEqual([])
  })

  it('each time, the drain ends after two attempts, and the daemon goes on', async () => {
    const busy = new CommandError('E_QUEUE_BUSY', 'the queue is busy')
    let isLocked = true
    const { publish, drain, server, dispatcher } = await startDispatching({
      wrap: failIf('claim', () => isLocked, busy),
    })
    publish(A, 3)
    const lines = await drain()
    expect(lines.map(({ event }) => event)).toEqual(['started', 'waiting', 'finished'])
    expect(finish(lines)).toMatchObject({ sent: 0, kept: 3, reason: 'the queue is busy' })
    expect(dispatcher.report().last_error_kind).toBe('queue')
    isLocked = false
    await eventually(() => expect(server.accepted.length).toBe(3))
  })

  it('because it cannot be used, nothing of it keeps the daemon', async () => {
    const unusable = new CommandError('E_QUEUE_UNUSABLE', 'it is a directory')
    let isBroken = false
    const { publish, drain, server, dispatcher } = await startDispatching({
      onOpen: () => {
        if (isBroken) throw unusable
      },
    })
    publish(A, 3)
    server.otherwise = answers.reply(500)
    await drain()
    expect(dispatcher.pending()).toBe(3)
    isBroken = true
    expect(finish(await drain())).toMatchObject({ kept: 3, reason: 'it is a directory' })
    expect(dispatcher.pending()).toBe(0)
    isBroken = false
    server.otherwise = answers.eachIs('success')
    expect(finish(await drain())).toMatchObject({ sent: 3, kept: 0 })
  })

  it('in giving back, it gives back later', async () => {
    const { publish, drain, server, queue } = await startDispatching({
      wrap: failOnce('release'),
      token: (() => {
        let count = 0
        return () => ((count += 1) === 1 ? Promise.reject(new Error('offline')) : Promise.resolve(TOKEN))
      })(),
    })
    const ids = publish(A, 3)
    expect(finish(await drain())).toMatchObject({ sent: 3, kept: 0 })
    expect([server.accepted, queue.counts().queued]).toEqual([ids, 0])
  })
})

describe('by itself it looks', () => {
  const counted = async (count: number, consent: 'yes' | 'no') => {
    let looks = 0
    const dispatching = await startDispatching({
      consent: () => Promise.resolve(consent),
      gate: () => {
        looks += 1
        return Promise.resolve({ state: 'open', serverUrl: dispatching.server.url, format: 'batch' })
      },
    })
    dispatching.publish(A, count)
    dispatching.dispatcher.wake()
    return { ...dispatching, looks: () => looks }
  }

  it('never while nothing waits', async () => {
    const { looks, queue } = await counted(3, 'yes')
    await eventually(() => expect(queue.counts().queued).toBe(0))
    // For the pass, before the token of its batch is asked for, and right before its request.
    expect(await settled(looks)).toBe(3)
  })

  it('now and then while something is held', async () => {
    const { looks } = await counted(3, 'no')
    await eventually(() => expect(looks()).toBeGreaterThan(3))
  })

  it.each(['the gate is closed', 'the consent is withdrawn'] as const)(
    'not at once, and again, when %s after a failure',
    async (change) => {
      const [changed, looks] = [{ isSo: false }, { count: 0 }]
      const { publish, server, dispatcher } = await startDispatching({
        timing: { lookEveryMs: 300_000 },
        consent: () => Promise.resolve(changed.isSo && change !== 'the gate is closed' ? 'no' : 'yes'),
        gate: () => {
          looks.count += 1
          return Promise.resolve<Gate>(
            changed.isSo && change === 'the gate is closed'
              ? { state: 'closed', reason: 'no_session', detail: null }
              : { state: 'open', serverUrl: server.url, format: 'batch' },
          )
        },
      })
      publish(A, 1)
      server.otherwise = answers.reply(500)
      dispatcher.wake()
      await eventually(() => expect(dispatcher.report().consecutive_failures).toBeGreaterThan(0))
      changed.isSo = true
      const last = await settled(() => looks.count)
      expect(await settled(() => looks.count)).toBe(last)
      expect(dispatcher.report()).toMatchObject({ running: false, next_attempt_at: null })
    },
  )

  it('no more after stop', async () => {
    const { looks, dispatcher } = await counted(3, 'no')
    await eventually(() => expect(looks()).toBeGreaterThan(1))
    await dispatcher.stop()
    const before = looks()
    expect(await settled(looks)).toBe(before)
  })
})

it('keeps the token out of everything that it says and stores', async () => {
  const { publish, drain, server, queue, dispatcher, logged } = await startDispatching({
    timing: { drainAttempts: 2 },
  })
  publish(A, 4)
  const error = `your token ${TOKEN} of https://x:${TOKEN}@host/?t=${TOKEN}`
  server.next((request, response) => {
    const each = (id: string): { status: string; error: string } => ({
      status: id.endsWith('1') ? 'rejected' : 'pending',
      error,
    })
    answers.reply(200, answers.resultsOf(request, each))(request, response)
  })
  server.otherwise = answers.reply(500, { error })
  const lines = await drain()
  const dead = [...queue.deadLetters()] satisfies readonly object[]
  const said = JSON.stringify([lines, [...queue.events()], dead, dispatcher.report(), logged])
  expect(said).toContain('your token *** of https://host/')
  expect(said).not.toContain(TOKEN)
})

describe('what fails behind a pass', () => {
  it('ends neither the daemon nor its work: the next pass runs, and a drain ends', async () => {
    let isBroken = true
    const { publish, drain, server, logged } = await startDispatching({
      remember: () => {
        if (isBroken) throw new Error('no descriptor is left')
      },
    })
    const first = publish(A, 1)
    expect(finish(await drain())).toMatchObject({ sent: 1 })
    isBroken = false
    const second = publish(A, 1)
    expect(finish(await drain())).toMatchObject({ sent: 1 })
    expect(server.accepted).toEqual([...first, ...second])
    expect(logged).toContainEqual(['work_not_saved', { why: 'no descriptor is left' }])
    expect(logged.map(([event]) => event)).not.toContain('pass_failed')
  })

  it('is not a rejection that nobody handles, even if a pass itself rejects', async () => {
    const { publish, dispatcher, server } = await startDispatching({
      log: (event) => {
        if (event === 'upload_failed') throw new Error('so it is')
      },
    })
    const ids = publish(A, 1)
    server.next(answers.reply(500))
    dispatcher.wake()
    await eventually(() => expect(server.accepted).toEqual(ids))
  })
})
