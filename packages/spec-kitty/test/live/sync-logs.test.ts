import { appendFileSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { CLI, smallEnvironment, startCli } from '../helpers/cli.js'
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

  it('is one document of objects with --json; a line that is no entry has its text', () => {
    writeLog('one', '{"at":"2026-11-26T10:00:00.000Z","event":"started"}', '42')
    const { document } = root.json(['sync', 'logs', '-n', '2'])
    const lines = [{ at: '2026-11-26T10:00:00.000Z', event: 'started' }, { text: '42' }]
    expect(document).toEqual({ schema_version: 3, log: root.file('daemon.log'), lines })
  })

  it('goes on in what the log was renamed to when it had grown, as far as the lines reach back', () => {
    writeLog('five', 'six')
    writeFileSync(`${root.file('daemon.log')}.1`, 'three\nfour\n')
    writeFileSync(`${root.file('daemon.log')}.2`, 'one\ntwo\n')
    expect(root.run(['sync', 'logs', '-n', '3']).stdout).toBe('four\nfive\nsix\n')
    expect(root.run(['sync', 'logs', '-n', '5']).stdout).toBe('two\nthree\nfour\nfive\nsix\n')
    rmSync(`${root.file('daemon.log')}.1`)
    mkdirSync(`${root.file('daemon.log')}.1`)
    const { status, stdout, stderr } = root.run(['sync', 'logs'])
    expect([status, stdout]).toEqual([0, 'one\ntwo\nfive\nsix\n'])
    expect(lineOf(stderr)).toEqual([expect.stringContaining('daemon.log.1: EISDIR')])
  })

  it('begins where --since says, with what Node itself wrote below an entry', () => {
    const line = (minutes: number, event: string): string =>
      JSON.stringify({ at: new Date(Date.now() - minutes * 60_000).toISOString(), event })
    const [old, late, now] = [line(190, 'old'), line(100, 'late'), line(1, 'now')]
    writeLog(late, 'Error', now, 'end')
    writeFileSync(`${root.file('daemon.log')}.1`, `${old}\ntrace\n`)
    const since = (...args: readonly string[]) => root.run(['sync', 'logs', '--since', ...args]).stdout
    expect(since('4h')).toBe(`${old}\ntrace\n${late}\nError\n${now}\nend\n`)
    expect(since('2h')).toBe(`${late}\nError\n${now}\nend\n`)
    expect(since('2h', '-n', '3')).toBe(`Error\n${now}\nend\n`)
    expect(since('30m', '-n', '3')).toBe(`${now}\nend\n`)
    const none = root.run(['sync', 'logs', '--since', '10s'])
    expect([none.status, none.stdout, none.stderr]).toEqual([
      0,
      '',
      expect.stringMatching(/^nothing was logged since /),
    ])
  })

  it('says in one line what a number of lines or a time must be', () => {
    for (const [flag, value] of [
      ['--lines', 'x'],
      ['-n', '-1'],
      ['--lines', '1000000'],
      ['--since', 'soon'],
      ['--since', ''],
    ] as const) {
      const { status, stdout, stderr } = root.run([
        'sync',
        'logs',
        `${flag}${flag === '-n' ? '' : '='}${value}`,
      ])
      expect([flag, value, status, stdout, lineOf(stderr).length]).toEqual([flag, value, 2, '', 1])
      expect(stderr).toContain(flag === '--since' ? '--since needs a time' : `${flag} needs a number from 0`)
    }
  })

  it('is for people on a terminal: local time, event, text', () => {
    writeLog('{"at":"2026-11-26T10:00:00.000Z","event":"start_failed","message":"no port"}', 'odd\u001b[2J')
    const line = `'${process.execPath}' '${CLI}' sync logs`
    const { stdout } = spawnSync('script', ['-qec', line, '/dev/null'], {
      env: smallEnvironment({ ...root.env, TZ: 'Asia/Tokyo', NO_COLOR: '1' }),
      encoding: 'utf8',
    })
    expect(stdout.replaceAll('\r', '')).toBe(
      `2026-11-26 19:00:00 x start_failed      no port\n${' '.repeat(19)} ! odd?[2J\n`,
    )
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
    expect(await until(() => following.shown === 'last\n')).toBe(true)
    appendFileSync(log, 'appended\n')
    expect(await until(() => following.shown.endsWith('appended\n'))).toBe(true)
    appendFileSync(log, 'just before\n')
    renameSync(log, `${log}.1`)
    appendFileSync(log, 'just after\n')
    expect(await until(() => following.shown.endsWith('just after\n'))).toBe(true)
    expect(following.shown).toBe('last\nappended\njust before\njust after\n')
    following.child.kill('SIGINT')
    expect(await following.ended).toEqual([130, null])
  })

  it('is a line of JSON for each entry with --json, also for one that is still without its end', async () => {
    writeLog('one', '{"event":"started"}')
    const following = follow('-n', '2', '--json')
    const first = '{"text":"one"}\n{"event":"started"}\n'
    expect(await until(() => following.shown === first)).toBe(true)
    appendFileSync(root.file('daemon.log'), 'cut')
    expect(await until(() => following.shown === `${first}{"text":"cut"}\n`)).toBe(true)
    following.child.kill('SIGINT')
    await following.ended
  })

  it('waits for a log that is not there yet, and follows a real daemon', async () => {
    const following = follow()
    root.start()
    expect(await until(() => following.shown.includes('"event":"started"'))).toBe(true)
    root.run(['sync', 'stop'])
    expect(await until(() => following.shown.includes('"event":"stopped"'))).toBe(true)
    rmSync(root.path, { recursive: true })
    following.child.kill('SIGINT')
    expect(await following.ended).toEqual([130, null])
  })
})
