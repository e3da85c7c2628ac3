import { execFileSync } from 'node:child_process'
import { once } from 'node:events'
import { rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { createServer, type AddressInfo } from 'node:net'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { firstOf, isFull } from '../../../familiar/test/helpers/counts.js'
import { skipAloud } from '../../../familiar/test/helpers/skip.js'
import { reply } from '../helpers/sync-server.js'
import { until } from './sync-root.js'
import { makeSyncWork, writeSession, type SyncWork } from './sync-work.js'

/** Nothing leaves without every consent: a listener counts what arrives. */
let work: SyncWork

/** Each test with a root of its own. */
function inOwnRoot(): void {
  beforeEach(async () => {
    work = await makeSyncWork()
  })

  afterEach(() => work.end())
}

const config = (text: string): void => writeFileSync(join(work.root.path, 'config.toml'), text)
const consentOf = (project: string): string => join(project, '.kittify', 'config.yaml')

/** Puts another consent in the place of what is there; none with null. */
function consent(text: string | null): void {
  rmSync(consentOf(work.project), { force: true })
  if (text !== null) writeFileSync(consentOf(work.project), text)
}

interface Closed {
  readonly name: string
  /** What keeps the event here. */
  readonly arrange: () => void
  readonly env?: Readonly<Record<string, string>>
  readonly reason: string
  /** What the line says. */
  readonly says: RegExp
}

/** One daemon meets these in this order: none of them opens the way that the one before it closed. */
const WARM: readonly Closed[] = [
  {
    name: 'there is no session',
    arrange: () => rmSync(join(work.root.path, 'session.json')),
    reason: 'no_session',
    says: /signed in/,
  },
  {
    name: 'the project has not opted in',
    arrange: () => consent(null),
    reason: 'no_consent',
    says: /has not opted in/,
  },
  {
    name: 'the project has opted out',
    arrange: () => consent('sync:\n  enabled: false\n'),
    reason: 'no_consent',
    says: /has opted out/,
  },
  {
    name: 'the consent is not YAML',
    arrange: () => consent('sync: [enabled: true\n'),
    reason: 'consent_unreadable',
    says: /cannot be read/,
  },
  {
    name: 'the consent is a link',
    arrange: () => {
      consent(null)
      writeFileSync(join(work.root.base, 'yes.yaml'), 'sync:\n  enabled: true\n')
      symlinkSync(join(work.root.base, 'yes.yaml'), consentOf(work.project))
    },
    reason: 'consent_unreadable',
    says: /cannot be read/,
  },
  {
    name: 'the project is gone',
    arrange: () => rmSync(work.project, { recursive: true }),
    reason: 'project_missing',
    says: /is not there any more/,
  },
]

/** Those that change what a daemon reads at its start, or that it would keep. */
const COLD: readonly Closed[] = [
  {
    name: 'hosted sync is off',
    arrange: () => undefined,
    env: { SPEC_KITTY_ENABLE_SAAS_SYNC: '0' },
    reason: 'hosted_sync_disabled',
    says: /hosted sync is off/,
  },
  {
    name: 'the session cannot be read',
    arrange: () => {
      rmSync(join(work.root.path, 'session.json'))
      symlinkSync('/dev/zero', join(work.root.path, 'session.json'))
    },
    reason: 'session_unreadable',
    says: /session cannot be read/,
  },
  {
    name: 'the configuration is broken',
    arrange: () => config('[sync\n'),
    reason: 'config_unreadable',
    says: /configuration/,
  },
  {
    name: 'the format is unknown',
    arrange: () => config('[sync]\nformat = "xml"\n'),
    reason: 'config_unreadable',
    says: /format/,
  },
  {
    name: 'the server is not a URL',
    arrange: () => config('[sync]\nserver_url = "somewhere"\n'),
    env: { SPEC_KITTY_SAAS_URL: '' },
    reason: 'config_unreadable',
    says: /server_url must be/,
  },
  {
    name: 'the session is for another server',
    arrange: () => writeSession(work.root.path, 'https://elsewhere.example'),
    reason: 'other_server',
    says: /another server/,
  },
]

/** The gate's own tests have every case; a whole daemon shows these, and with FAMILIAR_FULL=1 all. */
const OFTEN: ReadonlySet<string> = new Set([
  'there is no session',
  'the project has not opted in',
  'the consent is a link',
  'the project is gone',
])

function often(cases: readonly Closed[]): readonly Closed[] {
  return cases.filter(({ name }) => isFull || OFTEN.has(name))
}

/** What the commands say of the one event that waits, and that nothing has left. */
async function expectClosed({ reason, says }: Closed, url: Readonly<Record<string, string>>): Promise<void> {
  const now = await work.run(['sync', 'now'], url)
  const { stdout } = await work.run(['sync', 'status', '--json'], url)
  const status = JSON.parse(stdout)
  expect(status).toMatchObject({
    queued: 1,
    nothing_leaves: { reason, command: expect.stringMatching(/spec-kitty /) },
  })
  expect(JSON.stringify(status.nothing_leaves)).toMatch(says)
  expect((await work.run(['sync', 'status'], url)).stdout).toMatch(says)
  expect([work.server.connections(), work.server.accepted]).toEqual([0, []])
  expect(now.stderr).toMatch(says)
}

describe('nothing leaves, and sync status says why, when', () => {
  describe('for a daemon that goes on', () => {
    beforeAll(async () => {
      work = await makeSyncWork()
      await work.publish(['a'])
    })

    afterAll(() => work.end())

    it.each(often(WARM))('$name', async (closed) => {
      closed.arrange()
      if (closed.reason !== 'no_session') writeSession(work.root.path, work.server.url)
      const url = { SPEC_KITTY_SAAS_URL: work.server.url }
      await work.run(['sync', 'start'], url)
      await expectClosed(closed, url)
    })
  })

  describe('for a daemon that starts', () => {
    inOwnRoot()

    it.each(isFull ? COLD : [])('$name', async (closed) => {
      const url = { SPEC_KITTY_SAAS_URL: work.server.url, ...closed.env }
      await work.publish(['a'])
      closed.arrange()
      await work.run(['sync', 'start'], url)
      await expectClosed(closed, url)
    })

    it('the server refuses the session, and so do auth status and the doctor', async () => {
      work.server.otherwise = reply(401)
      // A given token cannot be renewed.
      const token = { kind: 'token', server_url: work.server.url, access_token: 'revoked' }
      const about = { principal: null, signed_in_at: '2026-01-01T00:00:00.000Z' }
      writeFileSync(join(work.root.path, 'session.json'), JSON.stringify({ ...token, ...about }), {
        mode: 0o600,
      })
      await work.publish(['a'])
      await work.run(['sync', 'start'])
      await work.run(['sync', 'now'])
      const status = JSON.parse((await work.run(['sync', 'status', '--json'])).stdout)
      expect(status).toMatchObject({ queued: 1, nothing_leaves: { reason: 'session_refused' } })
      const login = `spec-kitty auth login --with-token --server ${work.server.url}`
      const [shown, session, doctor] = [
        await work.run(['sync', 'status']),
        await work.run(['auth', 'status']),
        await work.run(['auth', 'doctor', '--json']),
      ]
      const asJson = await work.run(['auth', 'status', '--json'])
      expect([session.status, asJson.status]).toEqual([1, 1])
      expect(JSON.parse(asJson.stdout)).toMatchObject({ signed_in: false, state: 'refused' })
      // No script could run the command with its placeholder.
      expect(status.nothing_leaves.command).toContain('spec-kitty explain session_refused')
      expect(shown.stdout).toMatch(new RegExp(`^server +${work.server.url}$`, 'm'))
      expect(shown.stdout).toContain(login)
      // Only the server may have been at fault, so the second command tries again with the same session.
      const told = (await work.run(['auth', 'doctor'])).stdout
      expect(told).toContain(
        '    # signs in, and asks for a new token: your team has one; the second command only if',
      )
      expect(told).toContain(`\n    ${login}\n    spec-kitty sync restart\n`)
      expect(session.stdout).toMatch(/^the server refuses this session; to sign in:\n/)
      expect(session.stdout).toContain(login)
      expect(session.stdout).toMatch(/^until +it was refused by the server$/m)
      expect(JSON.parse(doctor.stdout).findings).toContainEqual(
        expect.objectContaining({ id: 'F-018', summary: expect.stringContaining('refused the session') }),
      )
      // The restart that was printed has changed nothing, so it is not printed again.
      await work.run(['sync', 'restart'])
      await work.run(['sync', 'now'])
      const again = await work.run(['sync', 'status'])
      expect(again.stdout).toContain(login)
      expect([shown.stdout, again.stdout].map((one) => one.includes('sync restart'))).toEqual([true, false])
    })

    it.each([500, 404, 429])(
      'a daemon that was started after a refusal meets a %i: that is the reason, with the refusal as a remark',
      async (code) => {
        const documentOf = async (command: string) =>
          JSON.parse((await work.run([...command.split(' '), '--json'])).stdout)
        work.server.otherwise = reply(403)
        await work.publish(['a'])
        await work.run(['sync', 'start'])
        await work.run(['sync', 'now'])
        expect((await documentOf('sync status')).nothing_leaves.reason).toBe('session_refused')
        work.server.otherwise = reply(code)
        await work.run(['sync', 'restart'])
        await work.run(['sync', 'now', '--timeout', '2'])
        const status = await documentOf('sync status')
        expect(status.nothing_leaves).toMatchObject({
          reason: 'backing_off',
          sentence: expect.stringMatching(
            new RegExp(`${code}.*; before that, the server refused the session`),
          ),
        })
        expect(status.nothing_leaves.command).not.toContain('restart')
        expect((await documentOf('auth doctor')).findings).toContainEqual(
          expect.objectContaining({ id: 'F-018', severity: 'warn' }),
        )
        expect((await work.run(['sync', 'status'])).stdout).toContain(
          'before that, the server refused the session',
        )
        work.server.otherwise = reply(403)
        await work.run(['sync', 'now', '--timeout', '5'])
        expect((await documentOf('sync status')).nothing_leaves.reason).toBe('session_refused')
      },
    )

    it('what was mended by hand is seen at the next look, and the status names the command that does not wait for it', async () => {
      config('[sync]\nformat = "xml"\n')
      await work.publish(['a'])
      await work.run(['sync', 'start'])
      await work.run(['sync', 'now'])
      const wrong = (await work.run(['sync', 'status'])).stdout
      expect(wrong).toMatch(/^uploads +nothing leaves: the configuration is wrong$/m)
      expect(wrong.match(/sync\.format must be/g)).toHaveLength(1)
      config('[sync]\nformat = "batch"\n')
      const mended = (await work.run(['sync', 'status'])).stdout
      expect(mended).toMatch(/^uploads +events may leave to \S+; the daemon looks every 5 minutes$/m)
      const command = /^ +(SPEC_KITTY_HOME=\S+ )?spec-kitty sync now  # sends them at once$/m
      expect(mended).toMatch(command)
      expect((await work.run(['sync', 'now'])).status).toBe(0)
      expect(work.server.accepted).toEqual(['a'])
    })

    it('a daemon that has just started sends by itself, so the status names no command', async () => {
      await work.publish(['a'])
      await work.run(['sync', 'start'])
      let said = ''
      await until(async () => {
        said = (await work.run(['sync', 'status'])).stdout
        expect(said).not.toContain('the daemon looks every')
        return said.includes('empty')
      })
      expect(said).toMatch(/^queue +empty$/m)
      expect(work.server.accepted).toEqual(['a'])
    })

    it('the server is not this machine and has no TLS', async (context) => {
      const elsewhere = await listenElsewhere()
      if (elsewhere === null) {
        skipAloud(context, 'needs a private network that an address can be added to')
        return
      }
      try {
        writeSession(work.root.path, elsewhere.url)
        const env = { SPEC_KITTY_SAAS_URL: elsewhere.url }
        await work.publish(['a'])
        await work.run(['sync', 'start'], env)
        await work.run(['sync', 'now'], env)
        const { stdout } = await work.run(['sync', 'status', '--json'], env)
        expect(JSON.parse(stdout)).toMatchObject({ queued: 1, nothing_leaves: { reason: 'insecure_server' } })
        expect(elsewhere.arrived()).toBe(0)
      } finally {
        elsewhere.close()
      }
    })
  })
})

const ELSEWHERE = '10.199.199.1'

/** Listens on an address that is not loopback, and counts the connections. Null where none can be added. */
async function listenElsewhere() {
  try {
    execFileSync('ip', ['addr', 'add', `${ELSEWHERE}/32`, 'dev', 'lo'])
  } catch {
    return null
  }
  let connections = 0
  const server = createServer((socket) => {
    connections += 1
    socket.destroy()
  })
  server.listen(0, ELSEWHERE)
  await once(server, 'listening')
  return {
    url: `http://${ELSEWHERE}:${(server.address() as AddressInfo).port}`,
    arrived: () => connections,
    close: () => {
      server.close()
      execFileSync('ip', ['addr', 'del', `${ELSEWHERE}/32`, 'dev', 'lo'])
    },
  }
}

describe('the token', () => {
  inOwnRoot()

  it.each(firstOf([307, 301, 302, 308], 1))('never follows a redirect (%i)', async (code) => {
    let arrived = 0
    const other = createServer(() => (arrived += 1))
    other.listen(0, '127.0.0.1')
    await once(other, 'listening')
    const { port } = other.address() as AddressInfo
    try {
      await work.publish(['a'])
      work.server.otherwise = reply(code, '', { location: `http://127.0.0.1:${port}/` })
      const { status, stdout } = await work.run(['sync', 'now', '--timeout', '1'])
      expect([status === 0, arrived]).toEqual([false, 0])
      expect(stdout).not.toContain('first')
    } finally {
      other.close()
    }
  })
})

describe('in a root of its own', () => {
  inOwnRoot()

  it('everything that was held leaves when the last of it is there', async () => {
    const silent = work.makeProject('silent', null)
    rmSync(join(work.root.path, 'session.json'))
    await work.publish(['a'], { project: silent })
    await work.run(['sync', 'start'])
    expect((await work.run(['sync', 'opt-in', silent])).status).toBe(0)
    expect(work.server.connections()).toBe(0)
    writeSession(work.root.path, work.server.url)
    expect((await work.run(['sync', 'now'])).status).toBe(0)
    expect(work.server.accepted).toEqual(['a'])
  })
})
