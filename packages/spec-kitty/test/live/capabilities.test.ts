import { spawnSync } from 'node:child_process'
import { chmodSync, chownSync, cpSync, existsSync, mkdtempSync, realpathSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, type TestContext } from 'vitest'
import { CLI, smallEnvironment } from '../helpers/cli.js'
import { daemonsOf, gone, lives, makeRoot, skipAloud, type Daemon, type SyncRoot } from './sync-root.js'

/**
 * A node with file capabilities makes a process of which the kernel hides much from its own user: its executable, what its
 * descriptors lead to, its namespaces, its working directory and its environment. Its command line, its start time and its
 * user stay readable, and it answers. For every command of that user it is the daemon of the root, and it runs.
 */
let root: SyncRoot
let nodes: string

/** A user of the test's own. */
const UID = 61_234
const AS_USER = ['setpriv', `--reuid=${UID}`, `--regid=${UID}`, '--clear-groups']

beforeAll(() => {
  nodes = realpathSync(mkdtempSync(join(tmpdir(), 'familiar-node-')))
  chmodSync(nodes, 0o755)
})

afterAll(() => rmSync(nodes, { recursive: true, force: true }))

beforeEach(() => {
  root = makeRoot()
  chownSync(root.base, UID, UID)
})

afterEach(() => root.end())

/** Returns a copy of this node that has a capability. It is named as the original: that is what a daemon looks like. */
function capableNode(context: TestContext): string {
  const node = join(nodes, 'node')
  if (existsSync(node)) return node
  cpSync(process.execPath, node)
  const set = spawnSync('setcap', ['cap_net_raw+ep', node], { encoding: 'utf8' })
  const lack = (why: string): never => {
    rmSync(node)
    return skipAloud(context, why)
  }
  if (set.status !== 0) lack(`no file capabilities here: ${set.error?.message ?? set.stderr.trim()}`)
  const probe = 'require("node:fs").readlinkSync("/proc/self/exe")'
  const seen = spawnSync(AS_USER[0] ?? '', [...AS_USER.slice(1), node, '-e', probe], { encoding: 'utf8' })
  if (seen.error !== undefined) lack(`no other user here: ${seen.error.message}`)
  return node
}

/** Runs the command as that user, with one node or the other. */
function run(node: string, args: readonly string[]) {
  const [command, ...rest] = [...AS_USER, node, CLI, ...args, '--json']
  const { status, stdout, stderr } = spawnSync(command, rest, {
    env: smallEnvironment(root.env),
    encoding: 'utf8',
  })
  return { status, stderr, document: stdout === '' ? null : JSON.parse(stdout) }
}

function started(): Daemon {
  const daemon = root.remember()
  if (daemon === null) throw new Error('no daemon runs')
  return daemon
}

describe.for(['the same', 'a plain'])(
  'a daemon whose node has file capabilities, and %s node that looks',
  (which) => {
    it('is running for every command, is found by a second start, and leaves when it is stopped', async (context) => {
      const node = capableNode(context)
      const looker = which === 'the same' ? node : process.execPath
      expect(run(node, ['sync', 'start'])).toMatchObject({
        status: 0,
        stderr: '',
        document: { outcome: 'started' },
      })
      const daemon = started()
      const { pid, port } = daemon
      expect(run(looker, ['sync', 'status'])).toMatchObject({
        status: 0,
        document: { state: 'running', pid, port },
      })
      expect(run(looker, ['sync', 'start'])).toMatchObject({
        status: 0,
        document: { outcome: 'found', pid, port },
      })
      const { document, status } = run(looker, ['auth', 'doctor'])
      expect([status, document.daemon]).toEqual([0, expect.objectContaining({ active: true, pid, port })])
      expect(document.orphans).toEqual([])
      expect(document.findings.map((one: { id: string }) => one.id)).not.toContain('F-005')
      expect(run(looker, ['auth', 'doctor', '--reset', '--force']).document.reset_result).toMatchObject({
        swept: [],
        failed: [],
      })
      expect(lives(daemon)).toBe(true)
      const stop = run(looker, ['sync', 'stop'])
      expect(stop).toMatchObject({
        status: 0,
        document: { outcome: 'stopped', pid, cleanup_path: 'http_shutdown' },
      })
      expect([await gone(daemon), daemonsOf(root.path)]).toEqual([true, []])
      expect(run(looker, ['sync', 'status'])).toMatchObject({ status: 0, document: { state: 'stopped' } })
    })

    it('is replaced by a restart', async (context) => {
      const node = capableNode(context)
      const looker = which === 'the same' ? node : process.execPath
      run(node, ['sync', 'start'])
      const daemon = started()
      expect(run(looker, ['sync', 'restart'])).toMatchObject({ status: 0, document: { outcome: 'started' } })
      expect([await gone(daemon), daemonsOf(root.path)]).toEqual([true, [started().pid]])
    })
  },
)
