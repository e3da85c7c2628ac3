import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { eventReader } from '../../src/sync/event-reader.js'
import { openQueue } from '../../src/sync/queue/open-queue.js'
import { queuePath } from '../../src/sync/queue/queue-path.js'
import { runIn, type Timed } from '../helpers/dashboards.js'
import { startSyncServer, type SyncServer } from '../helpers/sync-server.js'
import { makeRoot, type SyncRoot } from './sync-root.js'

/** A root with everything that events need to leave it: a session, a server, and a project that has opted in. */
export interface SyncWork {
  readonly root: SyncRoot
  readonly server: SyncServer
  readonly project: string
  readonly env: Readonly<Record<string, string>>
  /** Makes another project. */
  readonly makeProject: (name: string, consent?: string | null) => string
  /** Runs a command, and lets the server answer meanwhile. */
  readonly run: (args: readonly string[], env?: Readonly<Record<string, string>>) => Promise<Timed>
  /** Queues an event with each id, as `sync publish` does, in this process; no daemon is told, so the test says when it begins. */
  readonly publish: (ids: readonly string[], options?: PublishOptions) => Promise<void>
  readonly end: () => Promise<void>
}

export interface PublishOptions {
  readonly project?: string
}

export const CONSENT = 'sync:\n  enabled: true\n'

export async function makeSyncWork(): Promise<SyncWork> {
  const root = makeRoot()
  const server = await startSyncServer()
  const env = { ...root.env, SPEC_KITTY_ENABLE_SAAS_SYNC: '1' }
  writeSession(root.path, server.url)
  const makeProject = (name: string, consent: string | null = CONSENT): string => {
    const project = join(root.base, name)
    mkdirSync(join(project, '.kittify'), { recursive: true })
    if (consent !== null) writeFileSync(join(project, '.kittify', 'config.yaml'), consent)
    return project
  }
  const run: SyncWork['run'] = async (args, more = {}) => {
    const ran = await runIn(root.base, args, { env: { ...env, ...more } })
    root.remember()
    return ran
  }
  const project = makeProject('project')
  return {
    root,
    server,
    project,
    env,
    makeProject,
    run,
    publish: (ids, { project: at = project } = {}) => queueIn(root.path, at, ids),
    end: async () => {
      await root.end()
      await server.close()
      rmSync(root.base, { recursive: true, force: true })
    },
  }
}

/** Writes a session whose access token can be renewed, so that a 401 is survived. */
export function writeSession(root: string, url: string): void {
  const session = {
    kind: 'device',
    server_url: url,
    principal: 'dev@example.org',
    signed_in_at: '2026-01-01T00:00:00.000Z',
    issuer: url,
    client_id: 'spec-kitty-cli',
    token_endpoint: `${url}/token`,
    access_token: 'first',
    refresh_token: 'renewing',
  }
  mkdirSync(root, { recursive: true, mode: 0o700 })
  writeFileSync(join(root, 'session.json'), JSON.stringify(session), { mode: 0o600 })
}

async function queueIn(root: string, project: string, ids: readonly string[]): Promise<void> {
  const read = eventReader(project)
  const found = await Promise.all(ids.map((id) => read(JSON.stringify({ event_id: id, event_type: 'T' }))))
  const events = found.map((one) => {
    if (one.state === 'bad') throw new Error(`not queued: ${one.why}`)
    return one.event
  })
  using queue = await openQueue(queuePath(root))
  queue.publish(events, ids.length + 1_000)
}
