import { createHmac } from 'node:crypto'
import {
  chmodSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  watch,
  type FSWatcher,
} from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { runIn } from '../helpers/dashboards.js'
import { makeRoot, signal, until, type Daemon, type SyncRoot } from './sync-root.js'
import { askHealth } from './sync-wire.js'

/** The token of a daemon stands in its record, which only its user can read, and nowhere else. */
let root: SyncRoot

beforeEach(() => {
  root = makeRoot()
})

afterEach(() => root.end())

/** Every file below a directory. */
function filesBelow(directory: string): readonly string[] {
  return readdirSync(directory, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
}

/** Everything that can be read of a process: its command line and its environment. */
function processText(pid: number): string {
  return ['cmdline', 'environ', 'comm'].map((name) => readFileSync(`/proc/${pid}/${name}`, 'utf8')).join('\n')
}

const COMMANDS = [
  ['sync', 'start'],
  ['sync', 'status'],
  ['auth', 'doctor'],
  ['auth', 'doctor', '--reset'],
  ['auth', 'doctor', '--reset', '--force', '--dry-run'],
] as const

describe('the token', () => {
  it('stands in no command line, environment, reply, log, output or address', async () => {
    const daemon = root.start()
    const record = JSON.parse(readFileSync(root.file('record.json'), 'utf8'))
    const right = { Authorization: `Bearer ${daemon.token}`, 'X-Familiar-Nonce': 'a'.repeat(32) }
    const replies = await Promise.all([askHealth(daemon.port), askHealth(daemon.port, right)])
    const outputs = COMMANDS.flatMap((command) => [root.run(command), root.run([...command, '--json'])])
    signal(daemon, 'SIGSTOP')
    const errors = COMMANDS.map((command) => root.run([...command, '--verbose', '--json']))
    signal(daemon, 'SIGCONT')
    const process = processText(daemon.pid)
    const last = [
      root.run(['sync', 'restart', '--json']),
      root.run(['sync', 'stop', '--json']),
      root.run(['sync', 'logs']),
    ]
    const texts = [
      record.url,
      process,
      ...replies.map((reply) => reply.text),
      ...[...outputs, ...errors, ...last].flatMap(({ stdout, stderr }) => [stdout, stderr]),
      readFileSync(root.file('daemon.log'), 'utf8'),
    ]
    expect(daemon.token).toMatch(/^[0-9a-f]{64}$/)
    expect(texts.filter((text: string) => text.includes(daemon.token))).toEqual([])
  })

  it('stands in the record only, and is another one after every start', () => {
    const first = root.start()
    const second = root.json(['sync', 'restart']).document.pid
    const daemon = root.remember()
    expect([daemon?.pid, daemon?.token === first.token]).toEqual([second, false])
    const holding = filesBelow(root.path).filter((file) =>
      readFileSync(file, 'utf8').includes(daemon?.token ?? ''),
    )
    expect(holding).toEqual([root.file('record.json')])
  })
})

describe('the proof', () => {
  let daemon: Daemon

  beforeEach(() => {
    daemon = root.start()
  })

  async function proofFor(nonce: string): Promise<unknown> {
    const { text } = await askHealth(daemon.port, { 'X-Familiar-Nonce': nonce })
    return JSON.parse(text.slice(text.indexOf('\r\n\r\n') + 4)).proof
  }

  it('is right for the token, pid, port and instance of the record', async () => {
    for (const nonce of ['0123456789abcdef'.repeat(2), 'f'.repeat(32)]) {
      const said = `${nonce}|${daemon.pid}|${daemon.port}|${daemon.instanceId}`
      expect(await proofFor(nonce)).toBe(createHmac('sha256', daemon.token).update(said).digest('hex'))
    }
  })

  it('is not given for what is no nonce', async () => {
    const malformed = [
      'a'.repeat(31),
      'a'.repeat(33),
      'A'.repeat(32),
      'g'.repeat(32),
      '',
      `${'a'.repeat(32)}|1`,
      'a'.repeat(8_000),
    ]
    for (const nonce of malformed) expect([nonce, await proofFor(nonce)]).toEqual([nonce, undefined])
    const twice = `${'a'.repeat(32)}\r\nX-Familiar-Nonce: ${'b'.repeat(32)}`
    expect(await proofFor(twice)).toBe(undefined)
  })
})

describe('files', () => {
  /** Everything below a directory, with the directory itself, and what others may do with it. */
  function modesBelow(directory: string): readonly (readonly [string, string])[] {
    const below = readdirSync(directory, { recursive: true }).map((name) => join(directory, String(name)))
    return [directory, ...below].map((path) => {
      const found = statSync(path)
      return [path, `${found.isDirectory() ? 'd' : 'f'}${(found.mode & 0o777).toString(8)}`]
    })
  }

  const withoutUmask = { prefix: ['sh', '-c', 'umask 0; exec "$@"', 'sh'] }

  it('are closed to others although the caller has no umask, in a root that was there and open', () => {
    mkdirSync(root.path)
    chmodSync(root.path, 0o755)
    root.start(withoutUmask)
    const modes = modesBelow(join(root.path, 'daemons'))
    expect(modes.length).toBeGreaterThanOrEqual(6)
    expect(modes.filter(([, mode]) => mode !== 'd700' && mode !== 'f600')).toEqual([])
    expect(statSync(root.path).mode & 0o777).toBe(0o755)
  })

  it('are so from their first byte on, and a root that is made is so too', async () => {
    const watched = watchModes(root.base, root.path)
    const run = async (...args: readonly string[]): Promise<void> => {
      const { status, stderr } = await runIn('/', args, { env: root.env, ...withoutUmask })
      expect([status, stderr]).toEqual([0, ''])
      root.remember()
    }
    try {
      await run('sync', 'start')
      rmSync(root.file('record.json'))
      expect(await until(() => root.remember() !== null)).toBe(true)
      await run('sync', 'restart')
      await run('sync', 'stop')
      expect(statSync(root.path).mode & 0o777).toBe(0o700)
    } finally {
      watched.stop()
    }
    // It has seen what was made, or it would have nothing to say.
    expect(watched.seen()).toEqual(expect.arrayContaining([root.path, root.file('record.json')]))
    expect(watched.open()).toEqual([])
    expect(modesBelow(root.path).filter(([, mode]) => mode !== 'd700' && mode !== 'f600')).toEqual([])
  })
})

/**
 * Looks at everything in a directory whose path begins like that, whenever the kernel tells of a change: sooner than a loop that looks
 * again and again, which keeps a processor busy.
 */
function watchModes(directory: string, prefix: string) {
  const [open, watchers] = [new Set<string>(), new Map<string, FSWatcher>()]
  const seen = new Set<string>()
  const look = (path: string): void => {
    const found = lstatSync(path, { throwIfNoEntry: false })
    if (found === undefined || !path.startsWith(prefix)) return
    seen.add(path)
    if ((found.mode & 0o077) !== 0) open.add(path)
    if (found.isDirectory() && !watchers.has(path)) enter(path)
  }
  const enter = (path: string): void => {
    const watcher = watch(path, (_, name) => name !== null && look(join(path, name)))
    watchers.set(path, watcher)
    for (const name of readdirSync(path)) look(join(path, name))
  }
  enter(directory)
  return {
    seen: () => [...seen],
    open: () => [...open],
    stop: () => watchers.forEach((watcher) => watcher.close()),
  }
}
