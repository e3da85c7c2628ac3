import { describe, expect, it } from 'vitest'
import { endDispatching, startDispatching, TOKEN, type Dispatching } from '../../helpers/dispatching.js'
import { eventually, settled } from '../../../../familiar/test/helpers/eventually.js'
import * as answers from '../../helpers/sync-server.js'

endDispatching()

const A = '/a'
const B = '/b'
const sizes = ({ requests }: answers.SyncServer): readonly number[] => requests.map(({ ids }) => ids.length)

/** Fails with every batch that has one of these events, and takes the others. */
function failsWith(server: answers.SyncServer, guilty: readonly string[], failure: answers.Answer): void {
  const accept = server.otherwise
  server.otherwise = (request, response) =>
    (request.ids.some((id) => guilty.includes(id)) ? failure : accept)(request, response)
}

/** Sends until the queue has this number of events. */
async function sentDownTo({ dispatcher, queue }: Dispatching, left: number): Promise<void> {
  dispatcher.wake()
  await eventually(() => expect(queue.counts().queued).toBe(left))
}

describe('a batch that fails as a whole', () => {
  it.for([
    ['500', answers.reply(500)],
    ['503 that always says something else', answers.reply(503, { message: `${Math.random()}` })],
    ['409', answers.reply(409)],
    ['422', answers.reply(422)],
    ['a dropped connection', answers.dropBeforeAnswer],
    ['half an answer', answers.dropMidAnswer],
    ['404', answers.reply(404, { error: 'no such stream' })],
    ['302', answers.reply(302, '', { location: 'https://elsewhere.test/' })],
    ['200 that is not understood', answers.reply(200, 'OK')],
    [
      '200 that names other events',
      answers.reply(200, { results: [{ event_id: 'A-1', status: 'success' }] }),
    ],
  ] as const)('is halved from the third equal failure on: %s', async ([, failure]) => {
    const work = await startDispatching()
    const ids = work.publish(A, 20)
    failsWith(work.server, ids.slice(9, 10), failure)
    await sentDownTo(work, 11)
    expect(sizes(work.server).slice(0, 6)).toEqual([20, 20, 20, 10, 5, 5])
    expect(work.server.accepted).toEqual(ids.slice(0, 9))
  })

  it.for([
    ['no answer', answers.silence, 200],
    ['half an answer', answers.halfAnswer, 200],
    ['408', answers.reply(408), 60_000],
  ] as const)('is halved at once after a timeout: %s', async ([, failure, requestMs]) => {
    const work = await startDispatching({ timing: { requestMs } })
    const ids = work.publish(A, 20)
    failsWith(work.server, ids.slice(9, 10), failure)
    await sentDownTo(work, 11)
    expect(sizes(work.server).slice(0, 3)).toEqual([20, 10, 5])
    expect(work.server.accepted).toEqual(ids.slice(0, 9))
  })

  it('is halved at once if the answer is too long, so that a shorter one is understood', async () => {
    const work = await startDispatching()
    const ids = work.publish(A, 8)
    const words = 'x'.repeat(1024 * 1024)
    work.server.otherwise = (request, response) =>
      answers.reply(
        200,
        answers.resultsOf(request, () => ({ status: 'rejected', error: words })),
      )(request, response)
    work.dispatcher.wake()
    await eventually(() => expect(work.queue.counts()).toMatchObject({ queued: 0, deadLetters: ids.length }))
    expect(sizes(work.server).slice(0, 3)).toEqual([8, 4, 2])
    const failed = work.logged.filter(([event]) => event === 'upload_failed')
    expect(new Set(failed.map(([, about]) => (about as { why: string }).why))).toEqual(
      new Set(['the server answered 200, but its answer was longer than 4 MiB']),
    )
  })

  it('is not halved if it never came to the server, or if the server asks to wait', async () => {
    const work = await startDispatching()
    work.publish(A, 20)
    const accept = work.server.otherwise
    work.server.otherwise = answers.reply(429)
    for (let round = 0; round < 6; round += 1) await work.drain()
    work.server.otherwise = accept
    await sentDownTo(work, 0)
    expect(new Set(sizes(work.server))).toEqual(new Set([20]))
  })

  it('grows again after a success, and everything arrives once and in order', async () => {
    const work = await startDispatching()
    const ids = work.publish(A, 2000)
    work.server.next(...Array.from({ length: 6 }, () => answers.reply(500)))
    await sentDownTo(work, 0)
    expect(sizes(work.server)).toEqual([1000, 1000, 1000, 500, 250, 125, 62, 62, 62, 124, 248, 496, 946])
    expect(work.server.accepted).toEqual(ids)
  })

  it('of a slow line does not grow', async () => {
    const requestMs = 1000
    const work = await startDispatching({ timing: { requestMs } })
    const ids = work.publish(A, 40)
    const accept = work.server.otherwise
    // 30 ms for each event: 20 events take 600 ms.
    work.server.otherwise = (request, response) =>
      void setTimeout(() => accept(request, response), request.ids.length * 30)
    await sentDownTo(work, 0)
    expect(sizes(work.server)).toEqual([40, 20, 20])
    expect([...new Set(work.server.accepted)]).toEqual(ids)
  })
})

describe('an event that fails alone', () => {
  it('is named, is kept, and makes only its own project wait', async () => {
    const work = await startDispatching()
    const ids = work.publish(A, 20)
    const [guilty = ''] = ids.slice(9)
    failsWith(work.server, [guilty], answers.reply(500, { message: 'boom' }))
    await sentDownTo(work, 11)
    const said = `the server answers 500 ("boom") to event ${guilty} even when it is sent by itself`
    // An outage may have begun after the answer for those before it.
    const suspect = `${said}; the cause is the server, or this event`
    await eventually(() =>
      expect(work.dispatcher.report()).toMatchObject({ stuck_event: null, last_error: suspect }),
    )
    const others = work.publish(B, 30)
    await sentDownTo(work, 11)
    expect(work.server.accepted).toEqual([...ids.slice(0, 9), ...others])
    const named = `${said}; the events of this project behind it wait; it answered for others at`
    const error = expect.stringMatching(new RegExp(`^${named.replace(/[(")]/g, '.')} \\d\\d:`))
    // The health reply, which every user of the machine may read, names no project.
    await eventually(() => expect(work.dispatcher.report().stuck_event).toEqual({ event_id: guilty, error }))
    expect(work.dispatcher.report().last_error).toBe(work.dispatcher.report().stuck_event?.error)
    expect(work.dispatcher.pending()).toBe(11)
    const last = (await work.drain()).at(-1)
    expect(last).toMatchObject({ event: 'finished', sent: 0, kept: 11, reason: error })
    work.server.otherwise = (request, response) => {
      ;(work.server.accepted as string[]).push(...request.ids)
      answers.eachIs('success')(request, response)
    }
    await sentDownTo(work, 0)
    expect(work.server.accepted.filter((id) => id.startsWith('a'))).toEqual(ids)
    await eventually(() =>
      expect(work.dispatcher.report()).toMatchObject({
        stuck_event: null,
        last_error: null,
        consecutive_failures: 0,
        next_attempt_at: null,
      }),
    )
  })

  it('is not named if nothing else was tried: the server may fail with everything', async () => {
    const work = await startDispatching()
    work.publish(A, 1)
    work.server.otherwise = answers.reply(503)
    for (let round = 0; round < 3; round += 1) await work.drain()
    expect(work.dispatcher.report()).toMatchObject({
      stuck_event: null,
      last_error: 'the server answered 503',
    })
  })

  it('is not named while the server fails with everything', async () => {
    const work = await startDispatching({ timing: { maxBackOffMs: 5 } })
    const ids = work.publish(A, 4)
    const accept = work.server.otherwise
    work.server.otherwise = answers.reply(503)
    work.dispatcher.wake()
    await eventually(() => expect(sizes(work.server).filter((size) => size === 1).length).toBeGreaterThan(5))
    expect(work.dispatcher.report()).toMatchObject({
      stuck_event: null,
      last_error: 'the server answered 503',
    })
    work.server.otherwise = accept
    await sentDownTo(work, 0)
    expect(work.server.accepted).toEqual(ids)
  })

  it.each(['after a failure', 'while it is sent'])(
    'is forgotten at once when it is removed %s, and those behind it leave',
    async (when) => {
      const slow = { backOffMs: 60_000, maxBackOffMs: 60_000 }
      const work = await startDispatching({ timing: slow, random: () => 1 })
      const [guilty = '', ...behind] = work.publish(A, 3)
      let remove = (): void => undefined
      failsWith(work.server, [guilty], (request, response) => {
        remove()
        answers.reply(500)(request, response)
      })
      for (let round = 0; round < 12 && work.dispatcher.report().stuck_event === null; round += 1) {
        work.publish(B, 1)
        await work.drain()
      }
      expect(work.dispatcher.report().stuck_event).toMatchObject({ event_id: guilty })
      const drop = (): void => {
        remove = () => undefined
        expect(work.queue.dropWaitingEvent(guilty)).toBe(true)
        work.dispatcher.wake()
      }
      if (when === 'after a failure') drop()
      else {
        remove = drop
        await work.drain()
      }
      await eventually(() => expect(work.queue.counts().queued).toBe(0))
      expect(work.server.accepted.filter((id) => id.startsWith('a'))).toEqual(behind)
      await eventually(() =>
        expect(work.dispatcher.report()).toMatchObject({
          stuck_event: null,
          last_error: null,
          next_attempt_at: null,
        }),
      )
    },
  )

  it('is named once others are answered, if it was alone from the start', async () => {
    const work = await startDispatching({ timing: { maxBackOffMs: 5 } })
    const [guilty = ''] = work.publish(A, 1)
    failsWith(work.server, [guilty], answers.reply(500))
    work.dispatcher.wake()
    await eventually(() => expect(sizes(work.server).length).toBeGreaterThan(6))
    expect(work.dispatcher.report()).toMatchObject({
      stuck_event: null,
      last_error: 'the server answered 500',
    })
    const others = work.publish(B, 1)
    await eventually(() => expect(work.server.accepted).toEqual(others))
    await eventually(() => expect(work.dispatcher.report().stuck_event).toMatchObject({ event_id: guilty }))
    expect(work.dispatcher.report().stuck_event?.error).not.toContain('behind')
  })

  it('is not named in an outage that begins after a success, with one event', async () => {
    const work = await startDispatching({ timing: { maxBackOffMs: 5 } })
    work.publish(A, 1)
    await sentDownTo(work, 0)
    work.publish(A, 1)
    work.server.otherwise = answers.reply(503)
    work.dispatcher.wake()
    await eventually(() => expect(sizes(work.server).length).toBeGreaterThan(6))
    expect(work.dispatcher.report()).toMatchObject({
      stuck_event: null,
      last_error: 'the server answered 503',
    })
    // Once it fails with events of another project, the cause is known.
    work.publish(B, 1)
    await eventually(() => expect(work.dispatcher.report().last_error).toBe('the server answered 503'))
    expect(work.dispatcher.report().stuck_event).toBeNull()
  })

  it('is not named because the server keeps it between its failures', async () => {
    const work = await startDispatching({ timing: { maxBackOffMs: 5 } })
    const [guilty = ''] = work.publish(A, 1)
    const kept = answers.eachIs('queued')
    work.server.next(kept, answers.reply(500), kept, ...Array.from({ length: 4 }, () => answers.reply(500)))
    work.server.otherwise = kept
    const told: (string | null)[] = []
    work.dispatcher.wake()
    await eventually(() => {
      told.push(work.dispatcher.report().stuck_event?.event_id ?? null)
      expect(sizes(work.server).length).toBeGreaterThan(8)
    })
    expect(told).not.toContain(guilty)
    expect(work.logged.map(([, about]) => JSON.stringify(about)).join()).not.toContain('answered for others')
  })

  it('is not counted as answered for if nothing was sent, as when the consent is withdrawn meanwhile', async () => {
    let [isNext, isGone] = [false, false]
    const work = await startDispatching({
      timing: { maxBackOffMs: 5 },
      consent: () => {
        const consent = isGone ? 'no' : 'yes'
        isGone = false
        return Promise.resolve(consent)
      },
      token: () => {
        ;[isNext, isGone] = [false, isNext]
        return Promise.resolve(TOKEN)
      },
    })
    work.publish(A, 20)
    work.server.otherwise = answers.reply(503)
    for (let round = 0; round < 3; round += 1) await work.drain()
    const before = sizes(work.server)
    expect(before.at(-1)).toBe(1)
    // Before the token is asked for, it is there; right before the request, it is not.
    isNext = true
    await eventually(() => expect(sizes(work.server).length).toBeGreaterThan(before.length + 3))
    expect(new Set(sizes(work.server).slice(before.length))).toEqual(new Set([1]))
  })

  it('holds up no other project while it is looked for', async () => {
    const work = await startDispatching({ timing: { maxBackOffMs: 5 } })
    const ids = work.publish(A, 20)
    const others = work.publish(B, 20)
    failsWith(work.server, ids.slice(0, 1), answers.reply(500))
    work.dispatcher.wake()
    await eventually(() => expect(work.server.accepted).toEqual(others))
    expect(sizes(work.server).slice(0, 2)).toEqual([20, 20])
    await eventually(() => expect(work.queue.counts().queued).toBe(20))
  })
})

/** What a server may answer to one event only. */
const TO_ONE_EVENT: readonly (readonly [what: string, failure: answers.Answer])[] = [
  ['500', answers.reply(500)],
  ['404', answers.reply(404, { error: 'no such stream' })],
  ['302', answers.reply(302, '', { location: 'https://elsewhere.test/' })],
  ['429', answers.reply(429)],
  [
    '200 that names it in another spelling',
    answers.reply(200, { results: [{ event_id: 'A-1', status: 'success' }] }),
  ],
  ['200 that is not JSON', answers.reply(200, '\u001f\u008b')],
  ['a web page', answers.reply(200, '<!doctype html><title>Blocked</title>')],
  ['a dropped connection', answers.dropBeforeAnswer],
]

describe('a project whose oldest event the server does not settle', () => {
  it.each(TO_ONE_EVENT)('holds up no other after the first attempt, nor later: %s', async (_, failure) => {
    // A wait of a minute or more, so that whoever has to wait is noticed.
    const work = await startDispatching({ timing: { maxBackOffMs: 120_000, backOffMs: 60_000 } })
    const guilty = work.publish(A, 1)
    failsWith(work.server, guilty, failure)
    const others = [...work.publish(B, 3)]
    // The first attempt begins with the oldest event, and the second one with another project.
    for (let round = 0; round < 2; round += 1) await work.drain()
    expect(work.server.accepted).toEqual(others)
    for (let round = 0; round < 4; round += 1) {
      await work.drain()
      others.push(...work.publish(B, 1))
      work.dispatcher.wake()
      await eventually(() => expect(work.server.accepted).toEqual(others))
    }
    expect(work.queue.counts().queued).toBe(1)
  })

  it.each(TO_ONE_EVENT.filter(([what]) => what !== 'a dropped connection'))(
    'has it named once others are answered: %s',
    async (_, failure) => {
      const work = await startDispatching()
      const [guilty = ''] = work.publish(A, 1)
      failsWith(work.server, [guilty], failure)
      for (let round = 0; round < 4; round += 1) {
        work.publish(B, 1)
        await work.drain()
      }
      expect(work.dispatcher.report().stuck_event).toMatchObject({ event_id: guilty })
    },
  )

  it('makes all wait, with one request at a time, once the server fails with others too', async () => {
    const work = await startDispatching({ timing: { maxBackOffMs: 120_000, backOffMs: 60_000 } })
    work.publish(A, 1)
    failsWith(work.server, ['a-000001'], answers.reply(404))
    work.publish(B, 1)
    for (let round = 0; round < 3; round += 1) await work.drain()
    work.server.otherwise = answers.reply(503)
    work.publish(B, 1)
    work.publish('/c', 1)
    await work.drain()
    const before = work.server.requests.length
    await work.drain()
    // A drain makes five attempts at most, each with one request.
    expect(work.server.requests.length - before).toBeLessThanOrEqual(5)
    const after = work.server.requests.length
    work.publish(B, 1)
    work.dispatcher.wake()
    expect(await settled(() => work.server.requests.length)).toBe(after)
  })

  it('is in the report, with its error, while others go on', async () => {
    const work = await startDispatching({ timing: { maxBackOffMs: 120_000, backOffMs: 60_000 } })
    const [guilty = ''] = work.publish(A, 1)
    failsWith(work.server, [guilty], answers.dropBeforeAnswer)
    work.publish(B, 1)
    for (let round = 0; round < 3; round += 1) await work.drain()
    work.publish(B, 1)
    work.dispatcher.wake()
    await eventually(() => expect(work.server.accepted.length).toBe(2))
    await eventually(() =>
      expect(work.dispatcher.report()).toMatchObject({
        running: false,
        last_error: expect.stringContaining('closed'),
        last_error_kind: 'connection',
        next_attempt_at: expect.any(String),
      }),
    )
  })

  it('goes on at once when that event is removed, even if it is the only project', async () => {
    const work = await startDispatching({ timing: { maxBackOffMs: 120_000, backOffMs: 60_000 } })
    const [guilty = '', next = ''] = work.publish(A, 2)
    failsWith(work.server, [guilty], answers.reply(404))
    for (let round = 0; round < 5; round += 1) await work.drain()
    expect(work.queue.dropWaitingEvent(guilty)).toBe(true)
    work.dispatcher.wake()
    await eventually(() => expect(work.server.accepted).toEqual([next]))
    await eventually(() =>
      expect(work.dispatcher.report()).toMatchObject({ last_error: null, next_attempt_at: null }),
    )
  })
})

it('a project that gets 429 because others were faster gets its turn', async () => {
  const work = await startDispatching()
  const accept = work.server.otherwise
  // Of each attempt, it takes the first request only.
  let isFirst = true
  work.server.otherwise = (request, response) => {
    ;(isFirst ? accept : answers.reply(429))(request, response)
    isFirst = false
  }
  const [late = ''] = work.publish(A, 1)
  isFirst = false
  await work.drain()
  for (let round = 0; round < 6 && !work.server.accepted.includes(late); round += 1) {
    work.publish(B, 1)
    isFirst = true
    await work.drain()
  }
  expect(work.server.accepted).toContain(late)
})

describe('Retry-After', () => {
  it('for an event that fails alone counts for every project', async () => {
    const work = await startDispatching({ timing: { maxBackOffMs: 5 } })
    const [guilty = ''] = work.publish(A, 1)
    let asked: Readonly<Record<string, string>> = {}
    failsWith(work.server, [guilty], (request, response) => answers.reply(503, '', asked)(request, response))
    work.dispatcher.wake()
    await eventually(() => expect(sizes(work.server).length).toBeGreaterThan(3))
    work.publish(B, 1)
    await eventually(() => expect(work.dispatcher.report().stuck_event).not.toBeNull())
    asked = { 'retry-after': '600' }
    await eventually(() => expect(work.dispatcher.report().last_error_kind).toBe('wait'))
    const before = work.server.requests.length
    work.publish(B, 1)
    work.dispatcher.wake()
    expect(await settled(() => work.server.requests.length)).toBe(before)
    expect(Date.parse(work.dispatcher.report().next_attempt_at ?? '') - Date.now()).toBeGreaterThan(500_000)
  })
})
