import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { chmodSync, chownSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { eventually } from '../../../../familiar/test/helpers/eventually.js'
import { accessToken } from '../../../src/sync/session/access-token.js'
import { NOBODY, needRoot } from '../../../../familiar/test/helpers/skip.js'
import { asNobody, runJson } from '../../helpers/cli.js'
import { runCommandHere } from '../../helpers/run-command.js'
import { startService, type SignInService } from '../../helpers/sign-in-service.js'
import { makeHome, signInHere, type Home } from '../../helpers/sign-in.js'

const ASK = fileURLToPath(new URL('../../helpers/ask-token.mjs', import.meta.url))

/** The session is renewed at a real provider, which rotates refresh tokens and ends the session if one is used twice. */
let service: SignInService
let home: Home
let env: Readonly<Record<string, string>>

beforeAll(async () => {
  service = await startService()
})

afterAll(() => service.close())

beforeEach(() => {
  home = makeHome()
  env = { SPEC_KITTY_HOME: home.root, SPEC_KITTY_SAAS_URL: service.url }
})

afterEach(async () => {
  vi.unstubAllEnvs()
  await service.set({})
  home.end()
})

/** Signs in; the access token is due at once if it lives for less than half a minute. */
async function signInFor(accessSeconds: number): Promise<void> {
  await service.set({ accessSeconds })
  await signInHere(home.root, service.url)
}

/** Runs the module of a command in this process, with --json. */
function runHere(command: string) {
  for (const [name, value] of Object.entries(env)) vi.stubEnv(name, value)
  return runCommandHere(command, ['--json'], home.base)
}

/** A process that asks for a token when it is told to. */
async function startAsking(refresh: string, prefix: readonly string[] = []) {
  const command = [...prefix, process.execPath, ASK, home.root, refresh]
  const child = spawn(command[0] ?? '', command.slice(1), { stdio: ['pipe', 'pipe', 'inherit'] })
  let said = ''
  child.stdout.on('data', (part: Buffer) => (said += part.toString()))
  await once(child.stdout, 'data')
  const closed = once(child, 'close')
  return {
    ask: async (line: string): Promise<string> => {
      child.stdin.write(`${line}\n`)
      await closed
      return said.split('\n')[1] ?? ''
    },
    kill: () => void child.kill('SIGKILL'),
  }
}

const digestOf = (token: string): string => createHash('sha256').update(token).digest('hex')

/** What happened at the service since. */
function since(before: number) {
  const events = service.events.slice(before)
  const count = (name: string): number => events.filter(({ event }) => event === name).length
  return {
    renewed: events.filter(({ event, grant }) => event === 'grant.success' && grant === 'refresh_token')
      .length,
    ended: count('grant.revoked'),
    asked: events.filter(({ url }) => url === '/token').length,
  }
}

describe('an access token', () => {
  it('is used as it is while it is good', async () => {
    await signInFor(3600)
    const before = service.events.length
    const { access_token } = home.stored()
    expect(await accessToken(home.root)).toEqual({ token: access_token, serverUrl: service.url })
    expect(await accessToken(home.root, { refresh: 'another one' })).toMatchObject({ token: access_token })
    expect(service.events.length).toBe(before)
  })

  it('is renewed when it is due, again and again, and the session stays whole', async () => {
    await signInFor(5)
    const first = home.stored()
    const before = service.events.length
    for (let turn = 0; turn < 3; turn++) await accessToken(home.root)
    const last = home.stored()
    await eventually(() => expect(since(before)).toEqual({ renewed: 3, ended: 0, asked: 3 }))
    expect(last.refresh_token).not.toBe(first.refresh_token)
    const { access_token: _a, refresh_token: _r, expires_at: _e, ...rest } = last
    expect(first).toMatchObject(rest)
    const me = await fetch(`${service.url}/me`, { headers: { authorization: `Bearer ${last.access_token}` } })
    expect(me.status).toBe(200)
  })

  it('is null if there is no session, and a given one cannot be renewed', async () => {
    expect(await accessToken(home.root)).toBe(null)
    runJson(['auth', 'login', '--with-token'], { env, input: 'given' })
    expect(await accessToken(home.root)).toEqual({ token: 'given', serverUrl: service.url })
    expect(await accessToken(home.root, { refresh: true })).toBe(null)
    expect(home.stored().access_token).toBe('given')
  })
})

describe('of several processes that ask at once', () => {
  const PROCESSES = 3

  it('one renews a token that is due, and all get the new one', async () => {
    await signInFor(29)
    const before = service.events.length
    const asking = await Promise.all(Array.from({ length: PROCESSES }, () => startAsking('false')))
    const said = await Promise.all(asking.map(({ ask }) => ask('go')))
    expect(new Set(said)).toEqual(new Set([digestOf(home.stored().access_token)]))
    await eventually(() => expect(since(before)).toEqual({ renewed: 1, ended: 0, asked: 1 }))
  })

  it('one renews a token that the server refused, and who is told later takes the new one', async () => {
    await signInFor(3600)
    const before = service.events.length
    const refused = home.stored().access_token
    const asking = await Promise.all(Array.from({ length: PROCESSES }, () => startAsking('read')))
    const said = await Promise.all(asking.map(({ ask }) => ask(refused)))
    const late = await accessToken(home.root, { refresh: refused })
    expect([...new Set(said)]).toEqual([digestOf(late?.token ?? '')])
    await eventually(() => expect(since(before)).toEqual({ renewed: 1, ended: 0, asked: 1 }))
  })

  it('one signs out, and none of the others brings the session back', async () => {
    await signInFor(5)
    const asking = await Promise.all([startAsking('true'), startAsking('true')])
    const all = await Promise.all([
      ...asking.map(({ ask }) => ask('go')),
      new Promise((resolve) => setImmediate(() => resolve(runJson(['auth', 'logout'], { env }).status))),
    ])
    expect(all.at(-1)).toBe(0)
    expect(JSON.parse((await runHere('auth-status')).out).state).toBe('none')
  })
})

describe('a session', () => {
  it('is over when the service says so: the tokens are gone, and status tells', async () => {
    await signInFor(3600)
    const old = readFileSync(home.session, 'utf8')
    await accessToken(home.root, { refresh: true })
    // A backup of the session that was written back: its refresh token was used already.
    writeFileSync(home.session, old)
    const before = service.events.length
    expect(await accessToken(home.root, { refresh: true })).toBe(null)
    expect(await accessToken(home.root)).toBe(null)
    await eventually(() => expect(since(before)).toEqual({ renewed: 0, ended: 1, asked: 1 }))
    expect(home.stored()).toMatchObject({
      access_token: null,
      refresh_token: null,
      principal: 'ann@example.org',
    })
    const status = await runHere('auth-status')
    expect([status.exit, JSON.parse(status.out)]).toMatchObject([
      1,
      { signed_in: false, state: 'ended_by_server', principal: 'ann@example.org' },
    ])
    const logout = await runHere('auth-logout')
    expect([logout.exit, JSON.parse(logout.out)]).toMatchObject([0, { revoked: null }])
  })

  it('stays as it is if the service fails', async () => {
    await signInFor(3600)
    for (const [failure, code] of [
      ['drop', 'E_AUTH_UNREACHABLE'],
      [503, 'E_AUTH_UNREACHABLE'],
      [429, 'E_AUTH_UNREACHABLE'],
      ['invalid_client', 'E_AUTH_REFUSED'],
      [200, 'E_AUTH_UNSUPPORTED'],
    ] as const) {
      const { expires_at: _, ...stored } = home.stored()
      await service.set({ fail: { '/token': failure } })
      await expect(accessToken(home.root, { refresh: true })).rejects.toMatchObject({ code })
      expect([failure, home.stored()]).toMatchObject([failure, stored])
      await service.set({})
      expect([failure, await accessToken(home.root, { refresh: true })]).not.toEqual([failure, null])
    }
  })

  it('gives a token that is due and still good if the service fails', async () => {
    await signInFor(29)
    await service.set({ fail: { '/token': 503 } })
    expect(await accessToken(home.root)).toMatchObject({ token: home.stored().access_token })
  })

  it('that cannot be written is not renewed: the service is not asked', async (context) => {
    needRoot(context)
    await signInFor(3600)
    for (const name of ['', ...readdirSync(home.root, { recursive: true, encoding: 'utf8' })]) {
      chownSync(join(home.root, name), NOBODY, NOBODY)
    }
    // The lock can be taken, because its directory can be written to.
    chmodSync(home.root, 0o555)
    const before = service.events.length
    const [good, refused] = await Promise.all(
      ['false', 'true'].map((how) => startAsking(how, asNobody.prefix)),
    )
    expect(await good?.ask('go')).toBe(digestOf(home.stored().access_token))
    expect(await refused?.ask('go')).toBe('E_SCOPE_UNUSABLE')
    expect(since(before).asked).toBe(0)
  })

  it('ends the wait for another process when its caller gives up', async () => {
    await signInFor(5)
    await service.set({ fail: { '/token': 'hang' } })
    const asking = await startAsking('true')
    const answer = asking.ask('go')
    const before = service.events.length
    while (since(before).asked === 0) await new Promise((resolve) => setImmediate(resolve))
    const signal = AbortSignal.timeout(50)
    await expect(accessToken(home.root, { refresh: true, signal })).rejects.toMatchObject({
      name: 'TimeoutError',
    })
    asking.kill()
    await answer
  })
})
