import { spawn, type ChildProcess } from 'node:child_process'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { afterEach, beforeEach, describe, expect, it, type TestContext } from 'vitest'
import { firstOf } from '../../../familiar/test/helpers/counts.js'
import { CLI, smallEnvironment } from '../helpers/cli.js'
import { gone as isGone, lives, processOf, until, type Process } from '../helpers/dashboards.js'
import { makeDashboardTestEnv, recordIn, recordPath, skipAloud, type DashboardTestEnv } from './dashboards.js'
import { gone, makeRoot, signal, type SyncRoot } from './sync-root.js'

/** Records that name a daemon of another boot or container, and homes that a container shares with its host. */
let root: SyncRoot
let place: DashboardTestEnv
let held: { readonly child: ChildProcess; readonly inner: Process }[]

beforeEach(() => {
  held = []
  root = makeRoot()
  place = makeDashboardTestEnv()
})

afterEach(async () => {
  for (const { child, inner } of held) {
    if (lives(inner)) process.kill(inner.pid, 'SIGKILL')
    child.kill('SIGKILL')
    await isGone(inner)
  }
  await place.end()
  await root.end()
})

/** A pid namespace of its own with its own /proc, as a container has: what runs first in it is its pid 1. */
async function startContainer(
  context: TestContext,
  network: Network,
  cwd: string,
  command: readonly string[],
): Promise<Process> {
  const started =
    network === 'shared' ? command : ['sh', '-c', 'ip link set lo up && exec "$0" "$@"', ...command]
  const networks = network === 'shared' ? [] : ['--net']
  const args = [...networks, '--pid', '--fork', '--kill-child', '--mount-proc', ...started]
  const child = spawn('unshare', args, {
    cwd,
    env: smallEnvironment(place.env),
    stdio: 'pipe',
  })
  let said = ''
  child.stdout.on('data', (text: Buffer) => (said += text.toString()))
  child.stderr.on('data', (text: Buffer) => (said += text.toString()))
  await until(() => said !== '' || child.exitCode !== null)
  const pid = childOf(child.pid ?? 0)
  if (pid === null) return skipAloud(context, `no pid namespace can be made here: ${said}`)
  const inner = processOf(pid)
  held.push({ child, inner })
  return inner
}

function childOf(pid: number): number | null {
  try {
    const text = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8')
    return text === '' ? null : Number(text.trim().split(' ')[0])
  } catch {
    return null
  }
}

/** What runs a command in the container, in this directory. */
function inside({ pid }: Process, directory: string): readonly string[] {
  return ['nsenter', '--target', String(pid), '--pid', '--mount', '--net', 'env', '-C', directory]
}

/** A container has a network of its own, unless it is told to share its host's. */
const NETWORKS = ['own', 'shared'] as const
type Network = (typeof NETWORKS)[number]

const NO_OTHER_HOME = /SPEC_KITTY_HOME|another home/

describe('a record of a daemon that is gone with its boot or container', () => {
  const CHANGES = {
    'another boot': { boot_id: '00000000-0000-4000-8000-000000000000' },
    'another container on this volume': { host_id: 'f'.repeat(16), pid_namespace: 'pid:[1]', pid: 1 },
    'another pid namespace of this boot': { pid_namespace: 'pid:[1]', pid: 1 },
  }

  it.each(Object.entries(CHANGES))(
    '(%s): a start goes on, and no command names another home',
    async (_, change) => {
      const first = root.start()
      signal(first, 'SIGKILL')
      await gone(first)
      const record = JSON.parse(readFileSync(root.file('record.json'), 'utf8'))
      writeFileSync(root.file('record.json'), JSON.stringify({ ...record, ...change }))
      for (const [args, shown] of [
        [['sync', 'status'], /^daemon +crashed\b/m],
        [['auth', 'doctor'], /^daemon +crashed\b/m],
        [['sync', 'stop'], /^nothing to stop$/m],
      ] as const) {
        const { status, stdout, stderr } = root.run(args)
        expect([args, status, NO_OTHER_HOME.test(stdout + stderr)]).toEqual([args, 0, false])
        expect(stdout).toMatch(shown)
      }
      expect(lives(root.start())).toBe(true)
    },
  )

  // The library decides it for both.
  it.each(firstOf(Object.entries(CHANGES), 1))('(%s): a dashboard too', async (_, change) => {
    const project = place.project('project')
    const first = await place.start(project)
    process.kill(first.pid, 'SIGKILL')
    await isGone(first)
    writeFileSync(recordPath(project), JSON.stringify({ ...recordIn(project), ...change }))
    expect((await place.json(project, ['dashboard', '--status'])).document.state).toBe('crashed')
    const next = await place.run(project, ['dashboard'])
    expect([next.status, next.stderr]).toEqual([0, ''])
    expect(recordIn(project)).toMatchObject({ state: 'running' })
  })
})

describe('a dashboard that is the first process of its container', () => {
  it.for(NETWORKS)(
    '(%s network) is found, shown, kept and stopped by the commands in there; from outside it runs elsewhere',
    async (network, context) => {
      const project = place.project('project')
      const command = [process.execPath, CLI, 'dashboard', '--foreground']
      const first = await startContainer(context, network, project, command)
      expect(await until(() => recordIn(project)?.['state'] === 'running')).toBe(true)
      const { port } = recordIn(project) ?? {}
      expect(recordIn(project)).toMatchObject({ pid: 1 })
      const prefix = inside(first, project)
      const shown = await place.json(project, ['dashboard', '--status'], { prefix })
      expect([shown.status, shown.document]).toMatchObject([0, { state: 'running', pid: 1, port }])
      const found = await place.json(project, ['dashboard'], { prefix })
      expect([found.status, found.document]).toMatchObject([0, { outcome: 'found', pid: 1, port }])

      const outside = await place.json(project, ['dashboard', '--status'])
      expect(outside.document.state).toBe('elsewhere')
      for (const args of [['dashboard'], ['dashboard', '--stop']]) {
        const { status, document } = await place.json(project, args)
        expect([args, status === 0, document.error?.code]).toEqual([args, false, 'E_DAEMON_ELSEWHERE'])
        expect(lives(first)).toBe(true)
      }
      const swept = await place.json(place.base, ['dashboard', '--cleanup-all', '--yes', '--force'])
      expect([swept.document.swept, lives(first)]).toEqual([[], true])

      // The container ends with its first process, and with it the command that asked.
      await place.run(project, ['dashboard', '--stop'], { prefix })
      expect(await isGone(first)).toBe(true)
      expect(recordIn(project)).toMatchObject({ state: 'stopped', stop_reason: 'operator_stop', pid: 1 })
    },
  )
})

describe('a home that a container shares with its host', () => {
  it.for(NETWORKS)(
    '(%s network) has one daemon; on the other side every command says that it runs elsewhere, and ends nothing',
    async (network, context) => {
      mkdirSync(root.path, { mode: 0o700 })
      const shell = await startContainer(context, network, root.base, [
        'sh',
        '-c',
        'echo up && exec sleep 3600',
      ])
      const prefix = inside(shell, root.base)
      expect(root.run(['sync', 'start'], { prefix })).toMatchObject({ status: 0, stderr: '' })
      const record = readFileSync(root.file('record.json'), 'utf8')
      expect(root.json(['sync', 'status'], { prefix }).document.state).toBe('running')

      expect(root.json(['sync', 'status']).document).toMatchObject({ state: 'elsewhere' })
      for (const args of [
        ['sync', 'start'],
        ['sync', 'stop'],
        ['sync', 'restart'],
      ]) {
        const { status, document } = root.json(args)
        expect([args, status === 0, document.error?.code]).toEqual([args, false, 'E_DAEMON_ELSEWHERE'])
        expect(document.error.remediation).toContain('SPEC_KITTY_HOME')
      }
      for (const flags of [[], ['--force']]) {
        const { document } = root.json(['auth', 'doctor', '--reset', ...flags])
        expect([document.reset_result.swept, document.daemon.state]).toEqual([[], 'elsewhere'])
        const ids = new Set(document.findings.map(({ id }: { id: string }) => id))
        expect([ids.has('F-014'), ids.has('F-005')]).toEqual([true, false])
      }
      expect(root.run(['upgrade-hook']).status).toBe(0)
      expect(root.json(['sync', 'status'], { prefix }).document.state).toBe('running')
      expect(readFileSync(root.file('record.json'), 'utf8')).toBe(record)
      expect(root.json(['sync', 'stop'], { prefix }).document.outcome).toBe('stopped')
    },
  )
})
