import {
  chmodSync,
  chownSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it, type TestContext } from 'vitest'
import { NOBODY } from '../../../familiar/test/helpers/skip.js'
import { runCli, asNobody } from '../helpers/cli.js'
import { lineOf, lives, makeRoot, skipAloud, type SyncRoot, type Timed, expectRefusal } from './sync-root.js'

/** A root that this user may not use, or that is no directory. */
let root: SyncRoot

beforeEach(() => {
  root = makeRoot()
})

afterEach(() => root.end())

/** Some checkouts lie where only their owner may go. */
function skipUnlessReachable(context: TestContext): void {
  const { status } = runCli(['--version'], asNobody)
  if (status !== 0)
    skipAloud(context, 'another user cannot run node or read the sources here, or this is not root')
}

describe('a root without permission', () => {
  it('of another user refuses a start in one line, and nothing in it changes', (context) => {
    skipUnlessReachable(context)
    mkdirSync(root.path, { mode: 0o700 })
    writeFileSync(join(root.path, 'notes.txt'), 'mine\n', { mode: 0o600 })
    expectRefusal(root, root.run(['sync', 'start'], asNobody), root.path)
    expectRefusal(root, root.run(['sync', 'restart'], asNobody), root.path)
    expectRefusal(root, root.run(['sync', 'stop'], asNobody), root.path)
    expect(root.run(['sync', 'status'], asNobody).status).toBe(0)
    const status = root.run(['sync', 'status'], asNobody).stdout
    expect(status).toMatch(/^daemon +not known: the directory belongs to another user \(root\)$/m)
    expect(status).toMatch(/^auto-start +off: (?!config)/m)
    expect(status).not.toContain('config.toml')
    const doctor = root.run(['auth', 'doctor'], asNobody)
    expect([doctor.status, doctor.stdout]).toEqual([0, expect.stringContaining('F-021')])
    // What only follows from it is no further problem.
    expect(doctor.stdout).not.toMatch(/F-012|F-016/)
    expectRefusal(root, root.run(['sync', 'logs'], asNobody), root.file('daemon.log'), 'EACCES')
    expect(readdirSync(root.path)).toEqual(['notes.txt'])
  })

  it('below a directory that may not be entered refuses too', (context) => {
    skipUnlessReachable(context)
    const closed = join(root.base, 'closed')
    mkdirSync(closed, { mode: 0o700 })
    const below = root.beside(join(closed, 'root'))
    expectRefusal(root, below.run(['sync', 'start'], asNobody), below.path, 'EACCES')
    expect(readdirSync(closed)).toEqual([])
  })

  it('of this user with a closed session: it is opened, and no new sign-in is needed', (context) => {
    skipUnlessReachable(context)
    mkdirSync(root.path)
    chownSync(root.path, NOBODY, NOBODY)
    const file = join(root.path, 'session.json')
    const session = { kind: 'token', server_url: 'http://127.0.0.1:9', access_token: 'a-token' }
    writeFileSync(file, JSON.stringify(session), { mode: 0o600 })
    chownSync(file, NOBODY, NOBODY)
    chmodSync(file, 0)
    const options = { ...asNobody, env: { SPEC_KITTY_ENABLE_SAAS_SYNC: '1' } }
    const opening = `chmod u+rw ${file}`
    expect(root.run(['sync', 'status'], options).stdout).toContain(`\n             ${opening}\n`)
    expect(root.run(['auth', 'status'], options).stderr).toContain(`to let it be read: ${opening}`)
    const { stdout } = root.run(['auth', 'doctor'], options)
    expect(stdout).toContain(`\n    ${opening}  # lets the session be read`)
    chmodSync(file, 0o600)
    expect(root.run(['auth', 'doctor'], options).stdout).not.toContain('F-016')
  })

  it('of this user but closed for writing refuses too', (context) => {
    skipUnlessReachable(context)
    mkdirSync(root.path)
    chownSync(root.path, NOBODY, NOBODY)
    chmodSync(root.path, 0o500)
    expectRefusal(root, root.run(['sync', 'start'], asNobody), root.path, 'EACCES')
    expect(readdirSync(root.path)).toEqual([])
  })

  it('of this user that is closed for writing, but not where the daemon and the queue are, works without a sign-in', (context) => {
    skipUnlessReachable(context)
    const project = join(root.base, 'project')
    mkdirSync(join(project, '.kittify'), { recursive: true })
    mkdirSync(root.path)
    chownSync(root.path, NOBODY, NOBODY)
    const options = { ...asNobody, env: { SPEC_KITTY_ENABLE_SAAS_SYNC: '1' } }
    expect(root.run(['sync', 'start'], options).status).toBe(0)
    expect(root.run(['sync', 'stop'], options).status).toBe(0)
    chmodSync(root.path, 0o500)
    const status = root.run(['sync', 'status'], options).stdout
    expect(status).toMatch(/^auto-start +on: /m)
    expect(status).toContain('nothing leaves: you are not signed in')
    expect(status).toContain(`no session can be stored: ${root.path} cannot be written to (EACCES)`)
    const doctor = root.run(['auth', 'doctor'], options).stdout
    expect(doctor).toMatch(/no session can be stored: .* \(F-021, critical\)$/m)
    expect(doctor).not.toMatch(/no event can be queued|No event can be queued/)
    const opening = `chmod u+rwx ${root.path}`
    const login = root.run(['auth', 'login', '--server', 'https://127.0.0.1:1'], options)
    expect([login.status, login.stderr]).toEqual([2, expect.stringContaining('no session can be stored: ')])
    for (const text of [status, doctor, login.stderr]) expect(text).toContain(opening)
    expect(root.run(['sync', 'publish', '--type', 'X', '--project', project], options)).toMatchObject({
      status: 0,
      stdout: 'queued 1 event\n',
    })
    expect(root.json(['sync', 'status'], options).document.state).toBe('running')
    expect(root.run(['sync', 'stop'], options).status).toBe(0)
    chmodSync(root.path, 0o700)
  })

  it.for(['.', 'daemons', 'daemons/sync'])(
    'of this user in which %s is closed: that is said, and not that anything runs or that nothing waits',
    (closed, context) => {
      skipUnlessReachable(context)
      const project = join(root.base, 'project')
      mkdirSync(join(project, '.kittify'), { recursive: true })
      mkdirSync(root.path)
      chownSync(root.path, NOBODY, NOBODY)
      const publish = ['sync', 'publish', '--type', 'X', '--project', project]
      for (let events = 0; events < 2; events++)
        expect(root.run(publish, { ...asNobody, env: { SPEC_KITTY_SYNC_DISABLE: '1' } }).status).toBe(0)
      chmodSync(join(root.path, closed), 0o000)
      const status = root.json(['sync', 'status'], asNobody)
      expect([status.status, status.document]).toMatchObject([0, { state: 'none', pid: null, queued: null }])
      expect(status.document.why).toContain('EACCES')
      const said = root.run(['sync', 'status'], asNobody).stdout
      expect(said).toContain('whether one runs is not known')
      expect(said).not.toMatch(/elsewhere|queue +empty|last sync +never/)
      expect(said).toMatch(/^last sync +unknown: the files of the home cannot be read$/m)
      expectRefusal(root, root.run(['sync', 'stop'], asNobody), root.path, 'EACCES')
      const { document } = root.json(['auth', 'doctor'], asNobody)
      const ids = new Set(document.findings.map(({ id }: { id: string }) => id))
      expect([ids.has('F-021'), ids.has('F-017'), ids.has('F-014')]).toEqual([true, false, false])
      expect([document.daemon, document.daemon_unread]).toEqual([null, status.document.why])
      const shut = join(root.path, closed)
      expect(root.run(['sync', 'stop'], asNobody).stderr).toContain(`: make ${shut} readable for this user`)
      expect(root.run(publish, asNobody).stderr).toContain(
        `: ${shut} is closed to this user (EACCES): make ${shut} `,
      )
      expect(root.run(['sync', 'start'], asNobody).stderr).toContain(
        `make ${shut} a directory that this user can `,
      )
      const opening = `chmod u+rwx ${join(root.path, closed)}`
      const diagnosed = root.run(['auth', 'doctor'], asNobody).stdout
      expect(diagnosed).toContain(opening)
      expect(diagnosed).toMatch(/^daemon +whether one runs is not known: /m)
      expect(said).toMatch(/^auto-start +off: /m)
      chmodSync(join(root.path, closed), 0o700)
      expect(root.json(['sync', 'status'], asNobody).document.queued).toBe(2)
    },
  )

  it.for(['0777', '0277', '0177'])(
    'of this user works where it was made with a umask of %s, and with the usual one after that',
    (umask, context) => {
      skipUnlessReachable(context)
      const project = join(root.base, 'project')
      mkdirSync(join(project, '.kittify'), { recursive: true })
      chownSync(join(project, '.kittify'), NOBODY, NOBODY)
      chownSync(root.base, NOBODY, NOBODY)
      const strange = { prefix: ['sh', '-c', `umask ${umask}; exec "$@"`, 'sh', ...asNobody.prefix] }
      const commands = [
        ['sync', 'publish', '--type', 'X', '--project', project],
        ['sync', 'opt-in', project],
        ['sync', 'start'],
        ['sync', 'stop'],
      ]
      for (const options of [strange, asNobody])
        for (const args of commands) {
          const { status, stderr } = root.run(args, options)
          expect([args, status, stderr]).toEqual([args, 0, expect.not.stringContaining('EACCES')])
        }
      const modes = new Map(
        readdirSync(root.path, { recursive: true, encoding: 'utf8' }).map((name) => {
          const found = statSync(join(root.path, name))
          return [name, found.mode & 0o777] as const
        }),
      )
      expect(new Set(modes.values())).toEqual(new Set([0o600, 0o700]))
    },
  )

  it('of another user says so, and not that its queue is empty', (context) => {
    skipUnlessReachable(context)
    mkdirSync(root.path, { mode: 0o700 })
    expect(root.json(['sync', 'status'], asNobody).document.queued).toBe(null)
    const { document } = root.json(['auth', 'doctor'], asNobody)
    expect(document.findings).toContainEqual(
      expect.objectContaining({ id: 'F-021', summary: expect.stringContaining('belongs to root') }),
    )
    expect(document.daemon?.queued ?? null).toBe(null)
  })

  it('of this user works, and root then only looks', (context) => {
    skipUnlessReachable(context)
    mkdirSync(root.path)
    chownSync(root.path, NOBODY, NOBODY)
    const daemon = root.start(asNobody)
    expectOnlyLooked(root.run(['sync', 'restart']))
    expect(lives(daemon)).toBe(true)
    expect(root.run(['sync', 'stop'], asNobody).status).toBe(0)
    expect(lives(daemon)).toBe(false)
  })
})

/** A user who closes the own home meets this; root could still enter it. */
it('a home that is closed while its daemon runs: no command says that none runs', (context) => {
  skipUnlessReachable(context)
  mkdirSync(root.path)
  chownSync(root.path, NOBODY, NOBODY)
  const daemon = root.start(asNobody)
  chmodSync(root.path, 0)
  const env = { SPEC_KITTY_ENABLE_SAAS_SYNC: '1' }
  const { status, stderr } = root.run(['sync', 'now'], { ...asNobody, env })
  expect([status, stderr]).toEqual([
    1,
    expect.stringMatching(
      new RegExp(`whether a sync daemon runs is not known, .*\\(EACCES\\): chmod u\\+rwx ${root.path}\n$`),
    ),
  ])
  chmodSync(root.path, 0o700)
  expect(lives(daemon)).toBe(true)
  root.run(['sync', 'stop'], asNobody)
})

function expectOnlyLooked({ status, stderr }: Timed): void {
  expect([status, lineOf(stderr)]).toEqual([2, [expect.stringContaining('belongs to nobody, you are root')]])
}

describe('a root that is no directory', () => {
  it('is refused in one line: a file, and it stays as it is', () => {
    writeFileSync(root.path, 'a file\n')
    expectRefusal(root, root.run(['sync', 'start']), root.path)
    expectRefusal(root, root.run(['sync', 'logs']), root.path)
    for (const command of ['stop', 'status']) expectRefusal(root, root.run(['sync', command]), root.path)
    expectRefusal(root, root.run(['auth', 'doctor']), root.path)
    expect(readFileSync(root.path, 'utf8')).toBe('a file\n')
  })

  it('is refused in one line: a link to nowhere, a link to itself', () => {
    for (const target of [join(root.base, 'nowhere', 'at', 'all'), root.path]) {
      const link = root.beside(join(root.base, `link-to-${target === root.path ? 'itself' : 'nowhere'}`))
      symlinkSync(target === root.path ? link.path : target, link.path)
      const refused = link.run(['sync', 'start'])
      expectRefusal(root, refused, link.path)
      // In the words of the status.
      if (target !== root.path) {
        const said = `${link.path} is a link to ${target}, which is not there`
        expect(refused.stderr).toContain(`${said} (mount the disk to which the link leads)`)
        expect(link.run(['sync', 'status'], { env: { SPEC_KITTY_ENABLE_SAAS_SYNC: '1' } }).stdout).toContain(
          said,
        )
      }
      const status = link.run(['sync', 'status'])
      // Where a link leads to nothing yet, a home can be made.
      if (target === root.path) expectRefusal(link, status, link.path)
      else expect(status.status).toBe(0)
      expect(readlinkSync(link.path)).toBe(target === root.path ? link.path : target)
    }
  })

  it('is refused in one line where a file or a directory stands in the place of ours', () => {
    mkdirSync(root.path)
    writeFileSync(join(root.path, 'daemons'), 'mine\n')
    expectRefusal(root, root.run(['sync', 'start']), root.file(''))
    expect(readFileSync(join(root.path, 'daemons'), 'utf8')).toBe('mine\n')
    const other = root.beside(join(root.base, 'other'))
    mkdirSync(other.file('daemon.lock'), { recursive: true })
    expectRefusal(root, other.run(['sync', 'start']), other.file('daemon.lock'))
  })
})
