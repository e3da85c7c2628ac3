import { readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { stopAll, writeSyncRecord } from '../../../../stand-ins/predecessor.mjs'
import { lives, makeRoot, type SyncRoot, findingOf } from './sync-root.js'
import { makeShell } from './sync-shell.js'
import { expectAlive, startPredecessor } from './version-stale.js'

/** The recorded daemon of the predecessor: status, start, stop and doctor say the same of it, also where it is deaf or its record is wrong. */
let root: SyncRoot

beforeEach(() => {
  root = makeRoot()
})

afterEach(async () => {
  await stopAll()
  await root.end()
})

describe('one that does not answer', () => {
  it('(deaf) is wedged, and stop ends it', async () => {
    const old = await startPredecessor(root.path, 9400, { behaviour: 'deaf' })
    const { document } = root.json(['auth', 'doctor'])
    expect(document.daemon).toMatchObject({ state: 'wedged', active: false, pid: old.pid })
    expect(root.json(['sync', 'stop']).document).toMatchObject({ outcome: 'stopped', pid: old.pid })
    expect(lives(old)).toBe(false)
  })

  it('(stopped) is wedged for every command, and stop ends it', async () => {
    const old = await startPredecessor(root.path, 9400)
    old.child.kill('SIGSTOP')
    const shown = root.json(['sync', 'status'])
    expect([shown.status, shown.document]).toMatchObject([
      1,
      { state: 'wedged', is_predecessor: true, pid: old.pid, port: 9400 },
    ])
    expect(root.run(['sync', 'status']).stdout).toMatch(
      /does not answer \(the Python spec-kitty\): spec-kitty sync stop$/m,
    )
    const started = root.json(['sync', 'start'])
    expect([started.status, started.document.error]).toMatchObject([
      1,
      { code: 'E_DAEMON_UNRESPONSIVE', remediation: 'spec-kitty sync stop' },
    ])
    const { document, status } = root.json(['auth', 'doctor'])
    expect([status, document.daemon]).toMatchObject([1, { state: 'wedged', active: false, pid: old.pid }])
    expect(findingOf(document, 'F-005').remediation.command).toBe('spec-kitty sync stop')
    // It is recorded: neither an orphan to be cleaned, nor an unused daemon.
    expect(findingOf(document, 'F-002')).toBe(undefined)
    expect(document.candidates).toMatchObject([
      { rule: 'S11', remedy: { commands: ['spec-kitty sync stop'], safe: false } },
    ])
    expectAlive(old)
    expect(makeShell(root)('spec-kitty sync stop').status).toBe(0)
    expect(lives(old)).toBe(false)
  })
})

describe('one whose record has a wrong number', () => {
  it('a wrong pid is ignored where token and port agree: status, doctor and stop name the real one', async () => {
    const old = await startPredecessor(root.path, 9400, { record: false })
    writeSyncRecord(root.path, { port: 9400, token: old.token, pid: 4_194_303 })
    expect(root.json(['sync', 'status']).document).toMatchObject({
      state: 'running',
      is_predecessor: true,
      pid: old.pid,
    })
    for (const args of [
      ['auth', 'doctor'],
      ['auth', 'doctor', '--reset'],
      ['auth', 'doctor', '--reset', '--force'],
    ]) {
      const { document } = root.json(args)
      expect(document.daemon).toMatchObject({ state: 'running', pid: old.pid })
      expect(document.candidates).toMatchObject([{ pid: old.pid, rule: 'S5', cleanup_class: 'never_touch' }])
      expectAlive(old)
    }
    expect(root.json(['sync', 'stop']).document).toMatchObject({ outcome: 'stopped', pid: old.pid })
    expect(lives(old)).toBe(false)
  })

  it('a wrong port protects the process by its pid: nothing cleans it', async () => {
    const old = await startPredecessor(root.path, 9400, { record: false })
    writeSyncRecord(root.path, { port: 9444, token: old.token, pid: old.pid })
    for (const args of [
      ['auth', 'doctor', '--reset'],
      ['auth', 'doctor', '--reset', '--force'],
    ]) {
      const { document } = root.json(args)
      expect(document.reset_result.swept).toEqual([])
      expect(document.candidates).toMatchObject([{ pid: old.pid, rule: 'S5' }])
      expectAlive(old)
    }
    const status = root.json(['sync', 'status']).document
    expect(status).toMatchObject({
      state: root.json(['auth', 'doctor']).document.daemon.state,
      pid: old.pid,
      port: 9400,
    })
  })
})

describe('one of the time before the marker', () => {
  it('is left alone by a start, which says so once; stop ends it where there is no record of ours', async () => {
    const home = root.beside(join(root.base, 'home', '.spec-kitty'))
    const old = await startPredecessor(home.path, 9400, { version: '3.1.10' })
    expect(home.json(['sync', 'status']).document).toMatchObject({
      state: 'running',
      is_predecessor: true,
      pid: old.pid,
    })
    const record = readFileSync(join(home.path, 'sync-daemon'), 'utf8')
    const started = home.run(['sync', 'start'])
    const said = started.stderr.trimEnd().split('\n')
    expect([started.status, said]).toEqual([0, [expect.stringContaining(`(process ${old.pid}, port 9400)`)]])
    expect(said[0]).toContain('it is left alone')
    const ours = home.remember()
    expect(ours === null ? [] : [lives(ours), lives(old)]).toEqual([true, true])
    expect(home.run(['sync', 'start'])).toMatchObject({ status: 0, stderr: '' })
    const { document } = home.json(['auth', 'doctor'])
    expect(document.daemon).toMatchObject({ pid: ours?.pid, state: 'running' })
    expect(findingOf(document, 'F-011')).toMatchObject({ severity: 'info' })
    expect(findingOf(document, 'F-002')).toBe(undefined)
    expect(home.json(['sync', 'stop']).document).toMatchObject({ outcome: 'stopped', pid: ours?.pid })
    expect(home.json(['sync', 'stop']).document).toMatchObject({ outcome: 'none' })
    expectAlive(old)
    expect(readFileSync(join(home.path, 'sync-daemon'), 'utf8')).toBe(record)
    rmSync(home.file('record.json'))
    expect(home.json(['sync', 'stop']).document).toMatchObject({ outcome: 'stopped', pid: old.pid })
    expect(lives(old)).toBe(false)
  })
})
