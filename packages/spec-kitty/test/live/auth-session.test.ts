import { execFileSync } from 'node:child_process'
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  readFileSync,
  rmdirSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, describe, expect, it, type TestContext } from 'vitest'
import { NOBODY } from '../../../familiar/test/helpers/skip.js'
import { asNobody, runCli } from '../helpers/cli.js'
import { typeIn } from '../helpers/dashboards.js'
import { mountAt, NO_MOUNT, type Mounted } from './sync-mount.js'
import { findingOf, makeRoot, skipAloud, type SyncRoot } from './sync-root.js'
import { askHealth } from './sync-wire.js'

/** What the doctor and the daemon make of a session, on the real ports. */
let root: SyncRoot
let disk: Mounted | null = null

const [ACCESS, REFRESH] = ['access-token-of-a-session', 'refresh-token-of-a-session']
const HOSTED = { env: { SPEC_KITTY_ENABLE_SAAS_SYNC: '1' } }

beforeEach(() => {
  root = makeRoot()
  mkdirSync(root.path, { mode: 0o700 })
})

afterEach(async () => {
  disk?.unmount()
  disk = null
  await root.end()
})

function writeSession(change: object = {}): void {
  const session = {
    kind: 'device',
    server_url: 'http://127.0.0.1:1',
    principal: 'ann@example.org',
    team: 'cats',
    auth_scope: 'openid',
    signed_in_at: '2026-11-26T12:00:00.000Z',
    token_endpoint: 'http://127.0.0.1:1/token',
    revocation_endpoint: 'http://127.0.0.1:1/revoke',
    client_id: 'spec-kitty-cli',
    access_token: ACCESS,
    refresh_token: REFRESH,
    ...change,
  }
  writeFileSync(join(root.path, 'session.json'), JSON.stringify(session), { mode: 0o600 })
}

describe('the doctor', () => {
  it('shows a session, and has nothing to say about it', () => {
    writeSession()
    const { status, document } = root.json(['auth', 'doctor'], HOSTED)
    expect([status, findingOf(document, 'F-001'), findingOf(document, 'F-016')]).toEqual([
      0,
      undefined,
      undefined,
    ])
    expect(document.session).toEqual({
      present: true,
      server_url: 'http://127.0.0.1:1',
      principal: 'ann@example.org',
      team: 'cats',
      auth_scope: 'openid',
    })
  })

  it('tells a session that cannot be read from one that is not there', () => {
    const none = root.json(['auth', 'doctor']).document
    expect([none.session, findingOf(none, 'F-001')]).toMatchObject([
      null,
      { severity: 'info', remediation: null },
    ])
    execFileSync('mkfifo', [join(root.path, 'session.json')])
    const { document, status } = root.json(['auth', 'doctor'])
    expect([status, document.session.present, findingOf(document, 'F-001')]).toEqual([0, false, undefined])
    expect(findingOf(document, 'F-016')).toMatchObject({
      severity: 'warn',
      summary: expect.stringContaining('it is not a file'),
      remediation: { command: 'spec-kitty explain F-016', safe: true },
    })
  })

  it.each([
    ['there is none', null, 'F-001'],
    [
      'it is over',
      { access_token: null, refresh_token: null, ended_at: '2026-11-26T12:00:00.000Z' },
      'F-001',
    ],
    ['it has expired', { refresh_token: null, expires_at: '2026-11-26T12:00:00.000Z' }, 'F-001'],
    ['it is not one', { kind: 'other' }, 'F-016'],
  ])('tells to sign in if a session is needed and %s, and what it tells helps', (_, change, id) => {
    if (change !== null) writeSession(change)
    const server = { env: { ...HOSTED.env, SPEC_KITTY_SAAS_URL: 'https://sync.example.org' } }
    const { status, document } = root.json(['auth', 'doctor'], server)
    const { severity, remediation } = findingOf(document, id)
    expect([status, severity]).toEqual([1, 'critical'])
    expect(remediation.command).toBe('spec-kitty auth login --server https://sync.example.org')
    const command = `${remediation.command} --with-token`.split(' ').slice(1)
    expect(root.run(command, { input: 'given' }).status).toBe(0)
    expect(root.json(['auth', 'doctor'], server)).toMatchObject({
      status: 0,
      document: { session: { present: true } },
    })
  })
})

/** What makes a sign-in fail in a home. `makeHome` skips the test where this machine does not allow it. */
const NO_SIGN_IN = [
  {
    what: 'the home is a link to nowhere',
    id: 'F-021',
    cause: 'nowhere, which is not there',
    makeHome: () => {
      rmdirSync(root.path)
      symlinkSync(join(root.base, 'nowhere'), root.path)
    },
  },
  {
    what: 'its disk is full',
    id: 'F-021',
    cause: 'is full (less than 64 KiB left)',
    tried: 'ENOSPC',
    makeHome: (context: TestContext) => {
      disk = mountAt(root.path)
      if (disk === null) skipAloud(context, NO_MOUNT)
      writeFileSync(join(root.path, 'fill'), Buffer.alloc(256 * 1024 - 4096))
    },
  },
  {
    what: 'config.toml cannot be read',
    id: 'F-012',
    cause: 'config.toml cannot be read: line 1',
    makeHome: () => writeFileSync(join(root.path, 'config.toml'), '[sync\n'),
  },
  {
    what: 'it is closed for writing',
    id: 'F-021',
    cause: 'cannot be written to (EACCES)',
    tried: 'EACCES',
    user: NOBODY,
    makeHome: (context: TestContext) => {
      if (runCli(['--version'], asNobody).status !== 0)
        skipAloud(context, 'another user cannot run node here')
      chownSync(root.path, NOBODY, NOBODY)
      chmodSync(root.path, 0o500)
    },
  },
  {
    what: 'it belongs to another user',
    id: 'F-021',
    cause: 'belongs to nobody, you are root',
    makeHome: (context: TestContext) => {
      if (process.geteuid?.() !== 0) skipAloud(context, 'this is not root')
      chownSync(root.path, NOBODY, NOBODY)
    },
  },
]

describe('a sign-in', () => {
  it.for(NO_SIGN_IN)('is not proposed where $what: its cause is', (place, context) => {
    place.makeHome(context)
    const as = { ...('user' in place ? asNobody : {}), env: HOSTED.env }
    const { status, document } = root.json(['auth', 'doctor'], as)
    expect([status, findingOf(document, place.id).severity]).toEqual([1, 'critical'])
    expect(findingOf(document, 'F-001')).toMatchObject({ severity: 'warn', remediation: null })
    const said = root.run(['auth', 'status'], as)
    expect([said.status, said.stdout]).toEqual([1, expect.stringContaining(place.cause)])
    expect(said.stdout).not.toContain('auth login')
    for (const command of ['status', 'now', 'queue']) {
      const { stdout, stderr } = root.run(['sync', command], as)
      const [before, login = ''] = `${stdout}${stderr}`.split('auth login')
      // A sign-in comes after the correction of the settings.
      if (login !== '') expect([place.id, before]).toEqual(['F-012', expect.stringContaining(place.cause)])
    }
    const server = ['--server', 'https://sync.example.org']
    const tried = root.run(['auth', 'login', '--with-token', ...server], { ...as, input: 'given' })
    expect([tried.status, tried.stderr]).toEqual([2, expect.stringContaining(place.tried ?? place.cause)])
  })

  it('is not proposed to a daemon whose home was closed since it started', (context) => {
    if (runCli(['--version'], asNobody).status !== 0) skipAloud(context, 'another user cannot run node here')
    chownSync(root.path, NOBODY, NOBODY)
    const as = { ...asNobody, env: HOSTED.env }
    expect(root.run(['sync', 'start'], as).status).toBe(0)
    chmodSync(root.path, 0o500)
    const { stdout } = root.run(['sync', 'status'], as)
    expect(stdout).toContain('nothing leaves: you are not signed in')
    expect(stdout).toContain(`no session can be stored: ${root.path} cannot be written to (EACCES)`)
    expect(stdout).not.toContain('auth login')
    const { document } = root.json(['auth', 'doctor'], as)
    expect(findingOf(document, 'F-021')).toMatchObject({ severity: 'critical' })
    expect(findingOf(document, 'F-001')).toMatchObject({ severity: 'warn', remediation: null })
    chmodSync(root.path, 0o700)
    expect(root.run(['sync', 'stop'], as).status).toBe(0)
  })
})

describe('the tokens of a session', () => {
  it('are in nothing that a daemon, a doctor or a status shows', async () => {
    writeSession()
    const daemon = root.start(HOSTED)
    const commands = [
      ['auth', 'doctor'],
      ['auth', 'status'],
      ['sync', 'status'],
      ['sync', 'logs'],
      ['auth', 'logout'],
    ]
    const outputs = commands.flatMap((command) => [
      root.run(command, HOSTED),
      root.run([...command, '--json'], HOSTED),
    ])
    const { text } = await askHealth(daemon.port)
    const texts = [
      text,
      ...['cmdline', 'environ'].map((name) => readFileSync(`/proc/${daemon.pid}/${name}`, 'utf8')),
      readFileSync(root.file('daemon.log'), 'utf8'),
      ...outputs.flatMap(({ stdout, stderr }) => [stdout, stderr]),
    ]
    expect(outputs.map(({ stdout }) => stdout).join('')).toContain('ann@example.org')
    expect(texts.filter((one) => one.includes(ACCESS) || one.includes(REFRESH))).toEqual([])
  })
})

describe('the client of the sign-in service', () => {
  const HOOK = fileURLToPath(new URL('../helpers/print-loaded.cjs', import.meta.url))

  /** Whether the command loads the part of the bundle that has it. */
  function isLoadedBy(command: readonly string[]): boolean {
    const list = join(root.base, 'loaded')
    root.run(command, { env: { NODE_OPTIONS: `--require=${HOOK}`, LOADED_FILE: list } })
    const loaded = readFileSync(list, 'utf8').split('\n')
    expect(loaded).toContain('main.js')
    return loaded.some((file) => file.startsWith('sign-in-service-'))
  }

  it('is loaded by a sign-in and a sign-out that asks it, and by nothing else', () => {
    writeSession()
    for (const command of [
      ['auth', 'status'],
      ['auth', 'doctor'],
      ['sync', 'status'],
      ['sync', 'stop'],
    ]) {
      expect([command, isLoadedBy(command)]).toEqual([command, false])
    }
    expect(isLoadedBy(['auth', 'login', '--server', 'http://127.0.0.1:1'])).toBe(true)
    expect(isLoadedBy(['auth', 'logout'])).toBe(true)
    expect(isLoadedBy(['auth', 'logout'])).toBe(false)
  })
})

describe('a sign-in with a token on a terminal', () => {
  const LINE = 'spec-kitty auth login --with-token --server http://127.0.0.1:1'
  const typed = (answer: string) =>
    typeIn(root.base, LINE, answer, root.env, undefined, '', '(it is not shown): ')

  it('asks for the token and does not show it', async () => {
    const { status, said } = await typed(`${ACCESS}\r`)
    expect([status, said.includes(ACCESS)]).toEqual([0, false])
    expect(said).toContain('token for http://127.0.0.1:1 (it is not shown): ')
    const stored = JSON.parse(readFileSync(join(root.path, 'session.json'), 'utf8'))
    expect(stored).toMatchObject({ kind: 'token', access_token: ACCESS })
  })

  it.each([
    ['nothing', '\r', 2, 'no token was typed'],
    ['two words', 'one two\r', 2, 'what was typed is not a token'],
    ['the end of input', '\u0004', 2, 'no token was typed'],
    ['Ctrl+C', 'half\u0003', 130, 'spec-kitty: interrupted; nothing was stored'],
  ])('stores nothing after %s', async (_, answer, code, words) => {
    const { status, said } = await typed(answer)
    expect([status, said.includes('one two') || said.includes('half')]).toEqual([code, false])
    expect(said).toContain(words)
    expect(existsSync(join(root.path, 'session.json'))).toBe(false)
  })
})
