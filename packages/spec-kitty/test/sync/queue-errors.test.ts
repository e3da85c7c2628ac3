import { afterAll, expect, it } from 'vitest'
import { openQueue } from '../../src/sync/queue/open-queue.js'
import { queuePath } from '../../src/sync/queue/queue-path.js'
import { loadSqlite } from '../../src/sync/queue/sqlite.js'
import { makeHome, removeHomes } from '../../../familiar/test/helpers/homes.js'

afterAll(removeHomes)

it.each(['DROP TABLE events', 'ALTER TABLE events DROP COLUMN category'])(
  'a queue whose tables were changed is damaged, and that is said: %s',
  async (change) => {
    const path = queuePath(makeHome())
    using queue = await openQueue(path)
    const database = (await loadSqlite()).open(path)
    database.exec(change)
    database.close()
    const read = (): unknown => [queue.counts(), ...queue.deadLetters()]
    expect(read).toThrow(/ cannot be used: it is damaged \(no such (?:table: events|column: category)\)$/)
    expect(read).toThrow(
      expect.objectContaining({
        code: 'E_QUEUE_UNUSABLE',
        hint: expect.stringContaining('move it away with its -wal and -shm after spec-kitty sync stop'),
      }),
    )
  },
)
