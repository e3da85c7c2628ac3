import { appendFileSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { once } from 'node:events'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { startCli } from '../helpers/cli.js'
import { lineOf, makeRoot, until, type SyncRoot } from './sync-root.js'

/** `sync logs`: the last lines, and what is written from then on. */
let root: SyncRoot

beforeEach(() => {
  root = makeRoot()
})

afterEach(() => root.end())

/** Writes a log without a daemon. */
function writeLog(...lines: readonly string[]): void {
  mkdirSync(root.file('.'), { recursive: true })
  writeFileSync(root.file('daemon.log'), lines.map((line) => `${line}\n`).join(''))
}

/** Follows the log; `shown` is what was printed so far. */
function follow(...args: readonly string[]) {
  const child = startCli(['sync', 'logs', '--follow', ...args], root.env)
  const state = { shown: '', child, ended: once(child, 'exit') }
  child.stdout.on('data', (chunk: Buffer) => (state.shown += chunk.toString()))
  child.stderr.on('data', (chunk: Buffer) => (state.shown += chunk.toString()))
  return state
}

describe('sync logs', () => {
  it('prints one JSON object a line: the start with its reason, the stop with its reason', () => {
    const { pid, port } = root.start()
    root.run(['sync', 'stop'])
    const { status, stdout } = root.run(['sync', 'logs'])
    const events = stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line))
    expect(status).toBe(0)
    expect(events[0]).toMatchObject({ event: 'started', reason: 'first_start', version: '4.0.0', pid, port })
    expect(events.at(-1)).toMatchObject({ event: 'stopped', reason: 'operator_stop' })
  })

  it('prints the last lines, as many as asked for', () => {
    writeLog('one', 'two', 'three')
    expect(root.run(['sync', 'logs', '--lines', '2']).stdout).toBe('two\nthree\n')
    expect(root.run(['sync', 'logs', '--lines', '9']).stdout).toBe('one\ntwo\nthree\n')
    expect(root.run(['sync', 'logs', '--lines', '0']).stdout).toBe('')
  })

  it('is one document with --json, which goes with no --follow', () => {
    writeLog('one', 'two')
    const { document } = root.json(['sync', 'logs', '--lines', '1'])
    expect(document).toEqual({ schema_version: 3, log: root.file('daemon.log'), lines: ['two'] })
    expect(root.run(['sync', 'logs', '--json', '--follow']).status).toBe(2)
  })

  it('says that there is no log yet, which is no error', () => {
    const { status, stdout, stderr } = root.run(['sync', 'logs'])
    expect([status, stdout, stderr]).toEqual([0, '', `there is no log yet: ${root.file('daemon.log')}\n`])
  })

  it('says in one line why a log cannot be read', () => {
    mkdirSync(root.file('daemon.log'), { recursive: true })
    const { status, stdout, stderr } = root.run(['sync', 'logs'])
    expect([status, stdout, lineOf(stderr)]).toEqual([2, '', [expect.stringContaining('EISDIR')]])
    expect(stderr).not.toContain('internal error')
  })
})

describe('sync logs --follow', () => {
  it('shows what is appended, loses nothing when the log is rotated, and ends with 130 on Ctrl+C', async () => {
    writeLog('old', 'last')
    const log = root.file('daemon.log')
    const following = follow('--lines', '1')
    expect(await until(() => following.shown === 'last\n', 10_000)).toBe(true)
    appendFileSync(log, 'appended\n')
    expect(await until(() => following.shown.endsWith('appended\n'), 5_000)).toBe(true)
    appendFileSync(log, 'just before\n')
    renameSync(log, `${log}.1`)
    appendFileSync(log, 'just after\n')
    expect(await until(() => following.shown.endsWith('just after\n'), 5_000)).toBe(true)
    expect(following.shown).toBe('last\nappended\njust before\njust after\n')
    following.child.kill('SIGINT')
    expect(await following.ended).toEqual([130, null])
  })

  it('waits for a log that is not there yet, and follows a real daemon', async () => {
    const following = follow()
    root.start()
    expect(await until(() => following.shown.includes('"event":"started"'), 10_000)).toBe(true)
    root.run(['sync', 'stop'])
    expect(await until(() => following.shown.includes('"event":"stopped"'), 5_000)).toBe(true)
    rmSync(root.path, { recursive: true })
    following.child.kill('SIGINT')
    expect(await following.ended).toEqual([130, null])
  })
})
