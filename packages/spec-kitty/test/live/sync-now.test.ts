import { execFileSync } from 'node:child_process'
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { stopAll } from '../../../../stand-ins/predecessor.mjs'
import { syncDaemon } from '../../dist/daemons/define-daemons.js'
import { followDrain } from '../../dist/sync/daemon/follow-drain.js'
import { startCli } from '../helpers/cli.js'
import { endOf, textOf, typeIn } from '../helpers/dashboards.js'
import { runCommandHere } from '../helpers/run-command.js'
import { dropMidAnswer, reply, resultsOf, silence } from '../helpers/sync-server.js'
import { daemonsOf, lives, signal, until } from './sync-root.js'
import { makeSyncWork, type SyncWork } from './sync-work.js'
import { startPredecessor, startsIn } from './version-stale.js'

let work: SyncWork

/** How long after the last line a drain is given up in these tests: longer than a busy machine stands still. */
const STALL_MS = 6_000

const linesOf = (text: string): readonly any[] =>
  text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line))

/** Publishes to the daemon that runs. */
async function publishToDaemon(body: string) {
  const connection = await syncDaemon.at(work.root.path).connect({ start: false })
  const headers = { 'content-type': 'application/json' }
  const reply = await connection.fetch('/api/sync/publish', { method: 'POST', headers, body })
  return { status: reply.status, json: await reply.json() }
}

/** Bodies that are not an event of a project. */
const NO_EVENTS = {
  'no JSON': 'nonsense',
  'no project': '{"event":{"event_type":"T"}}',
  'a directory that is not a project': '{"event":{"event_type":"T"},"project":"/"}',
  'no event': JSON.stringify({ project: '/' }),
}

/** A daemon looks at its queue a second after its start: later, events wait until a command sends them. */
const AFTER_FIRST_LOOK_MS = 4_000

/** With one daemon, in this order: the last ones leave something behind. */
describe('with a daemon that goes on, sync now', () => {
  beforeAll(async () => {
    work = await makeSyncWork()
    await work.run(['sync', 'start'])
    await sleep(AFTER_FIRST_LOOK_MS)
  })

  afterAll(() => work.end())

  it('in a pipe says what became of the events', async () => {
    await work.publish(['a', 'b', 'c'])
    const ran = await work.run(['sync', 'now'])
    expect(ran).toMatchObject({ status: 0, stdout: 'sent: 3 · kept: 0 · rejected: 0\n', stderr: '' })
    expect(work.server.accepted).toEqual(['a', 'b', 'c'])
    expect(await work.run(['sync', 'now'])).toMatchObject({
      status: 0,
      stdout: 'nothing waits\n',
      // The daemon may have sent it before the user asked.
      stderr: expect.stringMatching(/^the last event was sent at .*, \d+ seconds? ago\n$/),
    })
  })

  it('with --json prints every step as a line', async () => {
    await work.publish(['d', 'e'])
    const { status, stdout, stderr } = await work.run(['sync', 'now', '--json'])
    const steps = linesOf(stdout).filter(({ event }) => event !== 'heartbeat')
    expect([status, stderr]).toEqual([0, ''])
    expect(steps).toEqual([
      { schema_version: 3, event: 'started', queued: 2 },
      {
        schema_version: 3,
        event: 'batch',
        project: work.project,
        sent: 2,
        kept: 0,
        rejected: 0,
        error: null,
      },
      {
        schema_version: 3,
        event: 'finished',
        sent: 2,
        kept: 0,
        held: 0,
        rejected: 0,
        reason: null,
        lost_events: 0,
      },
    ])
  })

  it('on a terminal rewrites one line, and leaves none behind', async () => {
    await work.publish(['f', 'g'])
    const { status, said } = await typeIn(work.root.base, 'spec-kitty sync now', '', work.env)
    work.root.remember()
    expect(status).toBe(0)
    expect(said).toContain('\r\u001B[2K[========================] 2 of 2 sent')
    expect(said.split('\u001B[2K').at(-1)).toBe('sent: 2 · kept: 0 · rejected: 0\r\n')
  })

  it('and a drain has its whole time although the restart before it took longer', async () => {
    await work.publish(['n'])
    const connection = await syncDaemon.at(work.root.path).connect({ start: false })
    const slow: Pick<typeof connection, 'pid' | 'fetch'> = {
      pid: connection.pid,
      fetch: async (path, init) => {
        await sleep(STALL_MS + 1_000)
        return connection.fetch(path, init)
      },
    }
    const finished = await followDrain(slow, { onLine: () => undefined, stallMs: STALL_MS })
    expect([finished.reason, work.server.accepted.at(-1)]).toEqual([null, 'n'])
  })

  it('goes on after failures that pass', async () => {
    await work.publish(['h'])
    work.server.next(reply(500), dropMidAnswer, reply(429, {}, { 'retry-after': '1' }))
    const { status, stdout } = await work.run(['sync', 'now'])
    expect([status, stdout]).toEqual([0, 'sent: 1 · kept: 0 · rejected: 0\n'])
  })

  it('sends an event that was published to the daemon: on disk when that says so, and as it was written', async () => {
    const event = '{ "event_id": "m", "event_type": "T", "number": 12345678901234567890 }'
    const project = JSON.stringify(work.project)
    const { status, json } = await publishToDaemon(`{"event":${event},"project":${project}}`)
    expect([status, json]).toEqual([200, { status: 'stored', event_id: 'm', duplicate: false, dead: false }])
    expect((await work.run(['sync', 'now'])).status).toBe(0)
    expect(work.server.accepted.at(-1)).toBe('m')
    expect(work.server.requests.map(({ body }) => body).join()).toContain('"number": 12345678901234567890')
  })

  it('meets a daemon that refuses what is not an event, and says what is wrong with it', async () => {
    for (const [what, body] of Object.entries(NO_EVENTS)) {
      expect([what, await publishToDaemon(body)]).toMatchObject([
        what,
        { status: 400, json: { error: 'bad_event' } },
      ])
    }
    const { status, json } = await publishToDaemon(JSON.stringify({ event: { x: 1 }, project: work.project }))
    expect([status, json]).toEqual([400, { error: 'bad_event', message: 'event_type is missing' }])
  })
  it('says what the server rejected', async () => {
    await work.publish(['i', 'j'])
    const words = { status: 'rejected', error: 'project is archived' }
    work.server.next((request, response) =>
      reply(
        200,
        resultsOf(request, (id) => (id === 'i' ? words : 'success')),
      )(request, response),
    )
    const { status, stdout, stderr } = await work.run(['sync', 'now'])
    expect([status, stdout]).toEqual([1, 'sent: 1 · kept: 0 · rejected: 1\n'])
    const dead = 'the server rejected 1 event, with "project is archived": spec-kitty sync queue --dead\n'
    expect(stderr).toBe(dead)
    expect(await work.run(['sync', 'now'])).toMatchObject({
      status: 0,
      stdout: 'nothing waits\n',
      stderr: expect.stringMatching(new RegExp(`^${dead}the last event was sent at .* ago\n$`)),
    })
    expect((await work.run(['sync', 'status'])).stdout).toMatch(
      /^queue +empty; 1 event that the server rejected, with "project is archived" \(spec-kitty sync queue --dead\)$/m,
    )
    expect(JSON.parse((await work.run(['sync', 'status', '--json'])).stdout).last_rejection).toBe(
      'project is archived',
    )
  })

  it('says what stays, why, and what changes it', async () => {
    const other = work.makeProject('other', null)
    await work.publish(['k'])
    await work.publish(['l'], { project: other })
    const { status, stdout, stderr } = await work.run(['sync', 'now'])
    expect([status, stdout]).toEqual([1, 'sent: 1 · kept: 0 · rejected: 0\n'])
    const held = `the 1 event that waits stays: ${other} has not opted in: spec-kitty sync opt-in ${other}\n`
    expect(stderr).toBe(held)
    expect(work.server.accepted.at(-1)).toBe('k')
    expect(work.server.accepted).not.toContain('l')
    expect(await work.run(['sync', 'now'])).toMatchObject({
      status: 1,
      stdout: 'nothing was sent\n',
      stderr: held,
    })
    const json = await work.run(['sync', 'now', '--json'])
    expect([json.status, linesOf(json.stdout).at(-1)]).toMatchObject([1, { sent: 0, kept: 0, held: 1 }])
  })
})

/** Each with a root of its own. */
function inOwnRoot(): void {
  beforeEach(async () => {
    work = await makeSyncWork()
  })

  afterEach(async () => {
    await stopAll()
    await work.end()
  })
}

describe('sync now', () => {
  inOwnRoot()

  it('stops watching after --timeout, and the daemon goes on', async () => {
    await work.publish(['a'])
    work.server.next(silence)
    const { status, stderr } = await work.run(['sync', 'now', '--timeout', '2.0005'])
    expect([status, stderr]).toEqual([
      75,
      `spec-kitty: the daemon was not done after 2.0005 s; it waits for an answer from ${new URL(work.server.url).host}, and goes on (spec-kitty sync status)\n`,
    ])
    expect(daemonsOf(work.root.path)).toHaveLength(1)
  })

  it('says while it waits from which server it waits for an answer', async () => {
    await work.publish(['a'])
    work.server.next(silence)
    const { host } = new URL(work.server.url)
    const text = await work.run(['sync', 'now', '--timeout', '8'])
    expect(text.stderr).toMatch(
      new RegExp(`^0 of 1 sent, waits for an answer from ${host}, until [\\d:]+ at most\n`),
    )
    const json = await work.run(['sync', 'now', '--timeout', '5', '--json'])
    expect(linesOf(json.stdout)).toContainEqual({
      schema_version: 3,
      event: 'heartbeat',
      request_server: work.server.url,
      request_connected: true,
      request_bytes: 0,
    })
  })

  it('says at the end of --timeout what failed', async () => {
    await work.publish(['a'])
    work.server.next(reply(404))
    work.server.otherwise = silence
    const { status, stderr } = await work.run(['sync', 'now', '--timeout', '8'])
    expect([status, stderr]).toEqual([
      75,
      expect.stringContaining('; the last error: the server answered 404'),
    ])
  })

  it('refuses --timeout that is no number of seconds above 0', async () => {
    const refused = (text: string): string =>
      `spec-kitty: --timeout needs a number of seconds above 0 and below 1000000, not '${text}' (see spec-kitty `
    for (const text of ['-1', 'soon', '']) {
      const { exit, err } = await runCommandHere('sync-now', [`--timeout=${text}`], work.root.base)
      expect([exit, err]).toEqual([2, expect.stringContaining(refused(text))])
    }
    const { status, stderr } = await work.run(['sync', 'now', '--timeout=0'])
    expect([status, stderr]).toEqual([2, `${refused('0')}sync now --help)\n`])
  })

  it.each([
    ['SPEC_KITTY_SYNC_DISABLE is set', { SPEC_KITTY_SYNC_DISABLE: '1' }, null],
    ['hosted sync is off (SPEC_KITTY_ENABLE_SAAS_SYNC)', { SPEC_KITTY_ENABLE_SAAS_SYNC: '0' }, null],
    [
      'hosted sync is off in this shell: SPEC_KITTY_ENABLE_SAAS_SYNC is "maybe"; write 1',
      { SPEC_KITTY_ENABLE_SAAS_SYNC: 'maybe' },
      null,
    ],
    ['background_daemon in config.toml is "manual"', {}, '[sync]\nbackground_daemon = "manual"\n'],
  ])('starts no daemon, and says in words why: %s', async (why, env, config) => {
    await work.publish(['a'])
    if (config !== null) writeFileSync(join(work.root.path, 'config.toml'), config)
    const { status, stdout, stderr } = await work.run(['sync', 'now'], env)
    const isOff = why.startsWith('hosted sync is off')
    const remedy = isOff
      ? 'export SPEC_KITTY_ENABLE_SAAS_SYNC=1 && spec-kitty sync now'
      : 'spec-kitty sync start'
    expect([status, stdout, stderr]).toEqual([
      1,
      '',
      `spec-kitty: no sync daemon runs, and this command starts none: ${why}${why.endsWith(')') ? `: ${remedy}` : ` (${remedy})`}\n`,
    ])
    expect(daemonsOf(work.root.path)).toHaveLength(0)
  })

  it('names all variables that forbid it, as status does, with one command that works', async () => {
    await work.publish(['a'])
    const variables = ['FAMILIAR_DISABLE', 'SYNC_NO_DAEMON', 'SPEC_KITTY_SYNC_DISABLE']
    const env = Object.fromEntries(variables.map((name) => [name, '1']))
    const why =
      'no sync daemon runs, and FAMILIAR_DISABLE, SYNC_NO_DAEMON and SPEC_KITTY_SYNC_DISABLE forbid to start one'
    const command = `unset ${variables.join(' ')} && spec-kitty sync now`
    const status = (await work.run(['sync', 'status'], env)).stdout.replaceAll(/\s+/g, ' ')
    expect(status).toContain(`nothing leaves: ${why} ${command} `)
    expect((await work.run(['sync', 'now'], env)).stderr).toBe(`spec-kitty: ${why} (${command})\n`)
    await work.run(['sync', 'now'])
    expect(work.server.accepted).toEqual(['a'])
    const { stderr } = await work.run(['sync', 'now'], env)
    expect(stderr).toMatch(
      /^spec-kitty: FAMILIAR_DISABLE, .* forbid this command to use a sync daemon \(unset /,
    )
  })

  it('is what helps after a config.toml that is no file was moved away, as status says', async () => {
    await work.publish(['a'])
    const config = join(work.root.path, 'config.toml')
    mkdirSync(config)
    const status = (await work.run(['sync', 'status'])).stdout.replaceAll(/\s+/g, ' ')
    const command = `mv ${config} ${config}.old`
    expect(status).toContain(`${command} after that: no sync daemon runs spec-kitty sync now `)
    execFileSync('sh', ['-c', command])
    expect((await work.run(['sync', 'now'])).status).toBe(0)
    expect(work.server.accepted).toEqual(['a'])
  })

  it('starts no daemon for an empty queue, and says why an event would stay', async () => {
    expect(await work.run(['sync', 'now'])).toMatchObject({
      status: 0,
      stdout: 'nothing waits\n',
      stderr: '',
    })
    const { stdout } = await work.run(['sync', 'now', '--json'])
    expect(linesOf(stdout)).toEqual([
      { schema_version: 3, event: 'started', queued: 0 },
      {
        schema_version: 3,
        event: 'finished',
        sent: 0,
        kept: 0,
        held: 0,
        rejected: 0,
        reason: null,
        lost_events: 0,
      },
    ])
    const off = { SPEC_KITTY_ENABLE_SAAS_SYNC: '0' }
    expect(await work.run(['sync', 'now'], off)).toMatchObject({
      status: 0,
      stdout: 'nothing waits\n',
      stderr: expect.stringContaining('an event would stay here: hosted sync is off'),
    })
    rmSync(join(work.root.path, 'session.json'))
    const wait = 'an event would stay here: you are not signed in'
    const login = 'spec-kitty auth login --server https://HOST  # replace HOST: your team knows it'
    expect((await work.run(['sync', 'now'])).stderr).toBe(`${wait}: ${login}\n`)
    expect(daemonsOf(work.root.path)).toHaveLength(0)
    // A daemon that runs already finds as little.
    await work.run(['sync', 'start'])
    expect((await work.run(['sync', 'now'])).stderr).toBe(`${wait}: ${login}\n`)
  })

  it('says which line of a broken config.toml to correct, because a daemon would send nothing', async () => {
    const config = join(work.root.path, 'config.toml')
    await work.publish(['a'])
    writeFileSync(config, '[sync]\nformat = batch\n')
    const { status, stderr } = await work.run(['sync', 'now'])
    expect(status).toBe(1)
    expect(stderr).toContain(`(correct line 2 of ${config}, and run this again)\n`)
  })

  it('ends at Ctrl+C, and the daemon goes on', async () => {
    await work.publish(['a'])
    work.server.next(silence)
    const child = startCli(['sync', 'now'], work.env)
    const said = textOf(child.stderr)
    expect(await until(() => work.server.requests.length > 0)).toBe(true)
    child.kill('SIGINT')
    expect([await endOf(child), await said]).toEqual([
      130,
      'spec-kitty: interrupted; sent: 0 · rejected: 0 so far, and the daemon goes on\n',
    ])
    work.root.remember()
    expect(daemonsOf(work.root.path)).toHaveLength(1)
  })
})

describe('a drain', () => {
  inOwnRoot()

  it('of a daemon that hangs is given up that long after the last line; nothing is lost', async () => {
    await work.publish(['a'])
    work.server.next(silence)
    await work.run(['sync', 'start'])
    const daemon = work.root.remember()
    const connection = await syncDaemon.at(work.root.path).connect({ start: false })
    let lines = 0
    const following = followDrain(connection, { onLine: () => (lines += 1), stallMs: STALL_MS })
    following.catch(() => undefined)
    expect(await until(() => lines > 2)).toBe(true)
    if (daemon !== null) signal(daemon, 'SIGSTOP')
    const stoppedAt = performance.now()
    await expect(following).rejects.toMatchObject({ code: 'E_SYNC_STALLED', hint: 'spec-kitty sync restart' })
    expect(performance.now() - stoppedAt).toBeGreaterThan(900)
    if (daemon !== null) signal(daemon, 'SIGCONT')
    expect((await work.run(['sync', 'restart'])).status).toBe(0)
    expect((await work.run(['sync', 'now'])).status).toBe(0)
    expect(work.server.accepted).toEqual(['a'])
  })

  it('never runs through an older daemon that sends no heartbeat: that one is replaced before (VER-4)', async () => {
    await work.publish(['a'])
    const old = await startPredecessor(work.root.path, 9400, { version: '3.2.4' })
    const { status, stdout, stderr } = await work.run(['sync', 'now', '--json'])
    expect([status, stderr]).toEqual([0, 'spec-kitty: upgraded the sync daemon from 3.2.4 to 4.0.0\n'])
    expect(linesOf(stdout).at(-1)).toMatchObject({ event: 'finished', sent: 1, reason: null })
    expect([lives(old), startsIn(work.root)]).toMatchObject([false, [{ reason: 'version_mismatch' }]])
  })
})
