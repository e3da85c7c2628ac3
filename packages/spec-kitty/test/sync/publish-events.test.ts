import { rmSync } from 'node:fs'
import { CommandError } from 'familiar/cli'
import { afterAll, expect, it } from 'vitest'
import { publishEvents } from '../../src/sync/publish-events.js'
import { openHandle, openQueue } from '../../src/sync/queue/open-queue.js'
import { queuePath } from '../../src/sync/queue/queue-path.js'
import type { NewEvent, Published } from '../../src/sync/queue/queue-types.js'
import { makeHome, removeHomes } from '../../../familiar/test/helpers/homes.js'

afterAll(removeHomes)

const MAX = 100

function event(eventId: string): NewEvent {
  const envelope = JSON.stringify({ event_id: eventId })
  return { eventId, eventType: 'T', projectUuid: 'u', project: '/p', envelope }
}

/** Publishes `a`, which is there, and `b`, and fails once after that. Returns what is told, and what waits. */
async function publishTwo(
  fail: (path: string) => void,
): Promise<{ readonly told: Published; readonly waiting: readonly string[] }> {
  const path = queuePath(makeHome())
  using handle = await openHandle(path)
  await handle.use((queue) => queue.publish([event('a')], MAX))
  const before = { first: null }
  let isDone = false
  const told = await handle.use((queue) => {
    const waiting = (): ReturnType<typeof queue.waiting> => {
      if (!isDone) {
        isDone = true
        fail(path)
      }
      return queue.waiting()
    }
    const target = { publish: queue.publish.bind(queue), waiting, lost: () => queue.lost() }
    return publishEvents(target, [event('a'), event('b')], MAX, before)
  })
  using queue = await openQueue(path)
  return { told, waiting: Array.from(queue.events(), ({ eventId }) => eventId) }
}

it('saves what was queued in a file that is removed before the duplicates are looked at', async () => {
  const { told, waiting } = await publishTwo((path) => rmSync(path))
  expect([told, waiting]).toEqual([{ queued: 1, duplicates: ['a'], dead: 0 }, ['a', 'b']])
})

it('publishes once more if the file turns out to be damaged then, and counts each event once', async () => {
  let count = 0
  const { told, waiting } = await publishTwo(() => {
    count += 1
    throw new CommandError('E_QUEUE_CORRUPT', 'it is damaged')
  })
  expect([count, told, waiting]).toEqual([1, { queued: 1, duplicates: ['a'], dead: 0 }, ['a', 'b']])
})

it('fails no publish for another reason once an event is in the queue', async () => {
  const { told, waiting } = await publishTwo(() => {
    throw new CommandError('E_QUEUE_BUSY', 'another program has locked it')
  })
  const notMoved = 'another program has locked it'
  expect([told, waiting]).toEqual([{ queued: 1, duplicates: ['a'], dead: 0, notMoved }, ['a', 'b']])
})
