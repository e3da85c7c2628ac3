import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { findingOf, makeRoot, type SyncRoot } from './sync-root.js'
import { typeIn } from '../helpers/dashboards.js'
import { askHealth } from './sync-wire.js'

/** What the doctor and the daemon make of a session, on the real ports. */
let root: SyncRoot

const [ACCESS, REFRESH] = ['access-token-of-a-session', 'refresh-token-of-a-session']
const HOSTED = { env: { SPEC_KITTY_ENABLE_SAAS_SYNC: '1' } }

beforeEach(() => {
  root = makeRoot()
  mkdirSync(root.path, { mode: 0o700 })
})

afterEach(() => root.end())

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
