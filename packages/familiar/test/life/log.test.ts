import { execFileSync, spawnSync } from 'node:child_process'
import {
  appendFileSync,
  closeSync,
  constants,
  existsSync,
  lstatSync,
  mkdirSync,
  openSync,
  readFileSync,
  readSync,
  renameSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { dirname, join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { endOfLog, openLogFile, placeInLog, type LogPlace } from '../../src/act/open-log-file.js'
import type { JsonObject } from '../../src/json.js'
import { openLog } from '../../src/daemon/log.js'
import { fixture, leaveNoDaemons, logOf, QUICK, starterOf, type Options } from '../helpers/daemons.js'
import { makeHome } from '../helpers/homes.js'
import { portsOf } from '../helpers/ports.js'
import { daemonsOf } from '../helpers/processes.js'
import { skipAloud } from '../helpers/skip.js'

/** Any kind of file may be in the place of the log: it is not waited for, not followed, not written to. */
const ports = portsOf('life/log')

leaveNoDaemons(ports)

const MINE = 'mine\n'

type Put = (path: string, mine: string) => void

const PLACES: readonly (readonly [what: string, Put])[] = [
  ['a FIFO', (path) => execFileSync('mkfifo', [path])],
  ['a link to a file', (path, mine) => symlinkSync(mine, path)],
  ['a link to nothing', (path) => symlinkSync(join(dirname(path), 'missing'), path)],
  ['a link to a device', (path) => symlinkSync('/dev/zero', path)],
  ['a directory', (path) => mkdirSync(path)],
]

/** A path with this in its place. */
function put(place: Put, path: string): string {
  const mine = join(makeHome(), 'mine')
  writeFileSync(mine, MINE)
  mkdirSync(dirname(path), { recursive: true })
  place(path, mine)
  return mine
}

/** Starts a daemon by a process of its own, which is killed when it hangs. */
function start(root: string, options: Options = {}) {
  const args = ['-s', 'KILL', '25', process.execPath, ...starterOf(root, ports, options)]
  const env = { PATH: process.env['PATH'], TIMING: JSON.stringify(QUICK) }
  const { status, stdout } = spawnSync('timeout', args, { encoding: 'utf8', env })
  return { status, said: JSON.parse(stdout === '' ? '{}' : stdout) as Record<string, unknown> }
}

describe('in the place of its log', () => {
  it.for(PLACES)('%s keeps no daemon from starting, and stays as it is', ([, place]) => {
    const root = join(makeHome(), 'root')
    const mine = put(place, logOf(root))
    const before = lstatSync(logOf(root))
    expect(start(root)).toMatchObject({ status: 0, said: { started: 'first_start' } })
    expect(daemonsOf(root)).toHaveLength(1)
    const { ino, size, mode } = lstatSync(logOf(root))
    expect([ino, size, mode]).toEqual([before.ino, before.size, before.mode])
    expect([readFileSync(mine, 'utf8'), existsSync(join(dirname(logOf(root)), 'missing'))]).toEqual([
      MINE,
      false,
    ])
  })

  it.for(PLACES)('%s does not keep a failed start from being reported', ([, place]) => {
    const root = join(makeHome(), 'root')
    put(place, logOf(root))
    const { status, said } = start(root, { entry: fixture('failing'), args: ['--how=throws'] })
    expect([status, said['code']]).toEqual([1, 'E_DAEMON_START_FAILED'])
  })

  it('a device is not written to', (context) => {
    const path = join(makeHome(), 'daemon.log')
    if (spawnSync('mknod', [path, 'c', '1', '7']).status !== 0) skipAloud(context, 'mknod needs privileges')
    openLog(path).write('event')
    expect([endOfLog(path, 10), lstatSync(path).isCharacterDevice()]).toEqual(['', true])
  })

  it('a FIFO that is being read gets nothing', () => {
    const path = join(makeHome(), 'daemon.log')
    execFileSync('mkfifo', [path])
    const reader = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK)
    openLog(path).write('event')
    expect(readSync(reader, Buffer.alloc(10))).toBe(0)
    closeSync(reader)
  })
})

describe('the end of a log since a place', () => {
  function placeIn(path: string): LogPlace {
    const descriptor = openLogFile(path) ?? 0
    const place = placeInLog(descriptor)
    closeSync(descriptor)
    return place
  }

  it('is what was written after it, cut at its begin', () => {
    const path = join(makeHome(), 'daemon.log')
    writeFileSync(path, 'before\n')
    const place = placeIn(path)
    expect(endOfLog(path, 100, place)).toBe('')
    appendFileSync(path, 'after\n')
    expect([endOfLog(path, 100, place), endOfLog(path, 3, place)]).toEqual(['after\n', 'er\n'])
    expect(endOfLog(path, 100)).toBe('before\nafter\n')
  })

  it('is the whole of a log that was rotated meanwhile, or cut', () => {
    const path = join(makeHome(), 'daemon.log')
    writeFileSync(path, 'before\n')
    const place = placeIn(path)
    writeFileSync(path, 'x')
    expect(endOfLog(path, 100, place)).toBe('x')
    renameSync(path, `${path}.1`)
    writeFileSync(path, 'a longer line than before\n')
    expect(endOfLog(path, 100, place)).toBe('a longer line than before\n')
  })
})

describe('a line of the log', () => {
  it('begins a line of its own also behind one that was cut short', () => {
    const path = join(makeHome(), 'daemon.log')
    writeFileSync(path, '{"event":"whole"}\n{"event":"cut sh')
    const log = openLog(path)
    log.write('first')
    log.write('second')
    const lines = readFileSync(path, 'utf8').split('\n')
    expect(lines.slice(0, 2)).toEqual(['{"event":"whole"}', '{"event":"cut sh'])
    expect(lines.slice(2, -1).map((line) => (JSON.parse(line) as { event: string }).event)).toEqual([
      'first',
      'second',
    ])
    expect(lines.at(-1)).toBe('')
  })
})

describe('an entry of the log', () => {
  function entryOf(more: unknown, event = 'event'): Record<string, unknown> {
    const path = join(makeHome(), 'daemon.log')
    openLog(path).write(event, more as JsonObject)
    const [line = '', ...others] = readFileSync(path, 'utf8').split('\n')
    expect(others).toEqual([''])
    return JSON.parse(line) as Record<string, unknown>
  }

  it('has the time and the event of the library, whatever the caller adds', () => {
    const { at, event, more } = entryOf({ at: 'never', event: 'other', more: 1 })
    expect([Number.isNaN(Date.parse(String(at))), event, more]).toEqual([false, 'event', 1])
  })

  it('has the errors in it, with their causes', () => {
    const error = Object.assign(new TypeError('boom', { cause: new Error('first') }), { code: 'E_X' })
    expect(entryOf({ error })).toMatchObject({
      error: {
        name: 'TypeError',
        message: 'boom',
        code: 'E_X',
        stack: expect.any(String),
        cause: { message: 'first' },
      },
    })
    expect(entryOf(error)).toMatchObject({ event: 'event', code: 'E_X' })
  })

  it.each<readonly [string, unknown, object]>([
    ['a large integer', { n: 1n }, { n: '1' }],
    ['a text', 'text', { value: 'text' }],
    ['null', null, { value: null }],
    ['a list', [1], { value: [1] }],
  ])('is written with %s', (_, more, entry) => {
    expect(entryOf(more)).toMatchObject(entry)
  })

  it.each<readonly [string, () => unknown]>([
    [
      'a cycle',
      () => {
        const one: Record<string, unknown> = { two: 2 }
        return Object.assign(one, { one })
      },
    ],
    [
      'a value that does not become JSON',
      () => ({
        two: 2,
        one: {
          toJSON: () => {
            throw new Error('no\nJSON')
          },
        },
      }),
    ],
  ])('says so where JSON cannot express %s', (_, make) => {
    const entry = entryOf(make())
    expect(entry).toMatchObject({ event: 'event', not_written: expect.any(String) })
    expect(entry['names']).toEqual(['two', 'one'])
  })
})

describe('a log that has grown', () => {
  const FULL = `${'x'.repeat(1023)}\n`.repeat(1024)

  it('keeps its file, so that what stderr says is never lost, and moves its content', () => {
    const path = join(makeHome(), 'daemon.log')
    const stderr = openSync(path, 'a', 0o600)
    const log = openLog(path)
    for (const last of ['first', 'second', 'third']) {
      writeFileSync(stderr, `${FULL}${last}\n`)
      log.write('own')
    }
    writeFileSync(stderr, 'a crash\n')
    closeSync(stderr)
    expect(readFileSync(path, 'utf8')).toMatch(/^\{[^\n]*"own"\}\na crash\n$/)
    expect(readFileSync(`${path}.1`, 'utf8')).toMatch(/^\{[^\n]*"own"\}\n(?:x+\n)+third\n$/)
    expect(readFileSync(`${path}.2`, 'utf8')).toMatch(/^\{[^\n]*"own"\}\n(?:x+\n)+second\n$/)
    expect(lstatSync(`${path}.1`).mode & 0o777).toBe(0o600)
  })

  it('is limited, whatever stderr has written', () => {
    const path = join(makeHome(), 'daemon.log')
    writeFileSync(path, `${FULL.repeat(60)}the end\n`)
    openLog(path).limit()
    const copy = readFileSync(`${path}.1`, 'utf8')
    expect([lstatSync(path).size, copy.length <= 2 * FULL.length]).toEqual([0, true])
    expect(copy).toMatch(/^x{1023}\n[^]*\nthe end\n$/)
  })

  it('goes on where its older file cannot be replaced', () => {
    const path = join(makeHome(), 'daemon.log')
    writeFileSync(path, FULL)
    for (const name of ['.1', '.2']) mkdirSync(join(`${path}${name}`, 'mine'), { recursive: true })
    openLog(path).write('own')
    expect(readFileSync(path, 'utf8')).toMatch(/"own"\}\n$/)
  })
})
