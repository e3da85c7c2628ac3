import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { DatabaseSync } from '@photostructure/sqlite'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { spawnHostile } from '../../../../stand-ins/hostile.mjs'
import { spawnPredecessor, stopAll, writeSyncRecord } from '../../../../stand-ins/predecessor.mjs'
import { isAlive, startTicksOf } from '../helpers/machine.js'
import { expectValid } from '../helpers/schemas.js'
import { findingOf, makeRoot, signal, until, type SyncRoot } from './sync-root.js'
import { makeShell } from './sync-shell.js'

/**
 * Every remedy that real situations bring forth, of findings and rows, is run as it is printed: it does what it says, is not
 * offered again, and ends nothing that is in use.
 */
interface Remedy {
  readonly commands: readonly string[]
  readonly description: string
  readonly safe: boolean
}

const NOBODY = 65534

/** A predecessor's daemon counts as starting for its first 30 s. */
const GROWN_MS = 31_000

let root: SyncRoot

beforeAll(() => {
  root = makeRoot("it's a root")
  mkdirSync(root.path)
})

afterAll(async () => {
  await stopAll()
  await root.end()
})

function doctor(at = root, env: Readonly<Record<string, string>> = {}, cwd?: string): any {
  const { document } = at.json(['auth', 'doctor'], { env, ...(cwd === undefined ? {} : { cwd }) })
  expectValid('auth-doctor', document)
  expectToAgree(document)
  return document
}

/** A finding about a listener names what its row names; a remedy never holds prose. */
function expectToAgree({ findings, orphans }: any): void {
  const rows = new Set(orphans.flatMap(({ remedy }: { remedy: Remedy }) => remedy.commands))
  for (const { id, remediation } of findings) {
    if (!['F-002', 'F-010'].includes(id) || remediation === null) continue
    for (const command of remediation.commands)
      expect([id, command, rows.has(command)]).toEqual([id, command, true])
  }
  for (const { safe, commands } of remediesIn({ findings, orphans })) {
    const isForced = commands.some((command) => command.includes('--force'))
    expect([commands, safe && isForced]).toEqual([commands, false])
  }
}

function remediesIn({ findings, orphans }: any): readonly Remedy[] {
  return [
    ...findings.flatMap((one: any) => one.remediation ?? []),
    ...orphans.map((one: any) => one.remedy as Remedy),
  ]
}

/** What only tells something changes nothing, so it may be offered again. */
function isTelling(command: string): boolean {
  return /spec-kitty (?:explain|config list|sync status|dashboard --status)/.test(command)
}

function commandsIn(document: any): readonly string[] {
  return [...new Set(remediesIn(document).flatMap(({ commands }) => commands))]
}

/** Runs a command line as it is printed; it must be one that exists, and that works here. */
function runAsPrinted(command: string, at = root): string {
  const { status, stdout, stderr } = makeShell(at)(command)
  // With 1 `config list` says that something is wrong, a status that a daemon hangs, and the doctor that it found so.
  const isFine =
    status === 0 || (status === 1 && /sync status|dashboard --status|config list|auth doctor/.test(command))
  expect([command, isFine, stderr]).toEqual([command, true, expect.not.stringContaining('internal error')])
  return stdout
}

interface Watched {
  readonly what: string
  readonly pid: number
  readonly ticks: string
}

function watched(what: string, { pid }: { readonly pid: number }): Watched {
  return { what, pid, ticks: startTicksOf(pid) ?? 'gone' }
}

function living(all: readonly Watched[]): readonly string[] {
  return all.filter(({ pid, ticks }) => isAlive(pid, ticks)).map(({ what }) => what)
}

/** Runs each acting remedy as soon as it is offered, until none is offered; none may be offered again after it ran. */
function followAll(at: SyncRoot, check: (command: string) => void): readonly string[] {
  const ran: string[] = []
  for (;;) {
    const offered = commandsIn(doctor(at))
    for (const command of ran) expect([command, offered.includes(command)]).toEqual([command, false])
    const next = offered.find((command) => !isTelling(command))
    if (next === undefined) return ran
    runAsPrinted(next, at)
    ran.push(next)
    check(next)
  }
}

describe('a range with one of everything', () => {
  const stale: Watched[] = []
  const decided: Watched[] = []
  const spared: Watched[] = []
  let own: Watched

  beforeAll(async () => {
    const at = (name: string): string => join(root.base, name)
    for (const name of ['theirs', 'left', 'unreadable/sync-daemon']) mkdirSync(at(name), { recursive: true })
    const sync = (port: number, more: object = {}) =>
      spawnPredecessor({ family: 'sync', port, version: '3.2.4', root: root.path, ...more })
    stale.push(watched('stale', await sync(9431)), watched('older', await sync(9432, { version: '3.2.2' })))
    stale.push(watched('of a root that left it', await sync(9433, { root: at('left') })))
    decided.push(watched('pre-marker', await sync(9434, { marker: false })))
    const stopped = await sync(9435)
    stopped.child.kill('SIGSTOP')
    decided.push(watched('stopped', stopped))
    spared.push(
      watched('of another user', await sync(9436, { uid: NOBODY, gid: NOBODY, owner: false })),
      watched('of an unreadable root', await sync(9437, { root: at('unreadable') })),
      watched('of another program', await spawnHostile('http', 9438)),
      watched('live elsewhere', root.beside(at('theirs')).start()),
    )
    await sleep(GROWN_MS)
    own = watched('own', root.start())
    process.kill(own.pid, 'SIGSTOP')
  }, 120_000)

  it('offers for each what fits it', () => {
    const { orphans, findings } = doctor()
    const remedyAt = (port: number | null): Remedy =>
      orphans.find((row: any) => row.port === port || row.pid === port).remedy
    expect(remedyAt(9431)).toMatchObject({ commands: ['spec-kitty auth doctor --reset'], safe: true })
    expect(remedyAt(9433)).toMatchObject({
      commands: [`SPEC_KITTY_HOME=${join(root.base, 'left')} spec-kitty auth doctor --reset`],
      safe: true,
    })
    const force = (port: number) => [`spec-kitty auth doctor --reset --force --port ${port}`]
    expect(remedyAt(9434)).toMatchObject({ commands: force(9434), safe: false })
    expect(remedyAt(9435)).toMatchObject({ commands: force(9435), safe: false })
    expect(remedyAt(9436)).toMatchObject({ commands: ['spec-kitty explain other_user'], safe: true })
    expect(remedyAt(9437)).toMatchObject({ commands: ['spec-kitty explain cross_root'], safe: true })
    expect(remedyAt(own.pid)).toMatchObject({ commands: ['spec-kitty sync stop'], safe: false })
    const live = orphans.find((row: any) => row.in_use_by !== null)
    expect(live.remedy.commands).toEqual([
      `SPEC_KITTY_HOME=${join(root.base, 'theirs')} spec-kitty sync status`,
    ])
    expect(findings.map(({ id }: { id: string }) => id)).toEqual(['F-001', 'F-002', 'F-005'])
    expect(findingOf({ findings }, 'F-005').remediation.commands).toEqual(['spec-kitty sync stop'])
    // The daemon of this root, which does not answer, is counted by F-005 alone.
    expect(findingOf({ findings }, 'F-002').summary).toBe(
      'orphaned sync daemons besides that of F-005: 2 can be ended, 3 need a decision',
    )
  })

  it('tells what it promises to tell', () => {
    for (const command of commandsIn(doctor()).filter(isTelling)) {
      expect([command, runAsPrinted(command).length > 50]).toEqual([command, true])
    }
    expect(living([...stale, ...decided, ...spared, own])).toHaveLength(10)
  })

  it('is clean when each was run once; what is in use, or not ours to judge, lives', () => {
    const ran = followAll(root, (command) => {
      expect(living(spared)).toHaveLength(spared.length)
      // What is safe ends nothing but what is stale.
      if (command.endsWith(' --reset')) expect(living(decided)).toHaveLength(decided.length)
    })
    expect(ran.toSorted()).toEqual([
      `SPEC_KITTY_HOME=${join(root.base, 'left')} spec-kitty auth doctor --reset`,
      'spec-kitty auth doctor --reset',
      'spec-kitty auth doctor --reset --force --port 9434',
      'spec-kitty auth doctor --reset --force --port 9435',
      'spec-kitty sync stop',
    ])
    expect([living([...stale, ...decided, own]), living(spared).length]).toEqual([[], spared.length])
    const { findings } = doctor()
    expect(findings.map(({ severity }: { severity: string }) => severity)).toEqual(['info', 'info'])
  }, 180_000)

  it('says at once that nothing listens where nothing does any longer', () => {
    const { status, document } = root.json(['auth', 'doctor', '--reset', '--force', '--port', '9434'])
    expect([status, document.error]).toEqual([
      1,
      { code: 'E_NO_LISTENER', message: 'nothing listens on port 9434', remediation: null },
    ])
  })

  it('has no problem where two roots have a live daemon each', () => {
    root.start()
    const { findings, orphans } = doctor()
    expect(findings.map(({ id, severity }: any) => [id, severity])).toEqual([['F-001', 'info']])
    expect(orphans.map(({ skip_reason }: any) => skip_reason).toSorted()).toEqual([
      'cross_root',
      'cross_root',
      'other_user',
    ])
    expect(root.run(['auth', 'doctor', '--strict']).status).toBe(0)
    root.run(['sync', 'stop'])
  })
})

describe('a daemon of its own root', () => {
  let home: SyncRoot

  beforeEach((context) => {
    home = root.beside(join(root.base, `home ${context.task.name.length}`))
    mkdirSync(home.path, { recursive: true })
  })

  it('that crashed is a warning, and the next start replaces it', async () => {
    const daemon = home.start()
    signal(daemon, 'SIGKILL')
    await until(() => !isAlive(daemon.pid, daemon.ticks), 60_000)
    const { severity, remediation, summary } = findingOf(doctor(home), 'F-015')
    expect([severity, remediation.commands, summary]).toEqual([
      'warn',
      ['spec-kitty sync start'],
      expect.stringContaining(`process ${daemon.pid}`),
    ])
    expect(home.run(['auth', 'doctor']).status).toBe(0)
    expect(home.run(['auth', 'doctor', '--strict']).status).toBe(1)
    expect(home.run(['sync', 'status', '--check']).status).toBe(1)
    runAsPrinted(remediation.command, home)
    expect(findingOf(doctor(home), 'F-015')).toBe(undefined)
    home.remember()
    home.run(['sync', 'stop'])
  })

  it('that is a predecessor and hangs is stopped where it is proven, and forced where it is not', async () => {
    for (const [port, token, command] of [
      [9441, null, 'spec-kitty sync stop'],
      [9442, 'f'.repeat(32), 'spec-kitty auth doctor --reset --force --port 9442'],
    ] as const) {
      const old = await spawnPredecessor({ family: 'sync', port, version: '3.2.4', root: home.path })
      writeSyncRecord(home.path, { port, token: token ?? old.token, pid: old.pid })
      const hanging = watched('hanging', old)
      old.child.kill('SIGSTOP')
      const document = doctor(home)
      const { severity, remediation } = findingOf(document, 'F-005')
      expect([severity, remediation.commands]).toEqual(['critical', [command]])
      expect(document.orphans.find((one: any) => one.pid === old.pid).remedy.commands).toEqual([command])
      expect(home.run(['sync', 'status']).stdout).toContain(command)
      runAsPrinted(command, home)
      expect([living([hanging]), commandsIn(doctor(home)).includes(command)]).toEqual([[], false])
      rmSync(join(home.path, 'sync-daemon'), { force: true })
    }
  })

  it('without a session where hosted sync is on is signed in by the remedy, if a server is known', () => {
    const hosted = { SPEC_KITTY_ENABLE_SAAS_SYNC: '1' }
    expect(findingOf(doctor(home, hosted), 'F-001')).toMatchObject({
      severity: 'critical',
      remediation: { commands: ['spec-kitty explain F-001'] },
    })
    runAsPrinted('spec-kitty explain F-001', home)
    writeFileSync(join(home.path, 'config.toml'), '[sync]\nserver_url = "http://127.0.0.1:9"\n')
    const { command } = findingOf(doctor(home, hosted), 'F-001').remediation
    expect(command).toBe('spec-kitty auth login --server http://127.0.0.1:9')
    // With a token that is given, because no person can confirm here.
    expect(makeShell(home)(`echo a-token | ${command} --with-token`).status).toBe(0)
    expect(findingOf(doctor(home, hosted), 'F-001')).toBe(undefined)
  })

  it('whose queue is held for more than a day says why, and the remedy lets it go', () => {
    const project = join(home.path, 'a project')
    mkdirSync(join(project, '.kittify'), { recursive: true })
    writeFileSync(join(home.path, 'config.toml'), '[sync]\nserver_url = "http://127.0.0.1:9"\n')
    expect(makeShell(home)('echo a-token | spec-kitty auth login --with-token').status).toBe(0)
    expect(home.run(['sync', 'publish', '--type', 'T', '--project', project]).status).toBe(0)
    const database = new DatabaseSync(home.file('queue.db'))
    const at = new Date(Date.now() - 30 * 3_600_000).toISOString()
    database.prepare('UPDATE events SET queued_at = ?').run(at)
    database.close()
    const hosted = { SPEC_KITTY_ENABLE_SAAS_SYNC: '1' }
    const held = findingOf(doctor(home, hosted), 'F-009')
    expect([held.summary, held.remediation.commands, held.remediation.safe]).toEqual([
      expect.stringContaining('has not opted in'),
      [`spec-kitty sync opt-in '${project}'`],
      false,
    ])
    runAsPrinted(held.remediation.command, home)
    const next = findingOf(doctor(home, { ...hosted, SPEC_KITTY_SYNC_DISABLE: '1' }), 'F-009')
    expect(next.remediation.commands).toEqual(['spec-kitty sync start'])
    writeFileSync(join(project, '.kittify', 'config.yaml'), 'sync: {enabled: true\n')
    const broken = doctor(home, hosted, project)
    expect(findingOf(broken, 'F-009').remediation.commands).toEqual(['spec-kitty explain consent_unreadable'])
    expect(findingOf(broken, 'F-012').summary).toContain('config.yaml cannot be used: line 2, column 1: ')
  })

  it.each([
    ['[sync]\nformat = "xml"\n', 'config.toml, line 2, column 10)'],
    ['[sync\n', 'config.toml cannot be read: line 1, column '],
  ])('with a configuration that is wrong is told the place: %j', (text, place) => {
    writeFileSync(join(home.path, 'config.toml'), text)
    const { severity, summary, remediation } = findingOf(doctor(home), 'F-012')
    expect([severity, summary, remediation.commands]).toEqual([
      'warn',
      expect.stringContaining(place),
      ['spec-kitty config list'],
    ])
    expect(runAsPrinted(remediation.command, home)).toContain(place)
  })
})

describe('a range that is full', () => {
  it('is told in three lines, with a command only if one frees a port', async () => {
    const home = root.beside(join(root.base, 'full'))
    mkdirSync(home.path)
    const listen = `for (let port = 9400; port < 9450; port++) {
      if (port !== 9440) require('net').createServer().listen(port, '127.0.0.1').on('error', () => 0)
    }
    setTimeout(() => console.log('there'), 300)`
    const greedy = spawn(process.execPath, ['-e', listen], { stdio: ['ignore', 'pipe', 'inherit'] })
    try {
      await once(greedy.stdout, 'data')
      const old = await spawnPredecessor({
        family: 'sync',
        port: 9440,
        version: '3.2.4',
        root: home.path,
        marker: false,
      })
      const lone = watched('pre-marker', old)
      const document = doctor(home)
      const { summary, remediation } = findingOf(document, 'F-010')
      expect(summary).toContain(` by an unrecognised program, process ${greedy.pid}, node (not_spec_kitty)`)
      const started = home.run(['sync', 'start'])
      const lines = started.stderr.trimEnd().split('\n')
      expect([started.status, lines.length, lines[0]]).toEqual([
        1,
        3,
        'spec-kitty: every port from 9400 to 9449 is in use',
      ])
      const what = `# ends process ${old.pid}, a daemon too old to say which home it belongs to, whatever it is used for`
      expect(lines[2]).toBe(`${remediation.command}  ${what}`)
      expect(remediation.commands).toEqual(['spec-kitty auth doctor --reset --force --port 9440'])
      runAsPrinted(remediation.command, home)
      expect([living([lone]), home.run(['sync', 'start']).status]).toEqual([[], 0])
      const daemon = home.remember()
      expect(daemon?.port).toBe(9440)
      const refused = root.beside(join(root.base, 'too late')).json(['sync', 'start'])
      expect([refused.status, refused.document.error]).toMatchObject([
        1,
        { code: 'E_RANGE_FULL', remediation: null },
      ])
      home.run(['sync', 'stop'])
    } finally {
      greedy.kill('SIGKILL')
      await once(greedy, 'close')
    }
  })
})

describe('dashboards', () => {
  const dashboards: Watched[] = []

  afterAll(() => {
    for (const { pid, ticks } of dashboards) if (isAlive(pid, ticks)) process.kill(pid, 'SIGKILL')
  })

  it('of a project that is gone go by the remedy, in a script too; that of another project stays', async () => {
    const projects = ['gone', 'kept'].map((name) => join(root.base, name))
    for (const project of projects) mkdirSync(join(project, '.kittify'), { recursive: true })
    const [gone = '', kept = ''] = projects
    const started = projects.map((cwd) => root.json(['dashboard'], { cwd }).document)
    const [orphan, live] = started.map((one) => watched(one.project, one))
    const clean = (): any =>
      root.json(['dashboard', '--cleanup-all', '--dry-run'], { cwd: root.base }).document.candidates
    dashboards.push(...[orphan, live].filter((one) => one !== undefined))
    rmSync(gone, { recursive: true })
    const row = clean().find((one: any) => one.pid === orphan?.pid)
    expect(row.remedy).toMatchObject({ commands: ['spec-kitty dashboard clean-up --yes'], safe: true })
    runAsPrinted(row.remedy.commands[0])
    expect(living([orphan, live].filter((one) => one !== undefined))).toEqual([kept])
    process.kill(live?.pid ?? 0, 'SIGSTOP')
    const hanging = clean().find((one: any) => one.pid === live?.pid)
    expect(hanging.remedy).toMatchObject({ commands: [`cd ${kept} && spec-kitty dashboard --status`] })
    expect(runAsPrinted(hanging.remedy.commands[0])).toContain('spec-kitty dashboard --stop')
    runAsPrinted(`cd ${kept} && spec-kitty dashboard --stop`)
    expect([living([live].filter((one) => one !== undefined)), clean()]).toEqual([[], []])
  })
})
