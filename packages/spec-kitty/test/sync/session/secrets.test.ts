import { chmodSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { inspect } from 'node:util'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { accessToken } from '../../../src/sync/session/access-token.js'
import { runCli, startCli } from '../../helpers/cli.js'
import { confirmInBrowser, startService, type SignInService } from '../../helpers/sign-in-service.js'
import { makeHome, signInHere, startLogin, type Home } from '../../helpers/sign-in.js'

/** The tokens stand in session.json and in what is sent to their server, and nowhere else. */
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
  await service.set({})
  home.end()
})

/** Every secret that was ever in session.json here. */
function secretsOf(...sessions: readonly any[]): readonly string[] {
  return sessions.flatMap(({ access_token, refresh_token }) => [access_token, refresh_token]).filter(Boolean)
}

/** Those of the texts that contain a secret. */
function leaks(texts: readonly string[], secrets: readonly string[]): readonly string[] {
  expect(secrets.every((secret) => secret.length >= 20)).toBe(true)
  return texts.filter((text) => secrets.some((secret) => text.includes(secret)))
}

const COMMANDS = [
  ['auth', 'status'],
  ['auth', 'status', '--json'],
  ['auth', 'login', '--server', 'http://127.0.0.1:1', '--json'],
  ['auth', 'logout', '--verbose', '--json'],
] as const

describe('a token', () => {
  it('of a device sign-in is in no output, no argument and environment of the browser, and no URL', async () => {
    const browser = join(home.base, 'browser')
    writeFileSync(browser, `#!/bin/sh\n{ echo "$@"; env; } > '${home.base}/child'\n`)
    chmodSync(browser, 0o755)
    const login = await startLogin({ ...env, BROWSER: browser }, ['--open', '--verbose', '--json'])
    await confirmInBrowser(login.page, login.code)
    const { stdout, stderr } = await login.ended
    const first = home.stored()
    await accessToken(home.root, { refresh: true })
    const second = home.stored()
    await service.set({ fail: { '/token/revocation': 'echo' } })
    const outputs = COMMANDS.map((command) => runCli(command, { env })).flatMap((ran) => [
      ran.stdout,
      ran.stderr,
    ])
    const child = readFileSync(join(home.base, 'child'), 'utf8')
    expect([child.includes(login.code), outputs.join('').includes('bad: ')]).toEqual([true, true])
    const texts = [stdout, stderr, child, ...outputs, ...service.events.map(({ url }) => url ?? '')]
    expect(leaks(texts, secretsOf(first, second))).toEqual([])
    // Only the server of the session gets it, and only in a header.
    const sent = service.events.filter(({ authorization }) => authorization?.includes(first.access_token))
    expect(sent.map(({ url }) => url)).toEqual(['/me'])
  })

  it('from standard input is not in the command line or environment of the command that reads it', async () => {
    const token = 'a-token-that-must-not-be-seen'
    const child = startCli(['auth', 'login', '--with-token', '--json'], env)
    let said = ''
    child.stdout.on('data', (part: Buffer) => (said += part.toString()))
    child.stderr.on('data', (part: Buffer) => (said += part.toString()))
    const ended = new Promise((resolve) => child.once('close', resolve))
    child.stdin.write(token)
    const seen = ['cmdline', 'environ'].map((name) => readFileSync(`/proc/${child.pid}/${name}`, 'utf8'))
    child.stdin.end('\n')
    expect([await ended, seen[0]?.includes('--with-token'), home.stored().access_token]).toEqual([
      0,
      true,
      token,
    ])
    expect(leaks([...seen, said, ...service.events.map(({ url }) => url ?? '')], [token])).toEqual([])
  })

  it('is in no error of a renewal, even if the service repeats what it was sent', async () => {
    await signInHere(home.root, service.url)
    await service.set({ fail: { '/token': 'echo' } })
    const error: unknown = await accessToken(home.root, { refresh: true }).catch((caught: unknown) => caught)
    expect(error).toMatchObject({
      code: 'E_AUTH_REFUSED',
      message: expect.stringContaining('refresh_token=***'),
    })
    expect(leaks([inspect(error, { depth: 10, showHidden: true })], secretsOf(home.stored()))).toEqual([])
  })
})
