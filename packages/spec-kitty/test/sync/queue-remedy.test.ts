import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { afterAll, expect, it } from 'vitest'
import { lostProblem } from '../../src/sync/queue-remedy.js'
import { queuePath } from '../../src/sync/queue/queue-path.js'
import { makeHome, removeHomes } from '../../../familiar/test/helpers/homes.js'

afterAll(removeHomes)

it('a queue that was moved is put back only where no other one is: its events are saved and queued again', () => {
  const root = makeHome()
  const path = queuePath(root)
  const movedTo = join(root, 'a copy.db')
  const lost = { state: 'moved', movedTo, events: 2 } as const
  const log = `${path}-wal`
  mkdirSync(dirname(path), { recursive: true })
  writeFileSync(log, '')
  const text = `${path} was moved to ${movedTo} while 2 events were in it; the sync daemon still has it open, and`
  expect(lostProblem(root, lost)).toEqual({
    problem: `${text} sends nothing`,
    isDamaged: false,
    command: `mv -n '${movedTo}' ${path}`,
  })
  writeFileSync(path, '')
  expect(lostProblem(root, lost)).toEqual({
    problem: `${text} its events are not sent: another file is at that path`,
    isDamaged: false,
    command: `spec-kitty sync queue --export FILE --from '${movedTo}'`,
  })
})
