import { spawnSync } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { spawnHostile } from '../../../../stand-ins/hostile.mjs'
import { spawnPredecessor, stopAll } from '../../../../stand-ins/predecessor.mjs'
import { CLI, smallEnvironment } from '../helpers/cli.js'
import { expectValid } from '../helpers/schemas.js'
import { makeRoot, until, type SyncRoot } from './sync-root.js'

/** Every document of every command against the published schemas, where the command does its work and where it fails. */
let root: SyncRoot
let project: string

beforeAll(async () => {
  root = makeRoot()
  project = join(root.base, 'project')
  mkdirSync(join(project, '.kittify'), { recursive: true })
  mkdirSync(root.path)
  await Promise.all([
    spawnPredecessor({ family: 'sync', port: 9448, version: '3.2.4', root: root.path, marker: false }),
    spawnHostile('http', 9449),
  ])
})

afterAll(async () => {
  root.run(['dashboard', '--stop'], { cwd: project })
  root.run(['sync', 'stop'])
  await stopAll()
  await root.end()
})

const SERVER = 'http://127.0.0.1:9'
const HOSTED = { SPEC_KITTY_ENABLE_SAAS_SYNC: '1' }

interface Options {
  readonly env?: Readonly<Record<string, string>>
  readonly input?: string
}

/** Runs a command in the project; its document must be as the schema says. Returns its exit code and the document. */
function check(schema: string, args: readonly string[], options: Options = {}) {
  const { status, document } = root.json(args, { cwd: project, ...options })
  expectValid(schema, document)
  return { status, document }
}

describe('a command that works', () => {
  it.each([
    ['auth-doctor', ['auth', 'doctor']],
    ['session', ['auth', 'status']],
    ['auth-logout', ['auth', 'logout']],
    ['stop', ['sync', 'stop']],
    ['sync-status', ['sync', 'status']],
    ['sync-queue', ['sync', 'queue']],
    ['sync-queue-dead', ['sync', 'queue', '--dead']],
    ['config-list', ['config', 'list']],
    ['config-get', ['config', 'get', 'sync.format']],
    ['dashboard-status', ['dashboard', '--status']],
    ['upgrade-hook', ['upgrade-hook']],
    ['explain', ['explain']],
    ['explain', ['explain', 'F-002']],
  ] as const)('where there is nothing: %s, %j', (schema, args) => {
    check(schema, args)
  })

  it('about events', async () => {
    check('session', ['auth', 'login', '--with-token', '--server', SERVER], { input: 'a-token' })
    check('session', ['auth', 'status'])
    check('consent', ['sync', 'opt-out'])
    check('sync-publish', ['sync', 'publish', '--type', 'T'])
    const { document } = check('sync-publish', ['sync', 'publish', '-'], {
      input: '{"event_type":"T"}\nno\n',
    })
    expect(document).toMatchObject({ queued: 1, rejected_count: 1 })
    check('sync-queue', ['sync', 'queue'], { env: HOSTED })
    check('sync-queue-export', ['sync', 'queue', '--export', join(root.base, 'events')])
    check('sync-queue-retry', ['sync', 'queue', 'retry', 'e'])
    check('sync-queue-drop', ['sync', 'queue', 'drop', '--yes', 'e'])
    check('consent', ['sync', 'opt-in'])
  })

  it('about a daemon that runs, and what it sends', async () => {
    check('connection', ['sync', 'start'], { env: HOSTED })
    check('connection', ['sync', 'start'])
    expect(await until(() => root.json(['sync', 'status']).document.last_error !== null)).toBe(true)
    expect(check('sync-status', ['sync', 'status']).document.state).toBe('running')
    expect(check('auth-doctor', ['auth', 'doctor']).document.daemon.active).toBe(true)
    const { stdout } = root.run(['sync', 'now', '--json', '--timeout', '2'], { env: HOSTED })
    const lines = stdout.trimEnd().split('\n')
    expect(lines.length).toBeGreaterThan(1)
    // The last one may be the error about the timeout.
    for (const line of lines) {
      const document = JSON.parse(line)
      expectValid(document.ok === false ? 'error' : 'sync-now-line', document)
    }
    check('sync-logs', ['sync', 'logs'])
    check('sync-list', ['sync', 'list'])
    check('connection', ['sync', 'restart'])
    expect(check('upgrade-hook', ['upgrade-hook']).document.outcome).toBe('kept')
    expect(check('stop', ['sync', 'stop']).document.outcome).toBe('stopped')
  })

  it('about a dashboard', () => {
    check('dashboard-start', ['dashboard'])
    check('dashboard-start', ['init'])
    check('dashboard-status', ['dashboard', '--status'])
    check('sync-logs', ['dashboard', 'logs'])
    check('dashboard-clean-up', ['dashboard', '--cleanup-all', '--dry-run'])
    check('dashboard-clean-up', ['dashboard', '--cleanup-all', '--yes'])
    expect(check('stop', ['dashboard', '--stop']).document.outcome).toBe('stopped')
  })

  it('with findings, and a clean-up', async () => {
    // Not before: a daemon of this home ends a stale one that is older than 30 s.
    await spawnPredecessor({ family: 'sync', port: 9447, version: '3.2.4', root: root.path })
    writeFileSync(join(root.path, 'config.toml'), '[sync]\nformat = 1\n')
    const found = check('auth-doctor', ['auth', 'doctor']).document
    expect(found.findings.map(({ id }: { id: string }) => id)).toEqual(['F-002', 'F-005', 'F-012', 'F-018'])
    check('config-list', ['config', 'list'])
    check('auth-doctor', ['auth', 'doctor', '--reset', '--dry-run', '--force'])
    const { document } = check('auth-doctor', ['auth', 'doctor', '--reset', '--force', '--port', '9447'])
    expect(document.reset_result.swept).toMatchObject([{ port: 9447 }])
  })
})

describe('a failure', () => {
  it.each([
    ['E_USAGE', ['auth', 'doctor', '--force']],
    ['E_USAGE', ['explain', 'F-999x']],
    ['E_NO_LISTENER', ['auth', 'doctor', '--reset', '--port', '9420']],
    ['E_NO_LISTENER', ['dashboard', '--cleanup-all', '--yes', '--port', '9300']],
    ['E_CONFIG_INVALID', ['config', 'get', 'sync.format']],
    ['E_SERVER_URL', ['auth', 'login', '--server', 'http://sync.example.org']],
    ['E_NO_PROJECT', ['sync', 'opt-in', '/']],
    ['E_SYNC_NO_DAEMON', ['sync', 'now']],
    ['E_USAGE', ['upgrade-hook', '--what']],
  ] as const)('%s of %j', (code, args) => {
    // An empty queue needs no daemon.
    if (code === 'E_SYNC_NO_DAEMON')
      expect(root.run(['sync', 'publish', '--type', 'T', '--project', project]).status).toBe(0)
    const { status, document } = check('error', args)
    expect([document.error.code, status === 0]).toEqual([code, args[0] === 'upgrade-hook'])
  })
})

describe.runIf(spawnSync('jq', ['--version']).status === 0)('the two documented jq lines', () => {
  const run = (script: string) =>
    spawnSync('sh', ['-c', script], {
      env: smallEnvironment({ ...root.env, SK: `${process.execPath} ${CLI}` }),
      encoding: 'utf8',
    })

  it('work as they are written', () => {
    const orphans = run(`$SK auth doctor --json | jq '.orphans[] | {port, pid, cleanup_class, skip_reason}'`)
    expect(JSON.parse(orphans.stdout)).toEqual({
      port: 9448,
      pid: expect.any(Number),
      cleanup_class: 'operator_required',
      skip_reason: 'pre_marker',
    })
    const result = run(`$SK auth doctor --reset --json | jq '.reset_result'`)
    expectValid('reset-result', JSON.parse(result.stdout))
  })
})
