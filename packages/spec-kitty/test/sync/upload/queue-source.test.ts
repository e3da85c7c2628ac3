import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { afterAll, expect, it } from 'vitest'
import { openQueue } from '../../../src/sync/queue/open-queue.js'
import { createQueueSource } from '../../../src/sync/upload/queue-source.js'
import { makeHome, removeHomes } from '../../../../familiar/test/helpers/homes.js'

afterAll(removeHomes)

it('opens a queue once it is there, and creates none', async () => {
  const path = join(makeHome(), 'daemons', 'sync', 'queue.db')
  const source = createQueueSource(path, () => {})
  expect(await source.open(false)).toBeNull()
  expect(existsSync(dirname(path))).toBe(false)
  using queue = await openQueue(path)
  const opened = await source.open(false)
  expect(opened).not.toBeNull()
  expect(await source.open(false)).toBe(opened)
  // Nothing is wrong with it: it is opened again, and not moved aside.
  const again = await source.open(true)
  expect(again).not.toBe(opened)
  expect(again?.counts()).toEqual(queue.counts())
  source.close()
})
