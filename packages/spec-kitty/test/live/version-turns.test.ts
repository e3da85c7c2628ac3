import { spawnSync } from 'node:child_process'
import { readFileSync, renameSync, rmSync } from 'node:fs'
import { setImmediate } from 'node:timers/promises'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { firstOf, timeoutFor, times } from '../../../familiar/test/helpers/counts.js'
import { makeBuild, type Build } from '../helpers/builds.js'
import type { Ran } from '../helpers/cli.js'
import { listenersOn } from '../helpers/machine.js'
import { daemonsOf, lineOf, makeRoot, type SyncRoot } from './sync-root.js'
import { expectAlive, OWN_VERSION, startsIn } from './version-stale.js'

/** Two installations on one machine, used in turn: strictly upward, so that they never fight for the daemon. */
let root: SyncRoot

beforeEach(() => {
  root = makeRoot()
})

afterEach(() => root.end())

/** In the second turn each finds what the first one left. */
const TURNS = times(2, 100)
const TURN_MS = 3_000

const STRAY = { SPEC_KITTY_CLI_VERSION: '9.9.9' }

function build(version: string, more: object = {}): Build {
  return makeBuild(root.base, { version, ...more })
}

/** Runs the command of a build; the test ends what it may have started. */
function runAs(one: Build, args: readonly string[], env: Readonly<Record<string, string>> = {}): Ran {
  const ran = one.run(args, { ...root.env, ...env })
  root.remember()
  return ran
}

/** Runs `sync start` of a build, which must work. Returns the daemon that it names and what it said. */
function startAs(one: Build, env: Readonly<Record<string, string>> = {}) {
  const { status, stdout, stderr } = runAs(one, ['sync', 'start', '--json'], env)
  expect([status, stdout.includes('"pid": ')]).toEqual([0, true])
  const { pid, package_version, outcome } = JSON.parse(stdout)
  return { pid, version: package_version, outcome, stderr }
}

/** One daemon of this root, on one port, and it is the one. */
function expectOnly(pid: number): void {
  expect([daemonsOf(root.path), listenersOn(9400, 9450).length]).toEqual([[pid], 1])
}

/**
 * Uses both in turn. Returns which daemons they had, and how often each said what to the user. The commands are waited
 * for without a break, so the runner of the tests gets one after each turn.
 */
async function takeTurns(first: Build, second: Build) {
  const seen = {
    pids: new Set<number>(),
    first: new Map<string, number>(),
    second: new Map<string, number>(),
  }
  for (let turn = 0; turn < TURNS; turn++) {
    for (const [name, one] of [
      ['first', first],
      ['second', second],
    ] as const) {
      const { pid, stderr } = startAs(one)
      seen.pids.add(pid)
      seen[name].set(stderr, (seen[name].get(stderr) ?? 0) + 1)
    }
    await setImmediate()
  }
  return seen
}

function newer(daemon: string, command: string): string {
  return `spec-kitty: the sync daemon is used as it is: daemon version ${daemon} is newer than CLI version ${command}\n`
}

function another(daemon: string, command: string): string {
  return `spec-kitty: the sync daemon is used as it is: daemon version ${daemon} is not the same as CLI version ${command}\n`
}

function replaced(old: string, by: string): string {
  return `spec-kitty: upgraded the sync daemon from ${old} to ${by}\n`
}

describe('two commands in a row', () => {
  it('of one version have one daemon, and nothing to say', () => {
    const first = startAs(build('4.0.0'))
    const second = root.json(['sync', 'start'])
    expect([first.stderr, second.stderr]).toEqual(['', ''])
    expect(second.document).toMatchObject({ outcome: 'found', pid: first.pid })
    expectOnly(first.pid)
  })
})

describe(`two installations in turn, ${TURNS} times`, () => {
  it(
    'of two releases cost one replacement in all, and the older says once a command what it uses',
    async () => {
      const seen = await takeTurns(build('4.0.0'), build('4.1.0'))
      const [start, ...others] = startsIn(root)
      expect(start).toMatchObject({ reason: 'first_start', version: '4.0.0' })
      expect(others).toMatchObject([
        { reason: 'version_mismatch', previous_version: '4.0.0', version: '4.1.0' },
      ])
      expect([...seen.first]).toEqual([
        ['', 1],
        [newer('4.1.0', '4.0.0'), TURNS - 1],
      ])
      expect([...seen.second]).toEqual([
        [replaced('4.0.0', '4.1.0'), 1],
        ['', TURNS - 1],
      ])
      expect([...seen.pids]).toEqual([start?.pid, others[0]?.pid])
      expectOnly(others[0]?.pid ?? 0)
    },
    timeoutFor(TURNS, TURN_MS),
  )

  it(
    'of two builds with one count of commits cost one replacement in all: the later built stays',
    async () => {
      const [a, b] = ['4.0.0-5-gbbbbbbb', '4.0.0-5-gaaaaaaa'] as const
      const earlier = build(a, { builtAt: new Date('2026-11-20T10:00:00Z') })
      const later = build(b, { builtAt: new Date('2026-11-20T11:00:00Z') })
      const seen = await takeTurns(earlier, later)
      expect(startsIn(root).map(({ reason, version }) => [reason, version])).toEqual([
        ['first_start', a],
        ['version_mismatch', b],
      ])
      expect([...seen.first]).toEqual([
        ['', 1],
        [newer(b, a), TURNS - 1],
      ])
      expect([...seen.second]).toEqual([
        [replaced(a, b), 1],
        ['', TURNS - 1],
      ])
      expectOnly([...seen.pids].at(-1) ?? 0)
      const record = JSON.parse(readFileSync(root.file('record.json'), 'utf8'))
      expect(record.build_time).toBe('2026-11-20T11:00:00.000Z')
    },
    timeoutFor(TURNS, TURN_MS),
  )
})

describe('two builds with one count of commits', () => {
  const [A, B] = ['4.0.0-5-gbbbbbbb', '4.0.0-5-gaaaaaaa'] as const
  const TIME = new Date('2026-11-20T10:00:00Z')

  /** `identity/versions` has every pair. */
  const buildTimes = [
    ['of one build time', TIME, TIME],
    ['of which only the first knows its time', TIME, null],
    ['of which only the second knows its time', null, TIME],
    ['of which neither knows its time', null, null],
  ] as const

  it.each(firstOf(buildTimes, 1))(
    '%s replace nothing, in whatever order they are used',
    (_, first, second) => {
      const [a, b] = [build(A, { builtAt: first }), build(B, { builtAt: second })]
      const { pid } = startAs(a)
      for (const one of [b, a, b]) {
        const said = one === b ? another(A, B) : ''
        expect(startAs(one)).toMatchObject({ pid, version: A, outcome: 'found', stderr: said })
      }
      expect(b.run(['upgrade-hook'], root.env)).toMatchObject({
        status: 0,
        stdout: `the sync daemon of version ${A} stays\n`,
      })
      const { stdout } = b.run(['auth', 'doctor', '--json'], root.env)
      expect(JSON.parse(stdout).findings).toContainEqual(
        expect.objectContaining({
          id: 'F-004',
          remediation: expect.objectContaining({ command: 'spec-kitty sync restart' }),
        }),
      )
      expect(b.runLine('spec-kitty sync restart', root.env).status).toBe(0)
      expect(root.remember()?.pid).not.toBe(pid)
      expect(startAs(a)).toMatchObject({ version: B, stderr: another(B, A) })
      expectOnly(root.remember()?.pid ?? 0)
    },
  )

  /** Whatever is done to the files, it is their times that change. */
  const disturbances = [
    ['touched', (path: string) => run('find', [path, '-exec', 'touch', '-h', '-d', '2030-01-01', '{}', '+'])],
    ['copied without its times', (path: string) => recopy(path, '-r')],
    ['copied with its times', (path: string) => recopy(path, '-a')],
    [
      'given the time of a package in a registry',
      (path: string) => run('find', [path, '-exec', 'touch', '-h', '-d', '1985-10-26', '{}', '+']),
    ],
  ] as const

  it.each(firstOf(disturbances, 1))('%s are ordered by the time in the bundle alone', (_, disturb) => {
    const earlier = build(A, { builtAt: TIME })
    const later = build(B, { builtAt: new Date(TIME.getTime() + 1) })
    disturb(earlier.directory)
    const { pid } = startAs(later)
    expect(startAs(earlier)).toMatchObject({ pid, outcome: 'found', stderr: newer(B, A) })
    disturb(earlier.directory)
    disturb(later.directory)
    expect(startAs(earlier)).toMatchObject({ pid, outcome: 'found', stderr: newer(B, A) })
    expect(startAs(later)).toMatchObject({ pid, outcome: 'found', stderr: '' })
    expectOnly(pid)
  })
})

function run(command: string, args: readonly string[]): void {
  expect(spawnSync(command, args).status).toBe(0)
}

/** Puts a copy of the directory in its place. */
function recopy(path: string, flag: '-a' | '-r'): void {
  run('cp', [flag, path, `${path}.copy`])
  rmSync(path, { recursive: true })
  renameSync(`${path}.copy`, path)
}

describe('two protocols', () => {
  it('cannot talk: the older command says who is there and touches nothing, the newer replaces', () => {
    const older = build('4.0.0', { protocol: 2 })
    const later = build('4.1.0', { protocol: 3 })
    startAs(older)
    const taken = startAs(later)
    expect(taken.stderr).toBe(replaced('4.0.0', '4.1.0'))
    const daemon = root.remember()
    for (const flags of [[], ['--json']]) {
      const { status, stdout, stderr } = runAs(older, ['sync', 'start', ...flags])
      expect([status, lineOf(stderr).length]).toEqual([1, 1])
      if (flags.length === 0) expect(stdout).toBe('')
      else expect(JSON.parse(stdout).error.code).toBe('E_VERSION_MISMATCH')
      expect(stderr).toContain('is version 4.1.0, protocol 3; this is version 4.0.0, protocol 2')
      expect(stderr).toContain(`process ${taken.pid}, port ${daemon?.port}`)
      expect(stderr).toContain(later.directory)
    }
    if (daemon !== null) expectAlive(daemon)
    expect(startAs(later)).toMatchObject({ outcome: 'found', pid: taken.pid, stderr: '' })
    expectOnly(taken.pid)
  })
})

describe('a stray SPEC_KITTY_CLI_VERSION in the shell', () => {
  it('has no effect on any command, and reaches no daemon', async () => {
    const first = root.json(['sync', 'start'], { env: STRAY })
    expect(first).toMatchObject({ status: 0, stderr: '', document: { package_version: OWN_VERSION } })
    const again = root.json(['sync', 'start'], { env: STRAY })
    expect(again).toMatchObject({
      status: 0,
      stderr: '',
      document: { outcome: 'found', pid: first.document.pid },
    })
    expect(root.json(['sync', 'status'], { env: STRAY }).document).toMatchObject({
      package_version: OWN_VERSION,
      cli_version: OWN_VERSION,
    })
    const restarted = root.json(['sync', 'restart'], { env: STRAY })
    expect(restarted).toMatchObject({ status: 0, stderr: '', document: { package_version: OWN_VERSION } })
    expect(restarted.document.pid).not.toBe(first.document.pid)
    expect(await healthOf(restarted.document.port)).toMatchObject({ package_version: OWN_VERSION })
    expect(root.json(['auth', 'doctor'], { env: STRAY }).document.findings).not.toContainEqual(
      expect.objectContaining({ id: 'F-004' }),
    )
    expectOnly(restarted.document.pid)
  })
})

async function healthOf(port: number): Promise<unknown> {
  return (await fetch(`http://127.0.0.1:${port}/api/health`)).json()
}
