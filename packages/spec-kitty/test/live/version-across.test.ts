import { renameSync, rmSync } from 'node:fs'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { makeBuild, type Build } from '../helpers/builds.js'
import type { Ran } from '../helpers/cli.js'
import { daemonsOf, lives, makeRoot, type Daemon, type SyncRoot } from './sync-root.js'
import { expectAlive, startsIn } from './version-stale.js'

/** One version's commands and another version's daemon: what must work between any two, in both directions. */
let root: SyncRoot

beforeEach(() => {
  root = makeRoot("it's a root")
})

afterEach(() => root.end())

interface Versions {
  readonly version: string
  readonly protocol: number
}

const OLD: Versions = { version: '4.0.0', protocol: 2 }
const NEW: Versions = { version: '4.1.0', protocol: 2 }
const NEWEST: Versions = { version: '5.0.0', protocol: 3 }

/** Each pair of a daemon and a command that are not of one version. */
const PAIRS: readonly (readonly [Versions, Versions])[] = [
  [OLD, NEW],
  [NEW, OLD],
  [OLD, NEWEST],
  [NEWEST, OLD],
]

const NAMED = PAIRS.map(([daemon, command]) => ({
  name: `a daemon of ${daemon.version} (protocol ${daemon.protocol}) and a command of ${command.version}`,
  daemon,
  command,
}))

function runAs(one: Build, args: readonly string[]): Ran {
  const ran = one.run(args, root.env)
  root.remember()
  return ran
}

function jsonAs(one: Build, args: readonly string[]) {
  const { status, stdout, stderr } = runAs(one, [...args, '--json'])
  return { status, stderr, document: JSON.parse(stdout) }
}

function startAs(one: Build): Daemon {
  expect(runAs(one, ['sync', 'start'])).toMatchObject({ status: 0, stderr: '' })
  const daemon = root.remember()
  if (daemon === null) throw new Error('the record names no running daemon after the start')
  return daemon
}

function otherVersion(document: any): any {
  return document.findings.find(({ id }: { id: string }) => id === 'F-004')
}

describe.each(NAMED)('$name', ({ daemon: daemonOf, command: commandOf }) => {
  let daemon: Daemon
  let command: Build

  beforeEach(() => {
    daemon = startAs(makeBuild(root.base, daemonOf))
    command = makeBuild(root.base, commandOf)
  })

  it('the command stops the daemon', () => {
    const { status, stderr, document } = jsonAs(command, ['sync', 'stop'])
    expect([status, stderr]).toEqual([0, ''])
    expect(document).toMatchObject({
      outcome: 'stopped',
      pid: daemon.pid,
      package_version: daemonOf.version,
      cleanup_path: 'http_shutdown',
    })
    expect([lives(daemon), daemonsOf(root.path)]).toEqual([false, []])
    expect(jsonAs(command, ['sync', 'status']).document.last_stop.reason).toBe('operator_stop')
  })

  it('the status names both versions', () => {
    const { status, document } = jsonAs(command, ['sync', 'status'])
    expect(status).toBe(0)
    expect(document).toMatchObject({
      state: 'running',
      pid: daemon.pid,
      package_version: daemonOf.version,
      protocol_version: daemonOf.protocol,
      cli_version: commandOf.version,
    })
    const { stdout } = runAs(command, ['sync', 'status'])
    expect(stdout).toContain(`daemon version  ${daemonOf.version}, protocol ${daemonOf.protocol}\n`)
    expect(stdout).toContain(`CLI version     ${commandOf.version}\n`)
  })

  it('the doctor finds it (F-004), and what it tells to run works as it is written', () => {
    const { status, document } = jsonAs(command, ['auth', 'doctor'])
    const { severity, summary, remediation } = otherVersion(document)
    expect([status, severity]).toEqual([0, 'warn'])
    for (const { version, protocol } of [daemonOf, commandOf]) {
      expect(summary).toContain(`version ${version}, protocol ${protocol}`)
    }
    expect(runAs(command, ['auth', 'doctor']).stdout).toContain(remediation.command)
    expect(command.runLine(remediation.command, root.env).status).toBe(0)
    const after = root.remember()
    expect([lives(daemon), daemonsOf(root.path)]).toEqual([false, [after?.pid]])
    const again = jsonAs(command, ['auth', 'doctor']).document
    expect(otherVersion(again)).toBe(undefined)
    expect(again.daemon).toMatchObject({ pid: after?.pid, package_version: commandOf.version })
  })

  it('no reset of the command ends the live daemon', () => {
    for (const flags of [[], ['--force'], ['--force', '--port', String(daemon.port)]]) {
      const { status, document } = jsonAs(command, ['auth', 'doctor', '--reset', ...flags])
      expect([status, document.orphans]).toEqual([0, []])
      // A reset says why it left the one that it was told to end.
      const skipped = flags.includes('--port') ? [{ pid: daemon.pid, cleanup_class: 'never_touch' }] : []
      expect(document.reset_result).toMatchObject({ swept: [], failed: [], skipped })
      expect(document.candidates).toMatchObject([{ pid: daemon.pid, rule: 'S5' }])
    }
    expectAlive(daemon)
  })

  it('a restart gives the daemon the version of the command, up or down', () => {
    const { status, stderr, document } = jsonAs(command, ['sync', 'restart'])
    expect([status, stderr]).toEqual([0, ''])
    expect(document).toMatchObject({
      outcome: 'started',
      start_reason: 'operator_restart',
      package_version: commandOf.version,
    })
    expect(startsIn(root).at(-1)).toMatchObject({
      reason: 'operator_restart',
      previous_version: daemonOf.version,
      version: commandOf.version,
    })
    expect([lives(daemon), daemonsOf(root.path)]).toEqual([false, [document.pid]])
  })
})

describe('a daemon and a command of one version', () => {
  it('are no finding (F-004), from whatever place they run', () => {
    const [one, other] = [makeBuild(root.base, OLD), makeBuild(root.base, { version: OLD.version })]
    expect(one.directory).not.toBe(other.directory)
    const daemon = startAs(one)
    for (const command of [one, other]) {
      expect(otherVersion(jsonAs(command, ['auth', 'doctor']).document)).toBe(undefined)
      expect(startAs(command).pid).toBe(daemon.pid)
    }
  })
})

describe('a package that is exchanged under a running daemon', () => {
  it.each([
    ['by a newer one', NEW],
    ['by one of another protocol', NEWEST],
  ])('%s: the next command replaces the daemon, and says so', (_, versions) => {
    const old = makeBuild(root.base, OLD)
    const daemon = startAs(old)
    const next = makeBuild(root.base, versions)
    rmSync(old.directory, { recursive: true })
    renameSync(next.directory, old.directory)
    const { status, stdout, stderr } = runAs(old, ['sync', 'start', '--json'])
    expect([status, stderr]).toEqual([
      0,
      `spec-kitty: upgraded the sync daemon from ${OLD.version} to ${versions.version}\n`,
    ])
    expect(JSON.parse(stdout)).toMatchObject({
      start_reason: 'version_mismatch',
      replaced_version: OLD.version,
    })
    expect([lives(daemon), daemonsOf(root.path)]).toEqual([false, [root.remember()?.pid]])
  })
})

/** Starts a daemon of these versions and removes its package. The next command of another one has to replace it. */
function expectReplacedOnceGone({ version, protocol }: Versions): void {
  const gone = makeBuild(root.base, { version, protocol })
  const daemon = startAs(gone)
  rmSync(gone.directory, { recursive: true })
  const { status, stderr, document } = root.json(['sync', 'start'])
  expect([status, stderr]).toEqual([
    0,
    version === OLD.version
      ? `spec-kitty: replaced the sync daemon ${version}: its installation was gone\n`
      : `spec-kitty: upgraded the sync daemon from ${version} to ${OLD.version}\n`,
  ])
  expect(document).toMatchObject({ outcome: 'started', start_reason: 'installation_gone' })
  expect([lives(daemon), daemonsOf(root.path)]).toEqual([false, [document.pid]])
}

describe('a package that is removed under a running daemon', () => {
  it('of the same version: the next command of another installation replaces the daemon', () => {
    expectReplacedOnceGone(OLD)
  })

  it('of a newer version: the next command of another installation replaces the daemon', () => {
    expectReplacedOnceGone(NEW)
  })

  it('of another protocol: the next command of another installation replaces the daemon', () => {
    expectReplacedOnceGone(NEWEST)
  })
})

/**
 * The head of health: what an earlier and a later version read. Nothing here may ever be renamed or change its type; more
 * may be added.
 */
const HEAD: Readonly<Record<string, string>> = {
  status: 'string',
  daemon_family: 'string',
  singleton_scope_id: 'string',
  protocol_version: 'number',
  package_version: 'string',
  sync: 'object',
  'sync.running': 'boolean',
  'sync.last_sync': 'null',
  'sync.consecutive_failures': 'number',
  owner: 'object',
  'owner.pid': 'number',
  'owner.port': 'number',
  'owner.package_version': 'string',
  'owner.executable_path': 'string',
  'owner.source_checkout_path': 'string',
  'owner.server_url': 'null',
  'owner.auth_principal': 'null',
  'owner.auth_team': 'null',
  'owner.auth_scope': 'null',
  'owner.queue_db_path': 'null',
  'owner.started_at': 'string',
}

describe('what is frozen', () => {
  it('is the head of health, with the proof for who asks for it', async () => {
    const { port, pid } = root.start()
    const plain = await health(port)
    expect(typesIn(plain)).toMatchObject(HEAD)
    expect(typesIn(plain)).not.toHaveProperty('proof')
    expect(plain).toMatchObject({
      status: 'ok',
      daemon_family: 'sync',
      singleton_scope_id: root.path,
      owner: { pid, port },
    })
    const proven = await health(port, { 'X-Familiar-Nonce': '0123456789abcdef0123456789abcdef' })
    expect(typesIn(proven)).toEqual({ ...typesIn(plain), proof: 'string' })
  })

  it('is how a daemon is asked to leave, and what it answers', async () => {
    const { port, token } = root.start()
    const reply = await fetch(`http://127.0.0.1:${port}/api/shutdown`, {
      method: 'POST',
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      body: JSON.stringify({ reason: 'asked' }),
    })
    expect(reply.status).toBe(202)
    expect(await reply.json()).toEqual({ status: 'stopping', drain_ms: expect.any(Number) })
  })
})

async function health(port: number, headers: Readonly<Record<string, string>> = {}): Promise<object> {
  return (await fetch(`http://127.0.0.1:${port}/api/health`, { headers })).json() as Promise<object>
}

/** Returns the type of each value, by its path. */
function typesIn(json: object, above = ''): Record<string, string> {
  const types = Object.entries(json).flatMap(([name, value]) => {
    const path = above + name
    const below = typeof value === 'object' && value !== null ? typesIn(value, `${path}.`) : {}
    return [[path, value === null ? 'null' : typeof value], ...Object.entries(below)]
  })
  return Object.fromEntries(types)
}
