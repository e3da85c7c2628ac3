import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { DatabaseSync } from '@photostructure/sqlite'
import { clockText } from 'familiar/cli'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { findingOf, makeRoot, until, type SyncRoot } from './sync-root.js'
import { makeShell } from './sync-shell.js'

/** What `sync status` and the doctor say of the queue, and of why nothing leaves, with a real queue, session and daemon. */
let root: SyncRoot
let project: string

beforeEach(() => {
  root = makeRoot()
  project = join(root.base, 'project')
  mkdirSync(join(project, '.kittify'), { recursive: true })
})

afterEach(() => root.end())

const ON = { SPEC_KITTY_ENABLE_SAAS_SYNC: '1', SPEC_KITTY_SYNC_DISABLE: '1' }
const SERVER = 'http://127.0.0.1:9'
const LOADED = fileURLToPath(new URL('../fixtures/processes/loaded-files.cjs', import.meta.url))

function publish(): void {
  const { status, stderr } = root.run(['sync', 'publish', '--type', 'T', '--project', project])
  expect([status, stderr]).toEqual([0, ''])
}

function signIn(server = SERVER): void {
  const { status, stderr } = makeShell(root)(
    `echo a-token | spec-kitty auth login --with-token --server ${server}`,
  )
  expect([status, stderr]).toEqual([0, ''])
}

function status(env: Readonly<Record<string, string>> = ON): any {
  return root.json(['sync', 'status'], { env }).document
}

function configure(text: string): void {
  mkdirSync(root.path, { recursive: true })
  writeFileSync(join(root.path, 'config.toml'), text)
}

/** Makes what waits as old as that. */
function age(hours: number): void {
  const database = new DatabaseSync(root.file('queue.db'))
  const at = new Date(Date.now() - hours * 3_600_000).toISOString()
  database.prepare('UPDATE events SET queued_at = ?').run(at)
  database.close()
}

describe('why nothing leaves', () => {
  it('is told one reason after the other, and each goes by what its command says', async () => {
    publish()
    expect(status({})).toMatchObject({
      queued: 1,
      dead_letters: 0,
      nothing_leaves: { reason: 'hosted_sync_disabled', is_all: true },
    })
    expect(status().nothing_leaves).toMatchObject({
      reason: 'no_session',
      command: 'spec-kitty explain no_session',
    })
    signIn()
    // Also while the gate is closed, as the text says it.
    expect(status({})).toMatchObject({ server_url: SERVER, format: null })
    const { nothing_leaves: held, server_url, format } = status()
    expect([held.reason, held.sentence, server_url, format]).toEqual([
      'no_consent',
      `${project} has not opted in`,
      SERVER,
      'batch',
    ])
    expect(makeShell(root)(held.command)).toMatchObject({ status: 0 })
    expect(status().nothing_leaves).toMatchObject({ reason: 'no_daemon' })
    root.start({ env: ON })
    // Nothing listens at the server.
    // Taken from one report, because the next attempt may have begun in another one.
    let report = status()
    expect(await until(() => (report = status()).nothing_leaves?.reason === 'backing_off')).toBe(true)
    const { nothing_leaves: failed, consecutive_failures, next_attempt_at, last_error } = report
    expect([failed.command, consecutive_failures > 0, last_error]).toEqual([
      'spec-kitty sync now',
      true,
      expect.stringContaining('ECONNREFUSED'),
    ])
    expect(failed.sentence).toContain(clockText(new Date(next_attempt_at)))
  })

  it('is a consent that cannot be read, with the line', () => {
    publish()
    signIn()
    writeFileSync(join(project, '.kittify', 'config.yaml'), 'sync:\n  enabled: "true"\n')
    const { nothing_leaves: why } = status()
    expect([why.reason, why.sentence]).toEqual([
      'consent_unreadable',
      `the consent of ${project} cannot be read: line 2, column 12: sync.enabled must be true or false`,
    ])
    expect(root.run(['sync', 'status'], { env: ON }).stdout).toContain(
      `\nuploads      what waits stays: ${why.sentence}\n             ${why.command}\n`,
    )
  })

  it('is a configuration, a session or a server that is not right, whether anything waits or not', () => {
    signIn()
    const reasons = [
      ['[sync]\nformat = "xml"\n', 'config_unreadable', 'sync.format must be'],
      ['[sync\n', 'config_unreadable', 'line 1, column '],
      [
        '[sync]\nserver_url = "http://sync.example.org"\n',
        'insecure_server',
        'http://sync.example.org is neither',
      ],
      ['[sync]\nserver_url = "https://sync.example.org"\n', 'other_server', `it is for ${SERVER}`],
      ['', null, null],
    ] as const
    for (const [config, reason, words] of reasons) {
      configure(config)
      const { nothing_leaves: why } = status()
      expect([config, why?.reason ?? null]).toEqual([config, reason])
      if (words !== null) expect(why.sentence).toContain(words)
      // The remedy shows what is wrong.
      if (why?.command.endsWith('config list'))
        expect(makeShell(root)(why.command)).toMatchObject({
          status: 1,
          stdout: expect.stringContaining('wrong: '),
        })
    }
    writeFileSync(join(root.path, 'session.json'), 'no session')
    expect(status().nothing_leaves).toMatchObject({ reason: 'session_unreadable' })
  })
})

describe('sync queue', () => {
  it('says the same, and names the projects that may not send', () => {
    publish()
    signIn()
    const { document } = root.json(['sync', 'queue'], { env: ON })
    expect(document.projects).toMatchObject([{ project, queued: 1, reason: 'no_consent' }])
    expect(document.nothing_leaves).toEqual(status().nothing_leaves)
    expect(root.run(['sync', 'queue'], { env: ON }).stdout).toContain(
      `what waits stays: ${project} has not opted in\n  spec-kitty sync opt-in ${project}\n`,
    )
    root.run(['sync', 'opt-in', project])
    const after = root.json(['sync', 'queue'], { env: ON }).document
    expect(after).toMatchObject({ nothing_leaves: { reason: 'no_daemon' }, projects: [{ reason: null }] })
    expect(after.nothing_leaves).toEqual(status().nothing_leaves)
  })
})

describe('sync status', () => {
  it('says of how long ago the oldest event is', () => {
    publish()
    publish()
    age(50)
    const { stdout } = root.run(['sync', 'status'])
    expect(stdout).toContain('\nqueue        2 events wait, the oldest for 2 days\nlast sync    never\n')
    expect(Date.now() - Date.parse(status().oldest_queued_at)).toBeGreaterThan(49 * 3_600_000)
  })

  it('says what is wrong with the settings, and goes on', () => {
    configure('[sync]\nmax_queue_size = "many"\nbackground_daemon = 3\n')
    const { status: code, stdout } = root.run(['sync', 'status'], { env: ON })
    const wrong = stdout.split('\n').filter((line) => line.startsWith('wrong '))
    expect([code, wrong.length]).toEqual([0, 2])
    expect(wrong[0]).toContain('sync.max_queue_size must be a whole number from 1 to 1000000000, not "many"')
    expect(status().config_problems).toHaveLength(2)
    expect(
      root.json(['sync', 'status'], { env: { SPEC_KITTY_ENABLE_SAAS_SYNC: '1' } }).document
        .automatic_start_skipped,
    ).toBe('policy_manual')
  })

  it('says where the environment of the daemon differs from that of the command, and what takes it over', () => {
    const proxied = { HTTPS_PROXY: 'http://user:secret@proxy.example.org:3128' }
    root.start({ env: { SPEC_KITTY_SAAS_URL: 'https://a.example.org/', ...proxied } })
    const { document, stdout } = root.json(['sync', 'status'], { env: ON })
    expect(document.environment_differences).toEqual([
      { variable: 'SPEC_KITTY_ENABLE_SAAS_SYNC', daemon: 'off', command: 'on' },
      { variable: 'SPEC_KITTY_SAAS_URL', daemon: 'https://a.example.org', command: null },
      { variable: 'HTTPS_PROXY', daemon: 'http://proxy.example.org:3128', command: null },
    ])
    expect(stdout).not.toContain('secret')
    const text = root.run(['sync', 'status'], { env: ON }).stdout
    expect(text).toContain(
      '\ndiffers         SPEC_KITTY_ENABLE_SAAS_SYNC is off for the daemon, and on here\n',
    )
    // The command for what keeps events here also takes over what is set here.
    expect(text).toMatch(
      /^uploads +nothing leaves: hosted sync was off when the sync daemon started\n +spec-kitty sync restart$/m,
    )
    expect(text).not.toContain('to take over what is set here')
    root.run(['sync', 'restart'], { env: ON })
    expect(status().environment_differences).toEqual([])
    // A restart from a shell without the switch would turn off what works.
    const without = root.run(['sync', 'status']).stdout
    expect(without).toMatch(
      /is on for the daemon, and off here\n +the daemon keeps what it was started with; to have it on in new shells, put "export SPEC_KITTY_ENABLE_SAAS_SYNC=1" in your profile$/m,
    )
    expect(without).not.toContain('sync restart')
    expect(without).toMatch(/^auto-start +off: SPEC_KITTY_ENABLE_SAAS_SYNC is not on in this shell$/m)
  })

  it('does not touch a queue that is damaged, of a newer version, or a link: it says so', () => {
    publish()
    const path = root.file('queue.db')
    const healthy = readFileSync(path)
    for (const [bytes, words] of [
      [Buffer.from('no database '.repeat(1_000)), 'is damaged'],
      [
        Buffer.concat([healthy.subarray(0, 60), Buffer.of(0, 0, 1, 0), healthy.subarray(64)]),
        'newer version',
      ],
    ] as const) {
      for (const side of ['-wal', '-shm']) rmSync(path + side, { force: true })
      writeFileSync(path, bytes)
      const { queued, queue_problem } = status()
      expect([queued, readFileSync(path).equals(bytes)]).toEqual([null, true])
      expect(queue_problem).toContain(words)
      const { document } = root.json(['auth', 'doctor'])
      expect([document.daemon, findingOf(document, 'F-017')?.summary]).toEqual([null, queue_problem])
      expect(readFileSync(path).equals(bytes)).toBe(true)
    }
  })

  it('loads SQLite only where there is a queue, and so does the doctor', () => {
    const file = join(root.base, 'loaded')
    const env = { NODE_OPTIONS: `--require ${LOADED}`, LOADED_FILES: file }
    const isLoaded = (command: readonly string[]): boolean => {
      expect(root.run(command, { env }).status).toBe(0)
      return readFileSync(file, 'utf8').includes('sqlite')
    }
    const commands = [
      ['sync', 'status'],
      ['auth', 'doctor'],
    ]
    expect(commands.map(isLoaded)).toEqual([false, false])
    publish()
    expect(commands.map(isLoaded)).toEqual([true, true])
  })
})

describe('the doctor', () => {
  it('counts what waits, and finds what waits for more than a day, with the reason and the command (F-009)', () => {
    publish()
    root.start({ env: ON })
    age(23)
    const fresh = root.json(['auth', 'doctor'], { env: ON }).document
    expect([fresh.daemon.queued, findingOf(fresh, 'F-009')]).toEqual([1, undefined])
    age(25)
    signIn()
    const { document, stdout } = root.json(['auth', 'doctor'], { env: ON })
    expect(findingOf(document, 'F-009')).toEqual({
      id: 'F-009',
      severity: 'warn',
      summary: `1 event queued, the oldest for 1 day: ${project} has not opted in`,
      remediation: {
        command: `spec-kitty sync opt-in ${project}`,
        commands: [`spec-kitty sync opt-in ${project}`],
        description: 'lets the events of this project leave',
        safe: false,
      },
    })
    expect(stdout).not.toContain('a-token')
    expect(root.run(['auth', 'doctor']).stdout).toContain('\nqueue    1 event\n')
  })

  it('names the line and column of a broken configuration, and the command that shows it (F-012)', () => {
    configure('[sync]\nformat = batch\n')
    const { document, status: code } = root.json(['auth', 'doctor'])
    expect([code, findingOf(document, 'F-012')]).toEqual([
      0,
      {
        id: 'F-012',
        severity: 'warn',
        summary: expect.stringContaining('config.toml cannot be read: line 2, column 10: '),
        remediation: {
          command: 'spec-kitty config list',
          commands: ['spec-kitty config list'],
          safe: true,
          description: 'shows every setting and where it comes from; correct what is wrong there',
        },
      },
    ])
  })
})
