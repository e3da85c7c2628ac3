import { once } from 'node:events'
import { mkdtempSync, readFileSync, realpathSync, rmSync, chmodSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { withSessionLock, writeStored } from '../../src/sync/session/write-session-file.js'
import { beginLogin } from '../../src/sync/session/device-login.js'
import { startCli, withoutWaits, type Ran } from './cli.js'
import { confirmInBrowser } from './sign-in-service.js'

/** A runtime root that does not exist yet, in a directory that everybody may enter. */
export interface Home {
  readonly base: string
  readonly root: string
  readonly session: string
  /** What `session.json` contains now. */
  stored(): any
  end(): void
}

export function makeHome(): Home {
  const base = realpathSync(mkdtempSync(join(tmpdir(), 'familiar-session-')))
  chmodSync(base, 0o755)
  const root = join(base, 'root')
  const session = join(root, 'session.json')
  return {
    base,
    root,
    session,
    stored: () => JSON.parse(readFileSync(session, 'utf8')),
    end: () => rmSync(base, { recursive: true, force: true }),
  }
}

/** A `auth login` that waits for the user. */
export interface WaitingLogin {
  readonly pid: number
  readonly page: string
  readonly code: string
  interrupt(): void
  /** Resolves when the command has ended. */
  readonly ended: Promise<Ran>
}

/** Starts `auth login`, and resolves when it has shown its page and code; throws if it ends before. */
export async function startLogin(
  env: Readonly<Record<string, string>>,
  args: readonly string[] = [],
): Promise<WaitingLogin> {
  const child = startCli(['auth', 'login', ...args], env)
  let [stdout, stderr] = ['', '']
  child.stdout.on('data', (part: Buffer) => (stdout += part.toString()))
  const ended = once(child, 'close').then(([status]) => ({ status, stdout, ...withoutWaits(stderr) }))
  const shown = new Promise<void>((resolve) => {
    child.stderr.on('data', (part: Buffer) => {
      stderr += part.toString()
      if (stderr.includes('\nwaiting for the confirmation')) resolve()
    })
  })
  await Promise.race([shown, ended])
  const [, page = ''] = /^open (\S+)$/m.exec(stderr) ?? []
  const [, code = ''] = /^and enter the code (\S+)$/m.exec(stderr) ?? []
  if (code === '') throw new Error(`auth login ended: ${stderr}`)
  return { pid: child.pid ?? 0, page, code, interrupt: () => void child.kill('SIGINT'), ended }
}

/** Signs in as a person would, and returns what the command did. */
export async function signIn(
  env: Readonly<Record<string, string>>,
  args: readonly string[] = [],
): Promise<Ran> {
  const login = await startLogin(env, args)
  await confirmInBrowser(login.page, login.code)
  return login.ended
}

/** Signs in as a person would, without starting a command for it. */
export async function signInHere(root: string, serverUrl: string): Promise<void> {
  const { url, userCode, confirmed } = await beginLogin(
    {
      serverUrl,
      issuer: null,
      clientId: 'spec-kitty-cli',
    },
    {},
  )
  await confirmInBrowser(url, userCode)
  const session = await confirmed()
  await withSessionLock(root, {}, async () => writeStored(root, session))
}
