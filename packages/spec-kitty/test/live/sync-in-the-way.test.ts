import { spawnSync } from 'node:child_process'
import { mkdirSync, renameSync, rmSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { queuePath } from '../../dist/sync/queue/queue-path.js'
import { makeSyncWork, type SyncWork } from './sync-work.js'

/** A directory, or a link, is where a file of ours belongs. The status names the one command that cures it. */
let work: SyncWork
let files: Readonly<Record<string, string>>

beforeEach(async () => {
  work = await makeSyncWork()
  files = {
    'session.json': join(work.root.path, 'session.json'),
    'config.toml': join(work.root.path, 'config.toml'),
    'queue.db': queuePath(work.root.path),
    'config.yaml': join(work.project, '.kittify', 'config.yaml'),
  }
})

afterEach(() => work.end())

/** Returns the commands that the status shows about the uploads. */
async function shown(): Promise<readonly string[]> {
  const { stdout } = await work.run(['sync', 'status'])
  const [, after = ''] = stdout.split(/^uploads .*\n/m)
  return [...(after.split(/^\S/m)[0] ?? '').matchAll(/^ +(.+)$/gm)].map(([, line = '']) => line)
}

function runInShell(command: string): void {
  const { status, stderr } = spawnSync('sh', ['-c', command], { encoding: 'utf8' })
  expect([command, status, stderr]).toEqual([command, 0, ''])
}

const MOVED = ['session.json', 'config.toml', 'queue.db', 'config.yaml']

describe('a directory in the place of', () => {
  it.each(MOVED)('%s is moved away by the command that the status shows', async (name) => {
    const path = files[name] ?? ''
    if (name !== 'queue.db') await work.publish(['a'])
    rmSync(path, { force: true })
    mkdirSync(path, { recursive: true })
    const [command = ''] = await shown()
    const [move = '', login] = command.split(' && ')
    expect(move).toBe(`mv ${path} ${path}.old`)
    expect(login !== undefined).toBe(name === 'session.json')
    // The command that fails says the same.
    const failing: Readonly<Record<string, readonly string[]>> = {
      'session.json': ['auth', 'logout'],
      'config.toml': ['auth', 'login'],
      'queue.db': ['sync', 'queue'],
      'config.yaml': ['sync', 'opt-in', work.project],
    }
    const failed = await work.run(failing[name] ?? [])
    expect(failed.status).toBeGreaterThan(0)
    expect(failed.stderr).toContain(move)
    runInShell(move)
    expect(await shown()).not.toContain(command)
    if (login === undefined) return
    const words = ['auth', 'login', '--server', work.server.url, '--with-token']
    expect(work.root.run(words, { input: 'given' }).status).toBe(0)
  })
})

it('a link in the place of the consent is replaced by its target, and the events leave', async () => {
  await work.publish(['a'])
  const path = files['config.yaml'] ?? ''
  const target = join(work.root.base, 'linked.yaml')
  renameSync(path, target)
  symlinkSync(target, path)
  const [command = ''] = await shown()
  expect(command).toBe(`cp ${path} ${path}.new && mv ${path}.new ${path}`)
  const refused = await work.run(['sync', 'opt-in', work.project])
  expect(refused.stderr).toContain(`(to repair it: ${command}; it was not changed)`)
  runInShell(command)
  expect((await work.run(['sync', 'now'])).status).toBe(0)
  expect(work.server.accepted).toEqual(['a'])
})
