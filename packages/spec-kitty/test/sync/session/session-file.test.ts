import { execFileSync } from 'node:child_process'
import { chmodSync, chownSync, mkdirSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { removeStored, writeStored } from '../../../src/sync/session/write-session-file.js'
import { readSession } from '../../../src/sync/session/session-state.js'
import { readStored, type StoredSession } from '../../../src/sync/session/read-session-file.js'
import { accessToken } from '../../../src/sync/session/access-token.js'
import { needRoot } from '../../../../familiar/test/helpers/skip.js'
import { makeHome, type Home } from '../../helpers/sign-in.js'

const SESSION: StoredSession = {
  kind: 'device',
  server_url: 'https://sync.example.org',
  principal: 'ann@example.org',
  team: 'cats',
  auth_scope: 'openid',
  signed_in_at: '2026-11-26T12:00:00.000Z',
  expires_at: '2126-11-26T12:00:00.000Z',
  ended_at: null,
  issuer: 'https://id.example.org',
  client_id: 'spec-kitty-cli',
  token_endpoint: 'https://id.example.org/token',
  revocation_endpoint: null,
  resource: null,
  access_token: 'secret-access',
  refresh_token: 'secret-refresh',
}

const PAST = '2020-01-01T00:00:00.000Z'

let home: Home

beforeEach(() => {
  home = makeHome()
  mkdirSync(home.root, { mode: 0o700 })
})

afterEach(() => home.end())

describe('session.json', () => {
  it('is read as it was written, and only its user can read it', () => {
    const umask = process.umask(0)
    writeStored(home.root, SESSION)
    process.umask(umask)
    expect(readStored(home.root)).toEqual({ state: 'readable', session: SESSION })
    expect((statSync(home.session).mode & 0o777).toString(8)).toBe('600')
  })

  it.each([0o644, 0o666, 0o640, 0o600])('is closed to others when it is read with mode %o', (mode) => {
    writeStored(home.root, SESSION)
    chmodSync(home.session, mode)
    expect(readStored(home.root)).toEqual({ state: 'readable', session: SESSION })
    expect((statSync(home.session).mode & 0o777).toString(8)).toBe('600')
  })

  it('is shown without its tokens', () => {
    writeStored(home.root, SESSION)
    const read = readSession(home.root)
    expect(read).toMatchObject({ session: { principal: 'ann@example.org', over: null, renews: true } })
    expect(JSON.stringify(read)).not.toContain('secret')
  })

  it('is absent where there is none, and can be removed twice', () => {
    writeStored(home.root, SESSION)
    removeStored(home.root)
    removeStored(home.root)
    expect([readSession(home.root), readSession(join(home.base, 'nowhere'))]).toEqual([
      { state: 'absent' },
      { state: 'absent' },
    ])
  })

  it.each([
    ['over when the server has ended it', { access_token: null, ended_at: PAST }, 'ended_by_server'],
    ['over when it has expired and cannot be renewed', { expires_at: PAST, refresh_token: null }, 'expired'],
    ['not over when it has expired and can be renewed', { expires_at: PAST }, null],
    ['not over when its end is not known', { expires_at: null, refresh_token: null }, null],
  ])('is %s', (_, change, over) => {
    writeStored(home.root, { ...SESSION, ...change })
    expect(readSession(home.root)).toMatchObject({ state: 'readable', session: { over } })
  })
})

describe('what is not a session', () => {
  const write = (text: string) => () => writeFileSync(home.session, text)
  const KINDS: Readonly<Record<string, readonly [make: () => void, why: string]>> = {
    FIFO: [() => execFileSync('mkfifo', [home.session]), 'it is not a file'],
    directory: [() => mkdirSync(home.session), 'it is not a file'],
    'link to a device': [() => symlinkSync('/dev/zero', home.session), 'it is a link'],
    'link to a session': [
      () => {
        writeFileSync(join(home.base, 'other'), JSON.stringify(SESSION))
        symlinkSync(join(home.base, 'other'), home.session)
      },
      'it is a link',
    ],
    'huge file': [write('x'.repeat(65 * 1024)), 'it is too large'],
    'empty file': [write(''), 'it is not a session'],
    'half a file': [write(JSON.stringify(SESSION).slice(0, 100)), 'it is not a session'],
    list: [write('[]'), 'it is not a session'],
    'session without a token': [
      write(JSON.stringify({ ...SESSION, access_token: null })),
      'it is not a session',
    ],
    'session whose token breaks a header': [
      write(JSON.stringify({ ...SESSION, access_token: 'a\r\nHost: b' })),
      'it is not a session',
    ],
  }

  it.each(Object.keys(KINDS))('is unreadable, not absent: a %s', async (kind) => {
    const [make, why] = KINDS[kind] ?? []
    make?.()
    expect(readSession(home.root)).toEqual({ state: 'unreadable', path: home.session, why })
    await expect(accessToken(home.root)).rejects.toMatchObject({ code: 'E_SESSION_UNREADABLE' })
  })

  it('is one of another user', (context) => {
    needRoot(context)
    writeStored(home.root, SESSION)
    chownSync(home.session, 12_345, 12_345)
    expect(readSession(home.root)).toMatchObject({
      state: 'unreadable',
      why: expect.stringContaining('12345'),
    })
  })

  it('is replaced by a sign-in, and what a link leads to is left alone', () => {
    writeFileSync(join(home.base, 'other'), 'mine')
    symlinkSync(join(home.base, 'other'), home.session)
    writeStored(home.root, SESSION)
    expect(readStored(home.root)).toMatchObject({ state: 'readable' })
    expect(statSync(join(home.base, 'other')).size).toBe(4)
  })
})
