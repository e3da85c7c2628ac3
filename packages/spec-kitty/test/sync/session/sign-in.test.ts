import { chmodSync, chownSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { NOBODY, needRoot } from '../../../../familiar/test/helpers/skip.js'
import { asNobody, runCli, runJson, startCli } from '../../helpers/cli.js'
import { runCommandHere } from '../../helpers/run-command.js'
import { confirmInBrowser, startService, type SignInService } from '../../helpers/sign-in-service.js'
import { makeHome, signIn, signInHere, startLogin, type Home } from '../../helpers/sign-in.js'

/**
 * The commands as they are installed, against a real provider in another process, confirmed as a browser would. What they say of a
 * failure is decided by their modules, which run here.
 */
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

/** What a command says when it fails, run in this process: its exit code, the code of the error, and one line. */
async function failureOf(
  [group = '', name = '', ...args]: readonly string[],
  more: Readonly<Record<string, string>> = {},
) {
  const { exit, out, err } = await runHere(`${group}-${name}`, args, more)
  expect(err).toMatch(/^spec-kitty: [^\n]+\n$/)
  return [exit, JSON.parse(out).error.code]
}

function runHere(command: string, args: readonly string[], more: Readonly<Record<string, string>> = {}) {
  for (const [name, value] of Object.entries({ ...env, ...more })) vi.stubEnv(name, value)
  return runCommandHere(command, args, home.base, true)
}

describe('auth login', () => {
  it('signs in when the user confirms, and status tells who, where, until when, and no token', async () => {
    const { status, stdout } = await signIn(env, ['--json'])
    const { access_token, refresh_token, token_endpoint } = home.stored()
    expect([status, statSync(home.session).mode & 0o777]).toEqual([0, 0o600])
    expect([typeof access_token, typeof refresh_token, token_endpoint]).toEqual([
      'string',
      'string',
      `${service.url}/token`,
    ])
    expect(JSON.parse(stdout)).toMatchObject({
      signed_in: true,
      state: 'signed_in',
      server_url: service.url,
      principal: 'ann@example.org',
      team: 'cats',
      auth_scope: 'openid email offline_access',
      kind: 'device',
      issuer: service.url,
      client_id: 'spec-kitty-cli',
      renews: true,
    })
    expect(runJson(['auth', 'status'], { env })).toMatchObject({ status: 0, document: JSON.parse(stdout) })
    const shown = runCli(['auth', 'status'], { env })
    expect([shown.status, shown.stdout]).toEqual([0, expect.stringContaining('ann@example.org')])
    expect(shown.stdout).not.toContain(access_token)
  })

  it('says which server it waits for, and ends at once by Ctrl+C', async () => {
    const silent = createServer(() => undefined).listen(0, '127.0.0.1')
    await once(silent, 'listening')
    const url = `http://127.0.0.1:${(silent.address() as AddressInfo).port}`
    const child = startCli(['auth', 'login', '--server', url], env)
    let stderr = ''
    await new Promise<void>((resolve) => {
      child.stderr.on('data', (part: Buffer) => {
        stderr += part.toString()
        if (stderr.includes('\n')) resolve()
      })
    })
    expect(stderr).toBe(`waiting for an answer from ${url}\n`)
    child.kill('SIGINT')
    expect(await once(child, 'close')).toEqual([130, null])
    expect(stderr).toMatch(/\nspec-kitty: interrupted; to see what was done: .*spec-kitty auth status\n$/)
    silent.close()
    silent.closeAllConnections()
  })

  it('replaces the session as a whole', async () => {
    runCli(['auth', 'login', '--with-token'], { env, input: 'given\n' })
    expect(home.stored()).toMatchObject({ kind: 'token', principal: null })
    const login = await startLogin(env)
    await confirmInBrowser(login.page, login.code, { login: 'bob' })
    expect((await login.ended).stdout).toBe(`signed in to ${service.url} as bob@example.org\n`)
    const { kind, signed_in_at } = home.stored()
    runCli(['auth', 'login', '--with-token'], { env, input: 'given' })
    expect([kind, Object.values(home.stored()).filter((value) => value !== null).length]).toEqual([
      'device',
      4,
    ])
    expect(home.stored().signed_in_at > signed_in_at).toBe(true)
  })

  it('opens the page with the code in the browser of the user, with --open', async () => {
    const browser = join(home.base, 'browser')
    writeFileSync(browser, `#!/bin/sh\nprintf %s "$*" > '${home.base}/opened'\n`)
    chmodSync(browser, 0o755)
    const login = await startLogin({ ...env, BROWSER: browser }, ['--open'])
    login.interrupt()
    await login.ended
    expect(readFileSync(join(home.base, 'opened'), 'utf8')).toBe(`${login.page}?user_code=${login.code}`)
  })

  it('ends at once on Ctrl+C, and leaves no session', async () => {
    await service.set({ intervalSeconds: 3600 })
    const login = await startLogin(env)
    login.interrupt()
    expect((await login.ended).status).toBe(130)
    expect(readdirSync(home.root)).toEqual(['daemons'])
  })

  it('is denied by the user: one line, exit 1', async () => {
    const login = await startLogin(env)
    await confirmInBrowser(login.page, login.code, { isDenied: true })
    const { status, stdout, stderr } = await login.ended
    expect([status, stdout, stderr.split('\n').at(-2)]).toEqual([
      1,
      '',
      'spec-kitty: the sign-in was denied in the browser',
    ])
  })

  it('waits no longer than the code is valid, and less often when the service says so', async () => {
    await service.set({ deviceSeconds: 4, fail: { '/token': ['slow_down'] } })
    const before = service.events.length
    const login = await startLogin(env, ['--json'])
    const { status, stdout } = await login.ended
    const { code, remediation } = JSON.parse(stdout).error
    expect([status, code]).toEqual([1, 'E_LOGIN_EXPIRED'])
    // Nothing else may name the server.
    expect(remediation).toMatch(/^for a new code: spec-kitty auth login --server http:\/\/\S+$/)
    expect(service.events.slice(before).filter(({ url }) => url === '/token').length).toBe(2)
  })

  it('goes on after a lost connection and a busy service', async () => {
    const before = service.events.length
    await service.set({ fail: { '/token': ['drop', 503] } })
    await signInHere(home.root, service.url)
    expect(home.stored()).toMatchObject({ kind: 'device', principal: 'ann@example.org' })
    expect(service.events.slice(before).filter(({ url }) => url === '/token').length).toBeGreaterThan(2)
  })

  it.each([
    ['the service is busy', { '/device/auth': 503 }, [75, 'E_AUTH_UNREACHABLE']],
    ['the service drops the connection', { '/device/auth': 'drop' }, [75, 'E_AUTH_UNREACHABLE']],
    ['the service says to slow down', { '/device/auth': 'slow_down' }, [1, 'E_AUTH_REFUSED']],
    ['the client is not known there', { '/device/auth': 'invalid_client' }, [1, 'E_AUTH_REFUSED']],
    [
      'the server describes no service',
      { '/.well-known/openid-configuration': 404, '/.well-known/oauth-authorization-server': 404 },
      [1, 'E_AUTH_UNSUPPORTED'],
    ],
    [
      'the server cannot be asked',
      { '/.well-known/oauth-protected-resource': 'drop' },
      [75, 'E_AUTH_UNREACHABLE'],
    ],
  ])('fails in one line if %s', async (_, failures, expected) => {
    await service.set({ fail: failures })
    expect(await failureOf(['auth', 'login'])).toEqual(expected)
  })

  it.each([
    ['/device/auth', 503],
    ['/device/auth', 429],
    ['/.well-known/openid-configuration', 500],
  ])('says that the service has answered, if it did: %s, %d', async (path, answer) => {
    await service.set({ fail: { [path]: answer } })
    const { status, stderr } = runCli(['auth', 'login'], { env })
    const hint = 'try again later; if it stays so, ask its operator'
    expect([status, stderr]).toEqual([75, `spec-kitty: ${service.url} answered ${answer} (${hint})\n`])
  })

  it('fails in one line if nothing listens, there is no server, or it is not a safe one', async () => {
    const unheard = runJson(['auth', 'login', '--server', 'http://127.0.0.1:1'], { env })
    expect([unheard.status, unheard.document.error.code]).toEqual([75, 'E_AUTH_UNREACHABLE'])
    expect(unheard.stderr).toMatch(/^spec-kitty: [^\n]+\n$/)
    expect(await failureOf(['auth', 'login', '--server', 'http://example.org'])).toEqual([2, 'E_SERVER_URL'])
    expect(await failureOf(['auth', 'login'], { SPEC_KITTY_SAAS_URL: '' })).toEqual([2, 'E_SERVER_URL'])
  })

  it.each([
    ['no device sign-in', { hasDevice: false }],
    ['a page that is not a web page', { page: 'file:///etc/passwd' }],
    ['the name of another server', { resource: { resource: 'http://127.0.0.1:1' } }],
  ])('fails in one line if the service has %s', async (_, options) => {
    await service.set(options)
    expect(await failureOf(['auth', 'login'])).toEqual([1, 'E_AUTH_UNSUPPORTED'])
    // The server was named, so the remedy names it.
    const { err } = await runHere('auth-login', [])
    const login = `spec-kitty auth login --with-token --server ${service.url})`
    expect(err).toContain(`: SPEC_KITTY_HOME=${home.root} ${login}`)
  })

  it('quotes the address of the other server that is named', async () => {
    await service.set({ resource: { resource: 'http://127.0.0.1:1' } })
    const { err } = await runHere('auth-login', [])
    expect(err).toContain(`${service.url} says that it is another server: "http://127.0.0.1:1"`)
  })

  it('follows the server to its sign-in service, and names the server there', async () => {
    const server = await startService()
    await server.set({ resource: { resource: `${server.url}/`, authorization_servers: [service.url] } })
    await signInHere(home.root, server.url)
    expect(home.stored()).toMatchObject({ server_url: server.url, issuer: service.url, resource: server.url })
    await server.close()
  })

  it('finds a service that describes itself only as RFC 8414 says', async () => {
    await service.set({ fail: { '/.well-known/openid-configuration': 404 } })
    await signInHere(home.root, service.url)
    expect(home.stored()).toMatchObject({ issuer: service.url, principal: 'ann@example.org' })
  })
})

describe('auth login --with-token', () => {
  it('takes a token from standard input, and asks no server', () => {
    const before = service.events.length
    const { status, stdout } = runCli(['auth', 'login', '--with-token'], {
      env,
      input: ' secret.token-1\r\n',
    })
    expect([status, stdout]).toEqual([
      0,
      `stored the token for ${service.url}; the first upload shows whether the server takes it\n`,
    ])
    expect(home.stored()).toMatchObject({ access_token: 'secret.token-1', server_url: service.url })
    expect(service.events.length).toBe(before)
  })

  it('refuses what is not a token, without repeating it', () => {
    const { status, stdout, stderr } = runCli(['auth', 'login', '--with-token'], { env, input: 'se cret' })
    expect([status, stdout, readdirSync(home.root)]).toEqual([2, '', ['daemons']])
    expect(stderr).toMatch(/^spec-kitty: standard input [^\n]+\n$/)
    expect(stderr).not.toContain('cret')
  })

  it('leaves nothing in the home of another user', (context) => {
    needRoot(context)
    mkdirSync(home.root)
    chownSync(home.root, NOBODY, NOBODY)
    const { status, stderr } = runCli(['auth', 'login', '--with-token'], { env, input: 'secret' })
    expect([status, readdirSync(home.root)]).toEqual([2, []])
    expect(stderr).toMatch(/^spec-kitty: [^\n]* belongs to [^\n]*, you are root: [^\n]*\n$/)
  })

  it('says in one line that the home is read-only, before anything is asked', (context) => {
    needRoot(context)
    mkdirSync(home.root)
    chownSync(home.root, NOBODY, NOBODY)
    chmodSync(home.root, 0o555)
    const { status, stderr } = runCli(['auth', 'login', '--with-token'], {
      ...asNobody,
      env,
      input: 'secret',
    })
    expect([status, readdirSync(home.root)]).toEqual([2, []])
    expect(stderr).toMatch(/^spec-kitty: [^\n]*EACCES[^\n]*\n$/)
  })
})

describe('auth status', () => {
  it('exits with 1 if there is no session, and says what to do', () => {
    const { status, stdout, stderr } = runCli(['auth', 'status'], { env })
    expect([status, stdout, stderr]).toEqual([
      1,
      `not signed in; to sign in:\nspec-kitty auth login --server ${service.url}\n`,
      '',
    ])
    const unknown = runCli(['auth', 'status'], { env: { ...env, SPEC_KITTY_SAAS_URL: '' } })
    expect(unknown.stdout).toContain('auth login --server https://HOST  # replace HOST: your team knows it\n')
    expect(runJson(['auth', 'status'], { env })).toMatchObject({ status: 1, document: { state: 'none' } })
  })

  it('exits with 1 and one line if the session cannot be read', async () => {
    mkdirSync(home.session, { recursive: true })
    expect(await failureOf(['auth', 'status'])).toEqual([1, 'E_SESSION_UNREADABLE'])
  })
})

describe('auth logout', () => {
  it('revokes both tokens and deletes the session; a second one has nothing to do', async () => {
    await signInHere(home.root, service.url)
    const { access_token } = home.stored()
    const before = service.events.length
    expect(runJson(['auth', 'logout'], { env })).toMatchObject({
      status: 0,
      stderr: '',
      document: { was_signed_in: true, server_url: service.url, revoked: true, reason: null },
    })
    const me = await fetch(`${service.url}/me`, { headers: { authorization: `Bearer ${access_token}` } })
    const revocations = service.events.slice(before).filter(({ url }) => url === '/token/revocation')
    expect([me.status, revocations.length, readdirSync(home.root)]).toEqual([401, 2, ['daemons']])
    expect(runCli(['auth', 'logout'], { env })).toMatchObject({ status: 0, stdout: 'not signed in\n' })
  })

  it.each([503, 'drop', 'echo'])('deletes the session and says so if revoking fails: %s', async (failure) => {
    await signInHere(home.root, service.url)
    const { access_token, refresh_token } = home.stored()
    await service.set({ fail: { '/token/revocation': failure } })
    const { exit, out, err } = await runHere('auth-logout', [])
    const again = `spec-kitty auth login --server ${service.url}`
    expect([exit, out.split('\n'), readdirSync(home.root)]).toEqual([
      1,
      [`signed out of ${service.url}; to sign in again:`, expect.stringContaining(again), ''],
      ['daemons'],
    ])
    expect(err).toMatch(/^the token was not revoked: [^\n]+\n$/)
    expect([err.includes(access_token), err.includes(refresh_token)]).toEqual([false, false])
  })

  it('removes what is in the place of a session, and does not wait for it', () => {
    mkdirSync(home.root)
    expect(
      runCli(['auth', 'logout'], { env, prefix: ['sh', '-c', 'mkfifo "$0"; exec "$@"', home.session] }),
    ).toMatchObject({
      status: 1,
      stdout: 'signed out\n',
      stderr: expect.stringContaining('could not be read'),
    })
    expect(readdirSync(home.root)).toEqual(['daemons'])
  })

  it.each(['', '{', '[]', '{"schema":1}'])('exits with 1 if the session is damaged: %j', async (text) => {
    mkdirSync(home.root)
    writeFileSync(home.session, text, { mode: 0o600 })
    const { exit, out, err } = await runHere('auth-logout', [])
    expect([exit, out]).toEqual([1, 'signed out\n'])
    expect(err).toMatch(/^the token was not revoked: the session could not be read \([^\n]+\)\n$/)
    expect(readdirSync(home.root)).toEqual(['daemons'])
    expect((await runHere('auth-logout', [])).exit).toBe(0)
  })
})
