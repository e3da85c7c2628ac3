import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { AT_ONCE_MS, smallEnvironment } from '../helpers/cli.js'
import { startTicksOf } from '../helpers/machine.js'
import { lineOf, lives, makeRoot, signal, until, type Daemon, type SyncRoot, findingOf } from './sync-root.js'
import { makeShell } from './sync-shell.js'

/** The doctor before our own daemon: live, with a damaged record, wedged, and while it never listens. */
let root: SyncRoot

const NAME = "it's a root"
const HOSTED = { env: { SPEC_KITTY_ENABLE_SAAS_SYNC: '1' } }

/** Ways to damage the record; `isThere` is what should lie beside it afterwards. */
const DAMAGES: Readonly<Record<string, (record: string) => void>> = {
  deleted: (record) => rmSync(record, { recursive: true, force: true }),
  empty: (record) => writeFileSync(record, ''),
  garbage: (record) => writeFileSync(record, '{"schema": 1, "fam'),
  'a directory': (record) => {
    mkdirSync(`${record}.made`)
    replaceBy(`${record}.made`, record)
  },
}

/** The daemon writes a record that it misses, perhaps just after it was removed: then that one is removed too. */
function replaceBy(made: string, record: string): void {
  rmSync(record, { recursive: true, force: true })
  try {
    renameSync(made, record)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOTDIR') throw error
    replaceBy(made, record)
  }
}

const RESETS = [
  ['auth', 'doctor', '--reset'],
  ['auth', 'doctor', '--reset', '--force'],
] as const

/** Every command that the document tells the operator to run. */
function remediesOf(document: any): readonly string[] {
  const told = [
    ...document.findings.map((one: any) => one.remediation?.command),
    ...document.orphans.flatMap((one: any) => one.remedy.commands),
  ]
  return [...new Set(told.filter((one) => typeof one === 'string'))] as string[]
}

describe('a live daemon of ours', () => {
  let daemon: Daemon

  beforeAll(() => {
    root = makeRoot(NAME)
    daemon = root.start()
  })

  afterAll(() => root.end())

  it('is the live singleton (S5), and every reset leaves it', () => {
    for (const reset of RESETS) {
      const { document, status } = root.json(reset)
      expect(document.candidates).toMatchObject([
        {
          pid: daemon.pid,
          port: daemon.port,
          rule: 'S5',
          cleanup_class: 'never_touch',
          skip_reason: 'is_recorded_singleton',
        },
      ])
      expect([status, document.orphans, document.daemon.active]).toEqual([0, [], true])
      expect(document.reset_result).toMatchObject({ swept: [], failed: [] })
    }
    expect(lives(daemon)).toBe(true)
  })

  it.each(Object.keys(DAMAGES))(
    'survives every reset with its record %s, and is found by the next command',
    (how) => {
      const damaged = (args: readonly string[]) => {
        DAMAGES[how]?.(root.file('record.json'))
        return root.json(args)
      }
      for (const reset of RESETS) {
        const { document, status } = damaged(reset)
        expect([status, document.reset_result.swept, document.daemon?.pid]).toEqual([0, [], daemon.pid])
      }
      expect(damaged(['sync', 'start']).document).toMatchObject({ outcome: 'found', pid: daemon.pid })
      expect(lives(daemon)).toBe(true)
    },
  )

  it('survives while somebody deletes its record again and again, and then writes it', async () => {
    // It ends by itself, because killing it may leave its last `rm` behind.
    const going = join(root.base, 'going')
    writeFileSync(going, '')
    const loop = 'while [ -e "$1" ]; do rm -f "$0"; sleep 0.01; done'
    const vandal = spawn('sh', ['-c', loop, root.file('record.json'), going])
    try {
      for (const reset of RESETS) expect(root.json(reset).document.reset_result.swept).toEqual([])
    } finally {
      rmSync(going)
      await once(vandal, 'exit')
    }
    expect(await until(() => root.remember()?.pid === daemon.pid)).toBe(true)
    expect(root.json(['sync', 'status']).document).toMatchObject({ state: 'running', pid: daemon.pid })
  })
})

/** What ends the daemon of this root, of any version, also one that does not answer. */
const REMEDY = 'spec-kitty sync stop'

/** The tests run in order: look, try what does not end it, end it by its remedy, and so with the next one. */
describe('a wedged daemon of ours', () => {
  let daemon: Daemon

  const wedge = (): void => {
    daemon = root.start()
    signal(daemon, 'SIGSTOP')
  }

  beforeAll(() => {
    root = makeRoot(NAME)
    wedge()
  })

  afterAll(() => root.end())

  it('is not ended by a reset without force', () => {
    const { document, status } = root.json(['auth', 'doctor', '--reset'])
    expect([status, lives(daemon)]).toEqual([1, true])
    expect(document.reset_result.skipped).toMatchObject([{ pid: daemon.pid, skip_reason: 'unresponsive' }])
  })

  it('is named with its remedy by every command, in bounded time, and ended by none that was not told to', () => {
    const shown = root.run(['sync', 'status'])
    expect([shown.status, shown.ms < AT_ONCE_MS]).toEqual([1, true])
    expect(shown.stdout).toContain(`process ${daemon.pid}, port ${daemon.port}, does not answer: ${REMEDY}\n`)
    expect(root.json(['sync', 'status']).document).toMatchObject({ state: 'wedged', pid: daemon.pid })
    const { document, status, stderr, ms } = root.json(['sync', 'start'])
    expect([status, ms < AT_ONCE_MS, document.error.code, document.error.remediation]).toEqual([
      1,
      true,
      'E_DAEMON_UNRESPONSIVE',
      REMEDY,
    ])
    expect(lineOf(stderr)).toEqual([expect.stringContaining(`(${REMEDY})`)])
    expect(stderr).toContain(`process ${daemon.pid}, port ${daemon.port}`)
    expect(stderr).toContain(root.file('daemon.log'))
    expect(lives(daemon)).toBe(true)
  })

  it('is a critical finding with the command that ends it, and that command ends it as it is written', () => {
    const { document, status, ms } = root.json(['auth', 'doctor'], HOSTED)
    expect([status, ms < AT_ONCE_MS]).toEqual([1, true])
    expect(document.candidates).toMatchObject([{ pid: daemon.pid, rule: 'S11', skip_reason: 'unresponsive' }])
    const { severity, remediation } = findingOf(document, 'F-005')
    expect([severity, remediation.command]).toEqual(['critical', REMEDY])
    expect(document.daemon).toMatchObject({ active: false, state: 'wedged', pid: daemon.pid })
    expect(findingOf(document, 'F-002')).toBe(undefined)
    expect(document.orphans[0].remedy.commands).toEqual([remediation.command])
    const ran = makeShell(root)(remediation.command)
    expect([ran.status, lineOf(ran.stderr), lives(daemon)]).toEqual([0, [], false])
    expect(ran.stdout).toBe(`stopped the sync daemon (process ${daemon.pid}, port ${daemon.port}, SIGKILL)\n`)
    // So is every other remedy a command that exists.
    const others = remediesOf(document).filter((command) => command !== REMEDY)
    expect(others.length).toBeGreaterThan(0)
    for (const other of others) {
      const { status: exit, stderr } = makeShell(root)(other)
      expect([other, [0, 1].includes(exit ?? -1), lineOf(stderr)]).toEqual([other, true, []])
    }
  })

  it('is still found by its lock where the record is damaged, and ended by the remedy', () => {
    wedge()
    writeFileSync(root.file('record.json'), 'garbage')
    // No record names it: for its first 30 s it counts as one that is coming up.
    const { document, status } = root.json(['auth', 'doctor'])
    expect([status, document.candidates[0]?.rule, document.daemon.state]).toEqual([0, 'S11', 'starting'])
    const ran = makeShell(root)(document.orphans[0].remedy.commands[0])
    expect([ran.status, lives(daemon)]).toEqual([0, false])
  })

  it('that a reset with force has killed is not told as crashed, and the next start says nothing of it', () => {
    wedge()
    const { document, status } = root.json(['auth', 'doctor', '--reset', '--force'])
    expect([status, lives(daemon), findingOf(document, 'F-015')]).toEqual([0, false, undefined])
    expect(document.reset_result.swept).toMatchObject([{ pid: daemon.pid, port: daemon.port }])
    expect(root.run(['sync', 'status']).stdout).toMatch(/^daemon +not running\n/m)
    expect(root.json(['sync', 'status']).document).toMatchObject({ state: 'stopped', why: 'cleaned_up' })
  })

  it('is replaced by a restart, which stops it first', () => {
    const last = daemon
    wedge()
    expect(daemon.pid).not.toBe(last.pid)
    const kept = readdirSync(root.file('.')).filter((name) => name.startsWith('record.json.corrupt-'))
    expect(kept).toHaveLength(1)
    const { document, status } = root.json(['sync', 'restart'])
    expect([status, document.outcome, document.pid === daemon.pid]).toEqual([0, 'started', false])
    expect(lives(daemon)).toBe(false)
  })
})

describe('a holder of the daemon lock that does not listen', () => {
  const MAIN = fileURLToPath(new URL('../fixtures/processes/spec-kitty-daemon.js', import.meta.url))
  let holder: ChildProcess
  let proven: Pick<Daemon, 'pid' | 'ticks'>

  beforeEach(async () => {
    root = makeRoot(NAME)
    holder = spawn(process.execPath, [MAIN, 'sync', `--spec-kitty-daemon-root=${root.path}`], {
      env: smallEnvironment(),
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    await once(holder.stdout ?? holder, 'data')
    proven = { pid: holder.pid ?? 0, ticks: startTicksOf(holder.pid ?? 0) ?? 'gone' }
  })

  afterEach(async () => {
    holder.kill('SIGKILL')
    await root.end()
  })

  it('is shown without a port (S11), keeps a second daemon from starting, and goes by the remedy', () => {
    const { document, status } = root.json(['auth', 'doctor'])
    expect([status, document.daemon]).toMatchObject([
      0,
      { active: false, state: 'starting', pid: proven.pid },
    ])
    expect(document.candidates).toMatchObject([
      {
        pid: proven.pid,
        port: null,
        rule: 'S11',
        cleanup_class: 'operator_required',
        remedy: { commands: [REMEDY] },
      },
    ])
    const started = root.run(['sync', 'start'])
    expect([started.status, started.ms < AT_ONCE_MS, lives(proven)]).toEqual([1, true, true])
    expect(lineOf(started.stderr)).toEqual([expect.stringContaining(`process ${proven.pid}`)])
    expect(started.stderr).toContain(`(${REMEDY})`)
    const ran = makeShell(root)(`${REMEDY} --json`)
    expect(JSON.parse(ran.stdout)).toMatchObject({ outcome: 'stopped', pid: proven.pid, port: null })
    expect([ran.status, lives(proven)]).toEqual([0, false])
    expect(lives(root.start())).toBe(true)
  })
})
