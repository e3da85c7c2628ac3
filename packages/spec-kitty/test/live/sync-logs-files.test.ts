import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import {
  appendFileSync,
  closeSync,
  constants,
  ftruncateSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
  writeSync,
} from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { CLI, smallEnvironment } from '../helpers/cli.js'
import { lineOf, makeRoot, skipAloud, until, type SyncRoot } from './sync-root.js'

/** `sync logs` of whatever stands in the place of the log, and to whatever reads it. */
let root: SyncRoot

beforeEach(() => {
  root = makeRoot()
  mkdirSync(root.file('.'), { recursive: true })
})

afterEach(() => root.end())

const PEAK = fileURLToPath(new URL('../fixtures/processes/peak-memory.cjs', import.meta.url))
const LARGE = 400 * 1024 * 1024

/** As much as one line, which is printed whole. */
const LONG = 100 * 1024 * 1024

/** All of Node and our buffers; the line alone, read at once and as a string, would be twice its size more. */
const MAX_PEAK_KIB = 130 * 1024

/** Starts the command with its stdout in a socket, as every child of Node has it; it tells its peak memory at its end. */
function start(...args: readonly string[]) {
  const child = spawn(process.execPath, ['--require', PEAK, CLI, 'sync', 'logs', ...args], {
    env: smallEnvironment(root.env),
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const state = { child, bytes: 0, end: '', stderr: '', ended: once(child, 'close') }
  child.stderr.on('data', (chunk: Buffer) => (state.stderr += chunk.toString()))
  return state
}

/** Reads what it prints, and keeps only the last of it. */
function readAll(running: ReturnType<typeof start>): void {
  running.child.stdout.on('data', (chunk: Buffer) => {
    running.bytes += chunk.length
    running.end = `${running.end}${chunk.toString('latin1')}`.slice(-100)
  })
}

function peakOf(stderr: string): number {
  return Number(/\npeak (\d+)\n/.exec(stderr)?.[1])
}

function commandOf(pid: number | undefined): string {
  return readFileSync(`/proc/${pid}/cmdline`, 'utf8')
}

/** Makes a log of zeros, which costs no disk, with something behind them. */
function writeZeros(end: string): void {
  const descriptor = openSync(root.file('daemon.log'), 'w')
  ftruncateSync(descriptor, LARGE)
  writeSync(descriptor, end, LARGE)
  closeSync(descriptor)
}

/** Makes a log whose first line is long. */
function writeLong(end: string): void {
  const block = Buffer.alloc(1024 * 1024, 'x')
  const descriptor = openSync(root.file('daemon.log'), 'w')
  for (let written = 0; written < LONG; written += block.length) writeSync(descriptor, block)
  writeSync(descriptor, end)
  closeSync(descriptor)
}

describe('the last lines of a large log', () => {
  it('are read from its end', async () => {
    writeZeros('\none\ntwo\nthree\n')
    const running = start('--lines', '3')
    readAll(running)
    expect([await running.ended, running.end]).toEqual([[0, null], 'one\ntwo\nthree\n'])
    const read = Number(/\nread (\d+)\n/.exec(running.stderr)?.[1])
    expect(read).toBeLessThan(LARGE / 20)
    expect(peakOf(running.stderr)).toBeLessThan(MAX_PEAK_KIB)
  })

  it('need no more memory than those of a small one, also where one line is the whole log', async () => {
    writeLong('\nlast\n')
    for (const [args, bytes] of [
      [['--lines', '2'], LONG + 6],
      [['--lines', '1'], 5],
      [['--lines', '2', '--json'], null],
    ] as const) {
      const running = start(...args)
      readAll(running)
      expect(await running.ended).toEqual([0, null])
      if (bytes === null) expect(running.end).toMatch(/x"\},\n {4}\{"text":"last"\}\n {2}\]\n\}\n$/)
      else expect(running.bytes).toBe(bytes)
      expect(peakOf(running.stderr)).toBeLessThan(MAX_PEAK_KIB)
    }
  })

  it('and what is appended to it are followed in portions', async () => {
    writeFileSync(root.file('daemon.log'), 'first\n')
    const running = start('--follow')
    readAll(running)
    expect(await until(() => running.bytes === 6)).toBe(true)
    writeLong('')
    expect(await until(() => running.bytes >= LONG)).toBe(true)
    running.child.kill('SIGINT')
    expect(await running.ended).toEqual([130, null])
    expect(peakOf(running.stderr)).toBeLessThan(MAX_PEAK_KIB)
  })

  it('wait for a slow reader instead of filling the memory', async () => {
    writeLong('\n')
    const running = start('--lines', '1')
    await once(running.child.stdout, 'readable')
    running.child.stdout.destroy()
    expect(await running.ended).toEqual([0, null])
    expect(peakOf(running.stderr)).toBeLessThan(MAX_PEAK_KIB)
  })
})

describe('a log of a TiB, nearly all of it a hole', () => {
  it.for([
    ['--lines', '50'],
    ['--since', '2h'],
    ['--lines', '2', '--since', '2h'],
  ])('is read at its end, and it is said that the rest was not: %j', async (args) => {
    const [log, older] = [root.file('daemon.log'), root.file('daemon.log.1')]
    const at = new Date().toISOString()
    const lines = ['old', 'new'].map((event) => `${JSON.stringify({ at, event })}\n`)
    writeFileSync(log, lines[1] ?? '')
    writeFileSync(older, '')
    truncateSync(older, 2 ** 40)
    appendFileSync(older, `\n${lines[0]}`)
    const running = start(...args)
    readAll(running)
    expect([await running.ended, running.end]).toEqual([[0, null], lines.join('').slice(-100)])
    const note = `spec-kitty: only the last GiB of ${older} was read; older text in it is not shown\n`
    expect(running.stderr.split(note)).toHaveLength(args.includes('2') ? 1 : 2)
    expect(Number(/\nread (\d+)\n/.exec(running.stderr)?.[1])).toBeLessThan(3 * 1024 ** 3)
  })
})

describe('lines', () => {
  it('are what tail makes of them: blank ones, a last one without an end, letters across portions', () => {
    const long = `${'x'.repeat(256 * 1024 - 1)}é${'y'.repeat(300_000)}😀`
    writeFileSync(root.file('daemon.log'), `a\n\n${long}\n\nend`)
    expect(root.run(['sync', 'logs', '--lines', '1']).stdout).toBe('end\n')
    expect(root.run(['sync', 'logs', '--lines', '3']).stdout).toBe(`${long}\n\nend\n`)
    expect(root.run(['sync', 'logs', '--lines', '4']).stdout).toBe(`\n${long}\n\nend\n`)
    expect(root.run(['sync', 'logs']).stdout).toBe(`a\n\n${long}\n\nend\n`)
    const { document } = root.json(['sync', 'logs', '--lines', '4'])
    expect(document.lines).toEqual(['', long, '', 'end'].map((text) => ({ text })))
  })

  it('show what a terminal would obey, and keep tabs; the document has it escaped', () => {
    const line = 'a\tb\u001b[31m\u009b2J\u202e\u2028c\r\u007f'
    writeFileSync(root.file('daemon.log'), `${line}\n`)
    expect(root.run(['sync', 'logs']).stdout).toBe('a\tb?[31m?2J??c??\n')
    const { stdout, document } = root.json(['sync', 'logs'])
    expect(document.lines).toEqual([{ text: line }])
    expect(stdout).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u2028-\u202e]/)
  })
})

describe('what is no log', () => {
  const places: Readonly<Record<string, (path: string) => boolean>> = {
    'a FIFO': (path) => spawnSync('mkfifo', [path]).status === 0,
    'a device': (path) => spawnSync('mknod', [path, 'c', '1', '5']).status === 0,
    'a link to a device': (path) => symlinkSync('/dev/zero', path) === undefined,
    'a link to a file': (path) => symlinkSync('/etc/hostname', path) === undefined,
    'a directory': (path) => mkdirSync(path) === undefined,
  }

  it.for(Object.entries(places))(
    '%s is one clear line, and nothing of it is read',
    ([name, make], context) => {
      const path = root.file('daemon.log')
      if (!make(path)) skipAloud(context, `${name} cannot be made here`)
      for (const args of [[], ['--json'], ['--follow']]) {
        const { status, stdout, stderr } = root.run(['sync', 'logs', ...args])
        expect([args, status, lineOf(stderr)]).toEqual([
          args,
          2,
          [expect.stringContaining(`the log ${path}: `)],
        ])
        expect(stdout === '' || JSON.parse(stdout).error.code === 'E_SCOPE_UNUSABLE').toBe(true)
      }
    },
  )

  it('is one clear line too where it comes while the log is followed', async () => {
    writeFileSync(root.file('daemon.log'), 'first\n')
    const running = start('--follow')
    readAll(running)
    expect(await until(() => running.bytes === 6)).toBe(true)
    renameSync(root.file('daemon.log'), root.file('daemon.log.1'))
    symlinkSync('/dev/zero', root.file('daemon.log'))
    expect(await running.ended).toEqual([2, null])
    expect([running.bytes, lineOf(running.stderr)]).toEqual([6, [expect.stringContaining('the log ')]])
  })
})

describe('a reader that had enough', () => {
  /** Ends when both ends of the pipe do. */
  const pipeTo = (reader: string) =>
    spawnSync(
      'bash',
      ['-c', `"$0" "$1" sync logs --follow | ${reader}; echo "\${PIPESTATUS[0]}"`, process.execPath, CLI],
      {
        env: smallEnvironment(root.env),
        encoding: 'utf8',
        timeout: 30_000,
        killSignal: 'SIGKILL',
      },
    )

  it('ends a follow, with nothing more to write and with much', () => {
    writeFileSync(root.file('daemon.log'), 'one\n')
    expect(pipeTo('head -1')).toMatchObject({ status: 0, stdout: 'one\n0\n', stderr: '' })
    writeFileSync(root.file('daemon.log'), 'one\n'.repeat(100_000))
    expect(pipeTo('head -1')).toMatchObject({ status: 0, stdout: 'one\n0\n', stderr: '' })
  })

  it('ends it where nothing was written at all, to a named pipe', async () => {
    const fifo = join(root.base, 'fifo')
    expect(spawnSync('mkfifo', [fifo]).status).toBe(0)
    const reader = openSync(fifo, constants.O_RDONLY | constants.O_NONBLOCK)
    const command = `exec "$0" "$1" sync logs --follow > '${fifo}'`
    const child = spawn('sh', ['-c', command, process.execPath, CLI], { env: smallEnvironment(root.env) })
    const ended = once(child, 'exit')
    expect(await until(() => commandOf(child.pid).startsWith(process.execPath))).toBe(true)
    closeSync(reader)
    expect(await ended).toEqual([0, null])
  })

  it('ends it where stdout is a socket that is closed', async () => {
    writeFileSync(root.file('daemon.log'), 'one\n')
    const running = start('--follow')
    await once(running.child.stdout, 'data')
    running.child.stdout.destroy()
    expect(await running.ended).toEqual([0, null])
  })

  it('does not end it as long as it is there', async () => {
    writeFileSync(root.file('daemon.log'), 'one\n')
    const running = start('--follow')
    readAll(running)
    for (const bytes of [4, 8, 12]) {
      expect(await until(() => running.bytes === bytes)).toBe(true)
      appendFileSync(root.file('daemon.log'), 'two\n')
    }
    running.child.kill('SIGINT')
    expect(await running.ended).toEqual([130, null])
  })
})
