import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { spawnPredecessor, stopAll } from '../../../../stand-ins/predecessor.mjs'
import { expectValid } from '../helpers/schemas.js'
import { gone, makeRoot, signal, type SyncRoot } from './sync-root.js'

/** `sync list`: every home on this machine that has a sync daemon, and how it stands. */
let root: SyncRoot
let other: SyncRoot

beforeEach(() => {
  root = makeRoot()
  other = root.beside(join(root.base, 'other'))
})

afterEach(async () => {
  await stopAll()
  await root.end()
})

/** Every file of the homes but the logs and locks, which the daemons write, with its text. */
function filesIn(directory: string): readonly (readonly string[])[] {
  return readdirSync(directory, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.json'))
    .map((name) => [name, readFileSync(join(directory, name), 'utf8')])
}

describe('sync list', () => {
  it('finds the usual home from another one, though its daemon crashed and listens no more', async () => {
    const usual = root.beside(join(root.base, 'home/.spec-kitty'))
    const daemon = usual.start()
    signal(daemon, 'SIGKILL')
    await gone(daemon)
    const { document } = root.json(['sync', 'list'], {
      env: { HOME: join(root.base, 'home') },
    })
    expect(document.homes).toEqual([
      expect.objectContaining({ home: usual.path, state: 'crashed', is_current: false }),
    ])
  })

  it('shows a healthy second home as such, from either home, and changes nothing', () => {
    const [here, there] = [root.start(), other.start()]
    const before = filesIn(root.base)
    const home = (path: string, { pid, port }: typeof here, isCurrent: boolean): object =>
      expect.objectContaining({
        home: path,
        is_current: isCurrent,
        state: 'running',
        pid,
        port,
        version: '4.0.0',
        uptime_seconds: expect.any(Number),
      })
    const document = root.json(['sync', 'list']).document
    expectValid('sync-list', document)
    expect(document).toEqual({
      schema_version: 3,
      homes: [home(root.path, here, true), home(other.path, there, false)],
      other_daemons: 0,
    })
    expect(other.json(['sync', 'list']).document.homes).toEqual([
      home(other.path, there, true),
      home(root.path, here, false),
    ])
    const { status, stdout, stderr } = root.run(['sync', 'list'])
    const [header, ...rows] = stdout.trimEnd().split('\n')
    expect([status, stderr, header]).toEqual([
      0,
      '',
      expect.stringMatching(/^ {2}HOME +STATE +PROCESS +PORT +VERSION +UP$/),
    ])
    expect(rows).toEqual([
      expect.stringMatching(
        new RegExp(`^\\* ${root.path} +running +${here.pid} +${here.port} +4\\.0\\.0 +\\d+ \\w+$`),
      ),
      expect.stringMatching(
        new RegExp(`^ {2}${other.path} +running +${there.pid} +${there.port} +4\\.0\\.0 +\\d+ \\w+$`),
      ),
    ])
    expect(filesIn(root.base)).toEqual(before)
  })

  it('shows what is recorded of this home: a crash, a stop; and a wedged daemon of another one', async () => {
    expect(root.run(['sync', 'list'])).toMatchObject({
      status: 0,
      stdout: '',
      stderr: 'no home of this user has a sync daemon here\n',
    })
    const [here, there] = [root.start(), other.start()]
    signal(there, 'SIGSTOP')
    signal(here, 'SIGKILL')
    await gone(here)
    expect(root.json(['sync', 'list']).document.homes).toMatchObject([
      { home: root.path, state: 'crashed', pid: null },
      { home: other.path, state: 'wedged', pid: there.pid },
    ])
    // In the words of every other command.
    expect(root.run(['sync', 'list']).stdout).toMatch(new RegExp(`${other.path} +does not answer `))
    signal(there, 'SIGCONT')
    root.run(['sync', 'start'])
    root.run(['sync', 'stop'])
    expect(root.json(['sync', 'list']).document.homes).toMatchObject([
      { home: root.path, state: 'stopped', port: null },
      { home: other.path, state: 'running', pid: there.pid },
    ])
  })

  it('shows the daemon of an earlier version that runs in a home in which that of this version is stopped', async () => {
    root.start()
    root.run(['sync', 'stop'])
    const options = { family: 'sync', port: 9430, version: '3.2.5', root: root.path, record: true } as const
    const theirs = await spawnPredecessor(options)
    const { stdout, stderr } = root.run(['sync', 'list'])
    expect(stdout).toMatch(
      new RegExp(`^[*] ${root.path} +earlier version runs +${theirs.pid} +9430 +3\\.2\\.5 `, 'm'),
    )
    expect(stderr).toBe('')
    expect(root.json(['sync', 'list']).document).toMatchObject({
      homes: [{ home: root.path, state: 'stopped', pid: null }],
      other_daemons: 1,
    })
  })
})
