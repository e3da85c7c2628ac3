import { mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { DaemonStatus } from 'familiar'
import { clockText } from 'familiar/cli'
import { afterAll, expect, it } from 'vitest'
import { makeHome, removeHomes } from '../../../familiar/test/helpers/homes.js'
import { markExported, markUnreadable } from '../../src/sync/queue/quarantined-databases.js'
import { queuePath } from '../../src/sync/queue/queue-path.js'
import { syncStatus } from '../../src/sync/sync-status.js'
import { knownReport } from '../../src/sync/work-report.js'

afterAll(removeHomes)

const DAY_MS = 86_400_000

/** What the line about the last upload says of a daemon that has stopped. */
async function lastSync(stoppedAt: Date): Promise<string | undefined> {
  const home = makeHome()
  const since = stoppedAt.toISOString()
  // Of the record, the work of the daemon asks only for when it ended.
  const status = {
    state: 'stopped',
    why: 'it was stopped',
    since,
    implementation: 'familiar',
    pid: null,
    port: null,
    report: null,
    record: { stoppedAt: since, running: false, extension: {} },
  } as unknown as DaemonStatus
  const io = { env: { SPEC_KITTY_HOME: home, HOME: home }, cwd: () => home }
  const lines = [
    ['daemon', 'not running'],
    ['log', ''],
  ] as const
  const told = await syncStatus(
    home,
    io,
  )({ status, state: status.state, document: { log: null } as never, lines })
  return told.lines.find(([name]) => name === 'last sync')?.[1]
}

it('tells the day on which the daemon ended, if that is not today', async () => {
  expect(await lastSync(new Date())).toMatch(/^unknown since the daemon ended at \d\d:\d\d:\d\d$/)
  expect(await lastSync(new Date(Date.now() - 2 * DAY_MS))).toMatch(
    /^unknown since the daemon ended at \d{4}-\d\d-\d\d \d\d:\d\d:\d\d$/,
  )
})

it('says of garbage where the last daemon left what it knew that the last sync is unknown', async () => {
  for (const [name, text, told] of [
    ['record.json', 'garbage', 'unknown: '],
    ['last-work.json', '{"last_sync": "soon"}', 'unknown: '],
    ['last-work.json', '{"last_sync": null, "refused": null}', 'never'],
    [null, '', 'never'],
  ] as const) {
    const home = makeHome()
    const file = join(home, 'daemons', 'sync', name ?? 'none')
    mkdirSync(join(home, 'daemons', 'sync'), { recursive: true })
    if (name !== null) writeFileSync(file, text, { mode: 0o600 })
    const status = { state: 'none', why: '', since: null, report: null, record: null } as unknown
    const io = { env: { SPEC_KITTY_HOME: home, HOME: home }, cwd: () => home }
    const shown = await syncStatus(
      home,
      io,
    )({
      status: status as DaemonStatus,
      state: 'none',
      document: { log: null } as never,
      lines: [['daemon', 'not running']],
    })
    const last = shown.lines.find(([label]) => label === 'last sync')?.[1]
    expect(last).toBe(told === 'never' ? told : `unknown: ${file} cannot be read`)
  }
})

it('says of a server that does not answer since when, and when the attempt ends', async () => {
  const home = makeHome()
  const SERVER = 'http://127.0.0.1:9'
  const session = { kind: 'token', server_url: SERVER, access_token: 'a-token' }
  writeFileSync(join(home, 'session.json'), JSON.stringify(session), { mode: 0o600 })
  const env = { SPEC_KITTY_HOME: home, HOME: home, SPEC_KITTY_ENABLE_SAAS_SYNC: '1' }
  const linesOf = async (seconds: number | null, more: object = {}) => {
    const request_since = seconds === null ? null : new Date(Date.now() - seconds * 1000).toISOString()
    const status = {
      state: 'running',
      implementation: 'familiar',
      record: null,
      report: { packageVersion: '1', details: { sync: { running: true, request_since, ...more } } },
    } as unknown as DaemonStatus
    const lines = [
      ['daemon', ''],
      ['log', ''],
    ] as const
    const view = { status, state: status.state, document: { log: null } as never, lines }
    return (await syncStatus(home, { env, cwd: () => home })(view)).lines
  }
  const uploads = async (seconds: number | null, more: object = {}) =>
    (await linesOf(seconds, more)).find(([name]) => name === 'uploads')?.[1]
  // A failure of before is no reason where nothing waits.
  const old = { running: false, consecutive_failures: 4, last_error: 'the queue is damaged' }
  expect((await linesOf(null, old)).map(([name]) => name)).not.toContain('failures')
  expect(await uploads(null)).toBe(`sending to ${SERVER}`)
  expect(await uploads(1)).toBe(`sending to ${SERVER}`)
  expect(await uploads(11)).toMatch(
    /^sending to http:\/\/127\.0\.0\.1:9, which has not answered for 1[1-3] s; the attempt ends after 60 s$/,
  )
  // Not the same thing for the one who looks for the reason: no connection, a silent server, a slow one.
  expect(await uploads(11, { request_connected: false, request_bytes: 0 })).toMatch(
    /, to which no connection has been made for 1[1-3] s; the attempt ends after 60 s$/,
  )
  expect(await uploads(11, { request_connected: true, request_bytes: 0 })).toMatch(
    /, which has not answered for 1[1-3] s; the attempt ends after 60 s$/,
  )
  expect(await uploads(11, { request_connected: true, request_bytes: 60 })).toMatch(
    /, which is answering slowly: 60 bytes so far, in 1[1-3] s; the attempt ends after 60 s$/,
  )
  // The address was changed while the request hangs.
  const changed = { request_server: 'http://127.0.0.1:8' }
  expect(await uploads(1, changed)).toBe(`sending to http://127.0.0.1:8; then to ${SERVER}`)
  expect(await uploads(11, changed)).toMatch(
    /^sending to http:\/\/127\.0\.0\.1:8, which has not answered for 1[1-3] s; .* 60 s; then to http:\/\/127\.0\.0\.1:9$/,
  )
})

it('announces no next attempt, and no old reason, while an attempt runs', () => {
  const sync = { last_error: 'status 500', next_attempt_at: new Date().toISOString() }
  const next = (running: boolean) => knownReport({ sync: { ...sync, running } }).nextAttemptAt
  expect([next(true), next(false)]).toEqual([null, sync.next_attempt_at])
})

/** The lines about a running daemon that are not about the daemon itself. */
async function linesIn(home: string, log: string | null = null): Promise<readonly string[]> {
  const report = { packageVersion: '1', details: { sync: {} } }
  const status = { state: 'running', implementation: 'familiar', record: null, report }
  const view = {
    status: status as unknown as DaemonStatus,
    state: 'running' as const,
    document: { log } as never,
    lines: [['log', 'here'] as const],
  }
  const env = { SPEC_KITTY_HOME: home, HOME: home }
  const { lines } = await syncStatus(home, { env, cwd: () => home })(view)
  return lines.map(([name, text]) => `${name} ${text}`.trim())
}

it('proposes no export of a damaged queue in which no event could be read', async () => {
  const home = makeHome()
  const path = queuePath(home)
  const [first, second] = ['1', '2'].map((day) => `${path}.corrupt-2026-01-0${day}T000000.000Z`) as [
    string,
    string,
  ]
  mkdirSync(join(path, '..'), { recursive: true })
  for (const file of [first, second]) writeFileSync(file, 'damaged')
  const proposal = expect.stringMatching(/spec-kitty sync queue --export FILE$/)
  expect(await linesIn(home)).toContainEqual(proposal)
  // Nothing is removed before it is saved.
  expect(await linesIn(home)).not.toContainEqual(expect.stringMatching(/^rm /))
  markUnreadable(first)
  expect(await linesIn(home)).toContainEqual(proposal)
  markUnreadable(second)
  const lines = await linesIn(home)
  expect(lines).not.toContainEqual(proposal)
  const said =
    '2 damaged queues were put aside, and no event can be read of them; until you remove them, this is shown:'
  expect(lines.slice(lines.indexOf(said)).slice(0, 2)).toEqual([said, `rm ${first}* ${second}*`])
  // Exported, but for the first.
  rmSync(`${second}.unreadable`)
  markExported(second, 'waiting')
  const rest = await linesIn(home)
  expect(rest).not.toContainEqual(expect.stringMatching(/^rm /))
  expect(rest).toContainEqual(expect.stringMatching(/spec-kitty sync queue --dead --export FILE$/))
  markExported(second, 'rejected')
  const exported =
    '2 damaged queues were put aside, and exported; once the exported events are queued again, remove them:'
  const after = await linesIn(home)
  expect(after.slice(after.indexOf(exported)).slice(0, 2)).toEqual([exported, `rm ${first}* ${second}*`])
})

it('says that a running daemon has no log, and what gives it one', async () => {
  const home = makeHome()
  const log = join(home, 'daemon.log')
  const said = 'the daemon cannot write to it, and goes on without a log'
  expect(await linesIn(home, log)).not.toContain(said)
  mkdirSync(log)
  expect((await linesIn(home, log)).slice(-3)).toEqual(['log here', said, `mv ${log} ${log}.old`])
  renameSync(log, `${log}.old`)
  writeFileSync(log, '')
  expect(await linesIn(home, log)).not.toContain(said)
})

it('knows that a daemon was alive at its last sync, and that a time in the future is none', async () => {
  const home = makeHome()
  const ago = (seconds: number) => new Date(Date.now() - seconds * 1000)
  const since = ago(60)
  const shown = async (synced: Date) => {
    mkdirSync(join(home, 'daemons', 'sync'), { recursive: true })
    writeFileSync(
      join(home, 'daemons', 'sync', 'last-work.json'),
      JSON.stringify({ last_sync: synced.toISOString() }),
    )
    const status = { state: 'crashed', since: since.toISOString(), report: null, record: null }
    const view = {
      status: status as unknown as DaemonStatus,
      state: 'crashed' as const,
      document: { log: null } as never,
      lines: [['daemon', `crashed (last seen alive ${clockText(since)})`] as const, ['log', 'here'] as const],
    }
    const env = { SPEC_KITTY_HOME: home, HOME: home }
    const { lines } = await syncStatus(home, { env, cwd: () => home })(view)
    return lines.map(([name, text]) => `${name} ${text}`.trim())
  }
  const synced = ago(40)
  expect(await shown(synced)).toContain(`daemon crashed (last seen alive ${clockText(synced)})`)
  expect(await shown(ago(90))).toContain(`daemon crashed (last seen alive ${clockText(since)})`)
  expect(await shown(ago(-86_400))).toContainEqual(
    expect.stringMatching(/^last sync .*, which is in the future: the clock of this machine was set back$/),
  )
})
