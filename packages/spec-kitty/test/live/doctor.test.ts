import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { isAlive, listenersOn, startTicksOf } from '../helpers/machine.js'
import { CLI, runCli, runJson, smallEnvironment, type Ran } from '../helpers/cli.js'
import { lineOf, runIn } from '../helpers/dashboards.js'
import { spawnHolder } from './holder.js'
import { startFleet, type Fleet } from './fleet.js'

/** The doctor before one kind of process of every sort, in the real range. The tests run in order: look, reset, force. */
let fleet: Fleet
let born: Map<number, string>
let env: Record<string, string>

/** A reset that gives up after half a minute at a lock: it waits beside the other tests, in a root that none of them uses. */
let refused: { readonly holder: number; readonly ended: Promise<Ran> }

beforeAll(async () => {
  fleet = await startFleet()
  env = { SPEC_KITTY_HOME: fleet.root }
  const lock = spawnHolder(fleet.roots.home)
  const holder = await lock.ready
  const options = { env: { SPEC_KITTY_HOME: fleet.roots.home } }
  refused = { holder, ended: runIn('/', ['auth', 'doctor', '--reset'], options).finally(lock.stop) }
  const pids = [...fleet.members, ...fleet.outside].map(({ pid }) => pid)
  born = new Map([...pids, fleet.innocent].map((pid) => [pid, startTicksOf(pid) ?? 'gone']))
  for (const why of fleet.skipped) console.log(`SKIPPED: ${why}`)
})

afterAll(async () => {
  await fleet?.stop()
  expect(listenersOn(9399, 9451)).toEqual([])
})

interface Row {
  readonly port: number
  readonly pid: number
  readonly cleanup_class: string
  readonly skip_reason: string | null
  readonly rule: string
  readonly remedy: { readonly commands: readonly string[] } | null
  readonly in_use_by: string | null
}

function lives(pid: number): boolean {
  return isAlive(pid, born.get(pid) ?? 'gone')
}

function verdictsOf(rows: readonly Row[]): Record<string, unknown> {
  return Object.fromEntries(rows.map((row) => [row.port, [row.cleanup_class, row.skip_reason, row.rule]]))
}

function rowAt(rows: readonly Row[], port: number): Row | undefined {
  return rows.find((row) => row.port === port)
}

/** Every entry against the machine: swept ones are gone, skipped and failed ones live. */
function expectTrue(result: {
  readonly swept: readonly Row[]
  readonly skipped: readonly Row[]
  readonly failed: readonly (Row & { readonly failure_reason: string })[]
}): void {
  const listening = new Set(listenersOn(9400, 9450).map(({ port }) => port))
  for (const { pid, port } of result.swept) {
    expect([port, lives(pid), listening.has(port)]).toEqual([port, false, false])
  }
  for (const { pid, port, ...why } of [...result.skipped, ...result.failed]) {
    expect([port, why, lives(pid), listening.has(port)]).toEqual([port, why, true, true])
  }
}

/**
 * Looks only, as `auth doctor` does, and gives the other roots the time that a clean-up gives them: on a busy machine the
 * child that reads them starts late, and what was not read in time is decided with less.
 */
const PATIENT = ['auth', 'doctor', '--reset', '--dry-run']

/** What the first patient look has said: several tests read it. */
const patiently = onceOnly(() => runJson(PATIENT, { env }))

/** The same for a look. */
const atOnce = onceOnly(() => runCli(['auth', 'doctor', '--json'], { env }))

function onceOnly<T>(run: () => T): () => T {
  let ran: { readonly it: T } | null = null
  return () => (ran ??= { it: run() }).it
}

describe('auth doctor', () => {
  it('gives every listener of the range its class, reason and row', () => {
    const { document, status } = patiently()
    const expected = Object.fromEntries(fleet.members.map((member) => [member.port, [...member.expected]]))
    expect(verdictsOf(document.candidates)).toEqual(expected)
    expect(status).toBe(0)
    expect(document.daemon).toMatchObject({ active: true, port: 9400, package_version: '3.2.6rc3' })
  })

  it('lists 100 % of the listeners, with the pid that really holds each', () => {
    const document = JSON.parse(atOnce().stdout)
    const ports = (rows: readonly { port: number }[]) => [...new Set(rows.map(({ port }) => port))].toSorted()
    expect(ports(document.candidates)).toEqual(ports(listenersOn(9400, 9450)))
    for (const { port, pid } of fleet.members) expect(rowAt(document.candidates, port)?.pid).toBe(pid)
  })

  it('is as wide as COLUMNS says in a pipe, and complete without it', () => {
    const widthAt = (COLUMNS: string): number => {
      const [, table = ''] = runCli(['auth', 'doctor'], {
        env: { COLUMNS, SPEC_KITTY_HOME: fleet.root },
      }).stdout.split(/(?=^ +PID )/m)
      return Math.max(
        ...table
          .split('\n\n', 1)
          .join('')
          .split('\n')
          .map((line) => line.length),
      )
    }
    expect(widthAt('70')).toBeLessThanOrEqual(70)
    expect(widthAt('')).toBeGreaterThan(90)
  })

  it('looks only: nothing ends, nothing is written', () => {
    expect([patiently().status, atOnce().status]).toEqual([0, 0])
    for (const { pid } of [...fleet.members, ...fleet.outside]) expect(lives(pid)).toBe(true)
    expect(spawnSync('ls', [join(fleet.root, 'daemons')]).status).not.toBe(0)
  })

  it('says the same with the shared owner file gone', () => {
    const before = patiently().document
    rmSync(join(fleet.root, 'sync'), { recursive: true })
    const after = runJson(PATIENT, { env }).document
    expect(verdictsOf(after.candidates)).toEqual(verdictsOf(before.candidates))
    expect(rowAt(before.orphans, 9401)).toMatchObject({ owner_present: true })
    expect(rowAt(after.orphans, 9401)).toMatchObject({ owner_present: false })
  })

  it('names the root whose live daemon another root has, and gives a remedy for every orphan', () => {
    const { orphans, candidates } = patiently().document
    expect(rowAt(orphans, 9408)?.in_use_by).toBe(fleet.roots.other)
    expect(rowAt(orphans, 9409)?.in_use_by).toBe(null)
    for (const row of orphans) expect([row.port, row.remedy?.commands.length > 0]).toEqual([row.port, true])
    for (const row of candidates) expect(row.skip_reason === null).toBe(row.cleanup_class === 'safe_auto')
  })

  it('offers the ports of what may be cleaned up to the completion of a shell', () => {
    const script = join(fleet.root, 'completion')
    writeFileSync(script, runCli(['completion', 'bash']).stdout)
    const ask = fileURLToPath(new URL('../helpers/ask-bash.bash', import.meta.url))
    const lines = [`${CLI} auth doctor --reset --port `, `${CLI} auth doctor --port 941`]
    const { stdout, stderr } = spawnSync('bash', [ask, script, ...lines], {
      env: smallEnvironment(env),
      encoding: 'utf8',
    })
    rmSync(script)
    const { orphans } = patiently().document
    const free = orphans.filter((row: Row) => row.in_use_by === null)
    const ports: string[] = free.map(({ port }: Row) => String(port)).toSorted()
    // No flag ends the live daemon of another home.
    expect(ports).toContain('9407')
    expect(ports).not.toContain('9408')
    const [all = '', some = ''] = stdout.split(/^==\n/m)
    expect([stderr, all.trim().split('\n').toSorted()]).toEqual(['', ports])
    expect(
      some
        .split('\n')
        .filter((port) => port !== '')
        .toSorted(),
    ).toEqual(ports.filter((port) => port.startsWith('941')))
  })

  it.runIf(spawnSync('jq', ['--version']).status === 0)('answers the documented jq line', () => {
    const filter = '.orphans[] | {port, pid, cleanup_class, skip_reason}'
    const jq = spawnSync('jq', [filter], { input: atOnce().stdout, encoding: 'utf8' })
    const orphans = fleet.members.filter(({ expected }) => expected[0] !== 'never_touch')
    expect(jq.stdout.match(/"cleanup_class"/g)).toHaveLength(orphans.length)
  })

  it('sees each root from its own side: wedged, malformed, unreadable, recorded without a pid', () => {
    // Those of which it must leave everything are reset in earnest.
    const seen = (root: string, port: number, args = ['auth', 'doctor', '--reset']) => {
      const { document, status } = runJson(args, { env: { SPEC_KITTY_HOME: root } })
      expect(document.reset_result.swept).toEqual([])
      const row = rowAt(document.candidates, port)
      return [row?.cleanup_class, row?.skip_reason, row?.rule, status]
    }
    expect(seen(fleet.roots.wedged, 9436)).toEqual(['operator_required', 'unresponsive', 'S11', 1])
    expect(seen(fleet.roots.malformed, 9434)).toEqual(['operator_required', 'record_unreadable', 'S14', 0])
    expect(seen(fleet.roots.unreadable, 9435)).toEqual(['operator_required', 'record_unreadable', 'S14', 0])
    expect(seen(fleet.roots.oldRecord, 9441)).toEqual(['never_touch', 'is_recorded_singleton', 'S5', 0])
    expect(seen(fleet.roots.innocent, 9437, PATIENT)).toEqual(['safe_auto', null, 'S16', 0])
    for (const port of [9434, 9435, 9436, 9437, 9441]) expect(lives(pidAt(port))).toBe(true)
    expect(readFileSync(join(fleet.roots.malformed, 'sync-daemon'), 'utf8')).toBe(
      'http://localhost:9434\n9434\n',
    )
  })

  it.runIf(spawnSync('unshare', ['--pid', '--fork', '--mount-proc', 'true']).status === 0)(
    'does not guess a pid it cannot see (S7) and trusts nothing of another namespace (S8)',
    () => {
      const hidden = runJson(['auth', 'doctor'], {
        env,
        prefix: ['unshare', '--pid', '--fork', '--mount-proc'],
      }).document
      expect(rowAt(hidden.candidates, 9401)).toMatchObject({
        pid: null,
        skip_reason: 'missing_pid',
        rule: 'S7',
      })
      const elsewhere = runJson(['auth', 'doctor'], { env, prefix: ['unshare', '--mount'] }).document
      expect(rowAt(elsewhere.candidates, 9401)).toMatchObject({ skip_reason: 'missing_identity', rule: 'S8' })
    },
  )
})

describe('auth doctor --reset, refused', () => {
  it('does nothing as root in the root of another user, and leaves no file there', () => {
    if (fleet.skipped.some((why) => why.includes('another user'))) return
    const foreign = { SPEC_KITTY_HOME: fleet.roots.foreign }
    expect(runCli(['auth', 'doctor'], { env: foreign }).status).toBe(0)
    const { status, document, stderr } = runJson(['auth', 'doctor', '--reset'], { env: foreign })
    expect(document).toMatchObject({ ok: false, error: { code: 'E_SCOPE_FOREIGN_OWNER' } })
    expect([status, lineOf(stderr).length]).toEqual([2, 1])
    expect([lives(pidAt(9442)), readdirSync(fleet.roots.foreign)]).toEqual([
      true,
      ['sync', 'sync-daemon.log'],
    ])
  })

  it('does nothing where the root is read-only, in one line', () => {
    if (fleet.skipped.some((why) => why.includes('read-only'))) return
    const readOnly = { SPEC_KITTY_HOME: fleet.roots.readOnly }
    const { status, stderr, stdout } = runCli(['auth', 'doctor', '--reset'], { env: readOnly })
    expect([status, stdout]).toEqual([2, ''])
    expect(lineOf(stderr)).toEqual([
      expect.stringMatching(/ nothing can be ended from here: \S+ is on a read-only file system \(F-021\)/),
    ])
    expect(stderr).not.toContain('SPEC_KITTY_HOME')
    // The doctor says so before, and a plan does not promise it.
    const looked = runCli(['auth', 'doctor'], { env: readOnly }).stdout
    expect(looked).toMatch(/^[^\n]+\n\n! \S+ is on a read-only file system \(F-021\)\n/)
    // No command that must fail is offered: those that are printed act on other homes, or explain.
    const acting = /^ *(?:SPEC_KITTY_HOME=\S+ )?spec-kitty (?!explain ).*/gm
    for (const command of looked.match(acting) ?? [])
      expect(command).not.toMatch(new RegExp(`^ *(?:SPEC_KITTY_HOME=${fleet.roots.readOnly} )?spec-kitty`))
    expect(looked).toContain(' proven stale')
    expect(looked).not.toContain('can be ended')
    const plan = runCli(['auth', 'doctor', '--reset', '--dry-run'], { env: readOnly }).stdout
    expect(plan).toMatch(/\nNothing of this can be done now: \S+ is on a read-only file system \(F-021\)\n$/)
    expect(lives(pidAt(9443))).toBe(true)
  })
})

describe('auth doctor --reset', () => {
  /** What the clean-up has said: two tests read it. */
  let cleaned: Ran

  beforeAll(async () => {
    const pid = await fleet.renewYoung()
    born.set(pid, startTicksOf(pid) ?? 'gone')
  })

  it('plans with --dry-run and does nothing', () => {
    const { document } = patiently()
    const safe = fleet.members.filter(({ expected }) => expected[0] === 'safe_auto')
    const ports = (rows: readonly { port: number }[]) => rows.map(({ port }) => port).toSorted()
    expect(ports(document.reset_result.would_sweep)).toEqual(ports(safe))
    expect(document.reset_result).toMatchObject({ swept: [], failed: [], dry_run: true })
    for (const { pid } of fleet.members) expect(lives(pid)).toBe(true)
  })

  it('cleans one port with --port', () => {
    const { document } = runJson(['auth', 'doctor', '--reset', '--port', '9406'], { env })
    expect(document.reset_result.swept).toMatchObject([{ port: 9406, cleanup_path: 'terminate' }])
    expect(document.reset_result.skipped).toEqual([])
    expectTrue(document.reset_result)
  })

  it('ends exactly what is provably stale, and reports what the machine then looks like', () => {
    cleaned = runCli(['auth', 'doctor', '--reset', '--json'], { env })
    const { status } = cleaned
    const document = JSON.parse(cleaned.stdout)
    expectTrue(document.reset_result)
    const gone = fleet.members.filter(({ pid }) => !lives(pid)).map(({ port }) => port)
    const safe = fleet.members.filter(({ expected }) => expected[0] === 'safe_auto').map(({ port }) => port)
    expect(gone).toEqual(safe)
    expect(document.reset_result.failed).toEqual([])
    expect(status).toBe(0)
    expect(document.orphans.filter((row: Row) => row.cleanup_class === 'safe_auto')).toEqual([])
    const pathOf = (port: number) =>
      document.reset_result.swept.find((row: Row) => row.port === port)?.cleanup_path
    expect([pathOf(9401), pathOf(9430), pathOf(9431)]).toEqual(['terminate', 'kill', 'kill'])
  })

  it.runIf(spawnSync('jq', ['--version']).status === 0)(
    'answers the documented jq line for the result',
    () => {
      const jq = spawnSync('jq', ['.reset_result'], { input: cleaned.stdout, encoding: 'utf8' })
      expect(JSON.parse(jq.stdout)).toEqual(JSON.parse(cleaned.stdout).reset_result)
      expect(JSON.parse(jq.stdout)).toMatchObject({ failed: [], dry_run: false })
    },
  )

  it('waits for the life-cycle lock, says who holds it, and gives up with 75', async () => {
    const { status, stderr, stdout, waited } = await refused.ended
    expect([status, stdout]).toEqual([75, ''])
    const lockFile = join(fleet.roots.home, 'daemons/sync/lifecycle.lock')
    expect(waited.length).toBeGreaterThan(0)
    for (const line of waited) expect(line).toContain(`waiting for the lock ${lockFile}`)
    expect(lineOf(stderr)).toEqual([expect.stringContaining(`process ${refused.holder}`)])
    expect(lives(pidAt(9410))).toBe(true)
  })

  it('cleans the stale daemon of a root whose record names an innocent process, and spares that process', () => {
    const { document } = runJson(['auth', 'doctor', '--reset', '--force', '--port', '9437'], {
      env: { SPEC_KITTY_HOME: fleet.roots.innocent },
    })
    expect(rowAt(document.reset_result.swept, 9437)).toMatchObject({ cleanup_path: 'terminate' })
    expect(lives(fleet.innocent)).toBe(true)
  })
})

describe.runIf(spawnSync('script', ['--version']).status === 0)('the prompt on a terminal', () => {
  /** Runs on a pseudo-terminal of 80 columns and types once the question stands there. */
  async function onTerminal(
    keys: string,
    more: Readonly<Record<string, string>> = {},
    port: number | null = 9407,
  ): Promise<{ status: number | null; screen: string }> {
    const named = port === null ? '' : ` --port ${port}`
    const command = `stty cols 80; exec '${process.execPath}' '${CLI}' auth doctor --reset${named}`
    const terminal = spawn('script', ['-qfec', command, '/dev/null'], {
      env: smallEnvironment({ ...env, ...more }),
      stdio: 'pipe',
    })
    let screen = ''
    let unsent = keys
    terminal.stdout.on('data', (chunk: Buffer) => {
      screen += chunk.toString()
      if (screen.includes('[y/N]') && unsent !== '') {
        terminal.stdin.write(unsent)
        unsent = ''
      }
    })
    const [status] = (await once(terminal, 'exit')) as [number | null]
    return { status, screen }
  }

  const plain = (screen: string): string => screen.replaceAll(/\u001b\[[\d;]*[A-Za-z]/g, '')

  // Every answer that counts as no is in the tests of the prompt.
  it('leaves what needs a decision on n and on Ctrl+C (130)', async () => {
    expect(await onTerminal('n\r')).toMatchObject({ status: 0 })
    const interrupted = await onTerminal('\u0003')
    expect([interrupted.status, interrupted.screen]).toEqual([
      130,
      expect.stringContaining('spec-kitty: interrupted; nothing was ended'),
    ])
    expect(lives(pidAt(9407))).toBe(true)
  })

  it('says what is of another home', async () => {
    expect(plain((await onTerminal('n\r', {}, 9409)).screen)).toContain(
      'This one needs a decision (operator_required) and is of another home:',
    )
    expect(plain((await onTerminal('n\r')).screen)).toContain(
      'This one needs a decision (operator_required):',
    )
    expect(lives(pidAt(9409))).toBe(true)
  })

  it('is not asked in CI, with SPEC_KITTY_NON_INTERACTIVE, and in a pipe', async () => {
    for (const more of [{ CI: 'true' }, { SPEC_KITTY_NON_INTERACTIVE: '1' }]) {
      const { screen } = await onTerminal('', more)
      expect([screen.includes('9407'), screen.includes('[y/N]')]).toEqual([true, false])
    }
    const { stdout, stderr } = runCli(['auth', 'doctor', '--reset', '--port', '9407'], { env })
    expect(stdout + stderr).not.toContain('[y/N]')
    expect(lives(pidAt(9407))).toBe(true)
  })

  it('asks once about several: names each, as many as finding F-002 counts, and how to decide about one', async () => {
    const { findings } = runJson(PATIENT, { env }).document
    const orphans = findings.find(({ id }: { id: string }) => id === 'F-002')
    const { screen } = await onTerminal('n\r', {}, null)
    const said = plain(screen)
    const [, count] = /These (\d+) need a decision/.exec(said) ?? []
    const [, starting = 0] = /, (\d+) of\s+them may still be starting/.exec(said) ?? []
    expect(orphans.summary).toContain(`${Number(count) - Number(starting)} need a decision`)
    const ports = [9407, 9409, 9412, 9413, 9414, 9415, 9416, 9417]
    // Those that are alike share a line with all their ports.
    const each = said.replaceAll(/\b(94\d\d)-(94\d\d)\b/g, (_, from: string, to: string) =>
      Array.from({ length: Number(to) - Number(from) + 1 }, (__, index) => Number(from) + index).join(' '),
    )
    for (const port of ports) expect(each).toMatch(new RegExp(`^ {2}.*\\b${port}\\b`, 'm'))
    // The command to look first shows as many as fit into its line, and the next one the others.
    const [, shown = ''] = /ps -ww -p ([\d,]+) -o pid,stat,/.exec(said.replaceAll(/\s+/g, ' ')) ?? []
    const [, more = '0'] =
      /^And (\d+) more, each with its process:\s+(?:SPEC_KITTY_HOME=\S+ )?spec-kitty auth doctor --verbose$/m.exec(
        said,
      ) ?? []
    const looked = shown.split(',').map(Number)
    expect(looked.every((pid) => fleet.members.some((one) => one.pid === pid))).toBe(true)
    expect(looked.length + Number(more)).toBe(Number(count))
    expect(said.replaceAll(/\s+/g, ' ')).toMatch(
      /To decide about one alone, answer n, then one of these:(?: (?:SPEC_KITTY_HOME=\S+ )?spec-kitty auth doctor --reset(?: --force --port \d+)?){3} And \d+ more such commands?: /,
    )
    expect(said).not.toMatch(/\bPORT\b/)
    // What was not yet old enough when the tests began may be proven stale by now: then n ends that.
    const answers =
      /(?:^n ends only .* y\s+these too;\s+Ctrl\+C ends nothing\.|^y ends these; n and Ctrl\+C end nothing\.)$/m
    const [told = ''] = answers.exec(said) ?? []
    const question = told.startsWith('n') ? 'Also end' : 'End'
    expect([told === '', said.match(/\w[\w ]* these \d+\? \[y\/N\]/g)]).toEqual([
      false,
      [`${question} these ${count}? [y/N]`],
    ])
    expect(ports.filter((port) => !lives(pidAt(port)))).toEqual([])
  })

  it('ends it on y, and the verdict is the last line', async () => {
    const { pid } = fleet.members.find(({ port }) => port === 9407) ?? { pid: 0 }
    const { status, screen } = await onTerminal('y\r')
    expect([status, lives(pidAt(9407))]).toEqual([0, false])
    const named = plain(screen.slice(0, screen.indexOf('[y/N]'))).match(/^ {2}port .*/gm)
    expect(named).toEqual([
      expect.stringContaining(`port 9407 (process ${pid}, version 3.2.4): its command line`),
    ])
    const text = plain(screen).replaceAll(/\s+/g, ' ')
    expect(text).toContain('another home may be using it')
    expect(text).toContain(
      `(process ${pid}, version 3.2.4, SIGTERM): because you answered y; its command line`,
    )
    const lines = plain(screen).split(/\r?\n/)
    expect(lines.findLast((line) => line !== '')).toMatch(/^(?:No problems found\.|\d+ problems?[.,])/)
  })
})

describe('auth doctor --reset --force', () => {
  it('ends what has a proven spawn shape, spares live daemons of other roots and other users, and says so', () => {
    const { document, status } = runJson(['auth', 'doctor', '--reset', '--force'], { env, ...withoutKill() })
    const { swept, skipped, failed } = document.reset_result
    expectTrue(document.reset_result)
    expect(skipped.map((row: Row) => row.port).toSorted()).toEqual(
      fleet.skipped.length > 0 ? SPARED : [...SPARED, 9411].toSorted(),
    )
    expect(
      failed.map((row: { port: number; failure_reason: string }) => [row.port, row.failure_reason]),
    ).toEqual(fleet.skipped.length > 0 ? [] : [[9433, 'permission_denied']])
    expect(status).toBe(fleet.skipped.length > 0 ? 0 : 1)
    const six = [9412, 9413, 9414, 9415, 9416, 9417]
    expect(six.map((port) => rowAt(swept, port)?.rule ?? lives(pidAt(port)))).toEqual(six.map(() => false))
  })

  it('never touched what is not ours, what lies outside the range, and the innocent', () => {
    const spared = fleet.members.filter(({ expected }) => expected[0] === 'never_touch')
    for (const { pid, port } of [...spared, ...fleet.outside])
      expect([port, lives(pid)]).toEqual([port, true])
    expect(lives(fleet.innocent)).toBe(true)
  })

  it('ends a wedged recorded daemon by the command that the finding names', () => {
    const wedged = { SPEC_KITTY_HOME: fleet.roots.wedged }
    const { findings } = runJson(['auth', 'doctor'], { env: wedged }).document
    const finding = findings.find((one: { id: string }) => one.id === 'F-005')
    expect(finding).toMatchObject({ severity: 'critical' })
    const words: string[] = finding.remediation.command.split(' ').slice(1)
    expect(words).toEqual(['sync', 'stop'])
    const { document, status } = runJson(words, { env: wedged })
    expect([status, document]).toMatchObject([0, { outcome: 'stopped', pid: pidAt(9436), port: 9436 }])
    expect(lives(pidAt(9436))).toBe(false)
  })
})

/** Live singletons of other roots, and one whose record there cannot be read: force does not end them. */
const SPARED = [9408, 9435, 9436, 9441]

function pidAt(port: number): number {
  return fleet.members.find((member) => member.port === port)?.pid ?? 0
}

function withoutKill(): { prefix?: readonly string[] } {
  return fleet.skipped.length > 0 ? {} : { prefix: ['setpriv', '--bounding-set=-kill', '--inh-caps=-kill'] }
}
