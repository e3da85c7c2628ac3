import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { firstOf } from '../../../familiar/test/helpers/counts.js'
import { stopAll, writeSyncRecord } from '../../../../stand-ins/predecessor.mjs'
import { daemonsOf, lives, makeRoot, signal, type SyncRoot, findingOf } from './sync-root.js'
import { makeShell } from './sync-shell.js'
import { startTimed } from './sync-timed.js'
import { expectAlive, startPredecessor, startsIn } from './version-stale.js'

/** The Python spec-kitty as the version before ours: replaced once, and respected where it is still in use. */
let root: SyncRoot

beforeEach(() => {
  root = makeRoot("it's a root")
})

afterEach(async () => {
  await stopAll()
  await root.end()
})

const RESETS = [
  ['auth', 'doctor', '--reset'],
  ['auth', 'doctor', '--reset', '--force'],
] as const

/** The daemon cleans up when a client has connected: with these times soon, and again and again. */
const CLEANING = { tickMs: 100, cleanEveryMs: 100 }

/** Several ticks and looks of such a daemon. */
const CLEAN_MS = 3_000

function findingsIn(document: any): readonly string[] {
  return document.findings.map(({ id }: { id: string }) => id)
}

/** The old record, under whatever name it has now. Beside it stands the predecessor's log. */
function oldRecords(): readonly string[] {
  return readdirSync(root.path).filter((name) => /^sync-daemon(?!\.log$)/.test(name))
}

function textOf(name: string): string {
  return readFileSync(join(root.path, name), 'utf8')
}

describe('the recorded daemon of the predecessor', () => {
  it.each(firstOf(['3.2.3', '3.2.5', '3.2.0', '3.2.4'], 2))(
    '(%s) is replaced by sync start, which says so; its record is kept, and the doctor is content',
    async (version) => {
      const old = await startPredecessor(root.path, 9400, { version })
      const record = textOf('sync-daemon')
      const { status, stdout, stderr } = root.run(['sync', 'start', '--json'])
      expect([status, stderr]).toEqual([0, `spec-kitty: upgraded the sync daemon from ${version} to 4.0.0\n`])
      const document = JSON.parse(stdout)
      expect(document).toMatchObject({
        outcome: 'started',
        start_reason: 'version_mismatch',
        replaced_version: version,
      })
      expect(startsIn(root)).toMatchObject([
        { reason: 'version_mismatch', previous_version: version, version: '4.0.0' },
      ])
      expect([lives(old), daemonsOf(root.path)]).toEqual([false, [document.pid]])
      expect(oldRecords()).toEqual([expect.stringMatching(/^sync-daemon\.replaced-/)])
      expect(textOf(oldRecords()[0] ?? '')).toBe(record.replace(old.token, '<redacted>'))
      const doctor = root.json(['auth', 'doctor'])
      expect([doctor.status, findingsIn(doctor.document), doctor.document.orphans]).toEqual([
        0,
        ['F-001'],
        [],
      ])
      expect(root.run(['sync', 'start'])).toMatchObject({ status: 0, stderr: '' })
    },
  )

  it('whose record has no pid is replaced too', async () => {
    const old = await startPredecessor(root.path, 9400, { record: false })
    writeSyncRecord(root.path, { port: old.port, token: old.token, lines: 3 })
    expect(root.run(['sync', 'start'])).toMatchObject({ status: 0, stderr: expect.stringContaining('3.2.4') })
    expect([lives(old), oldRecords()]).toEqual([false, [expect.stringMatching(/replaced-/)]])
  })

  it('is a finding (F-004), and what the doctor tells to run replaces it', async () => {
    const old = await startPredecessor(root.path, 9400)
    const { document } = root.json(['auth', 'doctor'])
    expect(findingsIn(document)).toEqual(['F-001', 'F-004'])
    const { summary, remediation } = findingOf(document, 'F-004')
    expect(summary).toBe(
      'the sync daemon of the Python spec-kitty is version 3.2.4, protocol 1; this command is version 4.0.0, protocol 2',
    )
    expect(makeShell(root)(remediation.command).status).toBe(0)
    expect([lives(old), findingsIn(root.json(['auth', 'doctor']).document)]).toEqual([false, ['F-001']])
  })

  it('that does not answer is not ended, and named with the command that ends it', async () => {
    const old = await startPredecessor(root.path, 9400)
    old.child.kill('SIGSTOP')
    const started = root.json(['sync', 'start'])
    expect([started.status, started.document.error]).toMatchObject([
      1,
      {
        code: 'E_DAEMON_UNRESPONSIVE',
        remediation: 'spec-kitty sync stop',
      },
    ])
    expectAlive(old)
    expect(oldRecords()).toEqual(['sync-daemon'])
    expect(makeShell(root)(started.document.error.remediation).status).toBe(0)
    expect(lives(old)).toBe(false)
    expect(lives(root.start())).toBe(true)
  })
})

describe('a daemon that the predecessor is just starting', () => {
  it('has no record yet, and is left by a start, a reset, the hook, and the daemon that cleans up', async () => {
    const young = await startPredecessor(root.path, 9400, { record: false })
    expect(root.json(['auth', 'doctor', '--reset']).document.reset_result.skipped).toMatchObject([
      { pid: young.pid, skip_reason: 'starting' },
    ])
    const ours = startTimed(root, CLEANING)
    expect(root.json(['sync', 'start']).document).toMatchObject({ outcome: 'found', pid: ours.pid })
    expect(root.run(['upgrade-hook']).status).toBe(0)
    expect(root.run(['auth', 'doctor', '--reset']).status).toBe(0)
    await sleep(CLEAN_MS)
    expectAlive(young, ours)
    writeSyncRecord(root.path, young)
    const { document } = root.json(['auth', 'doctor'])
    expect([findingsIn(document), document.orphans]).toEqual([['F-001', 'F-011'], []])
    expectAlive(young, ours)
  })
})

describe('a predecessor in daily use beside ours', () => {
  it('is respected by every command and by the daemon, and the doctor says so (F-011)', async () => {
    const first = await startPredecessor(root.path, 9400)
    expect(root.run(['sync', 'start']).status).toBe(0)
    expect(lives(first)).toBe(false)
    expect(root.run(['sync', 'stop']).status).toBe(0)
    const ours = startTimed(root, CLEANING)
    const theirs = await startPredecessor(root.path, 9410)
    const record = textOf('sync-daemon')
    for (const command of [
      ['sync', 'start'],
      ['sync', 'status'],
      ['sync', 'logs'],
      ['upgrade-hook'],
      ...RESETS,
    ]) {
      const { status, stderr } = root.run(command)
      expect([command, status, stderr]).toEqual([command, 0, ''])
      expectAlive(theirs, ours)
    }
    await sleep(CLEAN_MS)
    expectAlive(theirs, ours)
    const { document, status } = root.json(['auth', 'doctor'])
    expect([status, findingsIn(document), document.orphans]).toEqual([0, ['F-001', 'F-011'], []])
    expect(document.daemon).toMatchObject({ pid: ours.pid, package_version: '4.0.0' })
    const { summary } = findingOf(document, 'F-011')
    const left = `it is left alone, because commands of its own version may use it; \`spec-kitty sync stop\` of that version ends it or, if that is not installed any more, \`kill ${theirs.pid}\` (see spec-kitty explain F-011)`
    const at = `(process ${theirs.pid}, port 9410)`
    expect(summary).toBe(
      `the Python spec-kitty 3.2.4, which is not installed any more, keeps a daemon on this home too ${at}; it is left alone; \`kill ${theirs.pid}\` ends it (see spec-kitty explain F-011)`,
    )
    expect(root.json(['sync', 'status']).document.why).toContain(`${at} runs here too; ${left}`)
    expect(root.run(['sync', 'status']).stdout).toContain(`${at}; ${left}`)
    expect(root.run(['sync', 'list']).stderr).toBe(
      '1 more sync daemon, which only an earlier version of spec-kitty uses: see spec-kitty auth doctor\n',
    )
    expect(textOf('sync-daemon')).toBe(record)
  })

  it('stays through a stop, a restart and the death of ours', async () => {
    root.start()
    const theirs = await startPredecessor(root.path, 9410)
    const restarted = root.json(['sync', 'restart'])
    expect(restarted).toMatchObject({ status: 0, stderr: '', document: { outcome: 'started' } })
    expectAlive(theirs)
    const stopped = root.json(['sync', 'stop'])
    expect(stopped.document).toMatchObject({ outcome: 'stopped', pid: restarted.document.pid })
    expect(stopped.stderr).toContain(
      `it is left alone, because commands of its own version may use it; \`spec-kitty sync stop\` of that version ends it or, if that is not installed any more, \`kill ${theirs.pid}\` (see spec-kitty explain F-011)`,
    )
    expectAlive(theirs)
    const { document } = root.json(['auth', 'doctor'])
    expect(findingsIn(document)).toContain('F-011')
    expect(root.run(['upgrade-hook']).status).toBe(0)
    expectAlive(theirs)
    const killed = root.start()
    expectAlive(theirs)
    signal(killed, 'SIGKILL')
    for (const reset of RESETS) expect(root.run(reset).status).toBe(0)
    expect(root.json(['sync', 'start']).document).toMatchObject({
      outcome: 'started',
      start_reason: 'recorded_dead',
      replaced_version: null,
    })
    expectAlive(theirs)
  })
})
