import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, expect, it } from 'vitest'
import { openQueue } from '../../../src/sync/queue/open-queue.js'
import { queuePath } from '../../../src/sync/queue/queue-path.js'
import { readProject } from '../../../src/sync/project-origin.js'
import { loadDispatcher } from '../../../src/sync/daemon/load-dispatcher.js'
import { makeHome, removeHomes } from '../../../../familiar/test/helpers/homes.js'
import { linesOf } from '../../helpers/dispatching.js'
import { startSyncServer } from '../../helpers/sync-server.js'

afterAll(removeHomes)

it('nothing of another home that stands at the path of this one is sent, nor is its queue opened', async () => {
  const server = await startSyncServer()
  const [home, project] = [makeHome(), makeHome()]
  mkdirSync(join(project, '.kittify'))
  writeFileSync(join(project, '.kittify/config.yaml'), 'sync:\n  enabled: true\n')
  const session = { kind: 'token', server_url: server.url, access_token: 'secret-token-1' }
  writeFileSync(join(home, 'session.json'), JSON.stringify(session), { mode: 0o600 })
  const queue = await openQueue(queuePath(home))
  const envelope = JSON.stringify({ event_id: 'e-1', event_type: 'moved', project_uuid: 'p-1', payload: {} })
  const { origin } = await readProject(project)
  queue.publish([{ eventId: 'e-1', eventType: 'moved', projectUuid: 'p-1', project, origin, envelope }], 100)
  let isThere = false
  const dispatcher = await loadDispatcher({
    root: home,
    env: { SPEC_KITTY_ENABLE_SAAS_SYNC: '1', HOME: home },
    log: () => undefined,
    isHere: () => isThere,
  })
  expect((await linesOf(dispatcher)).at(-1)).toMatchObject({ event: 'finished', sent: 0 })
  expect(server.requests).toEqual([])
  isThere = true
  expect((await linesOf(dispatcher)).at(-1)).toMatchObject({ event: 'finished', sent: 1 })
  expect(server.accepted).toEqual(['e-1'])
  await dispatcher.stop()
  queue[Symbol.dispose]()
  await server.close()
})
