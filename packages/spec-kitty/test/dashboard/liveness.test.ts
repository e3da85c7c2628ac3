import { spawn, spawnSync, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { startTimesOf } from 'familiar/cli'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { skipAloud } from '../../../familiar/test/helpers/skip.js'
import { watchLiving } from '../../src/dashboard/watch-agents.js'
import { openProject } from '../../src/dashboard/project/project.js'
import { startTicksOf } from '../helpers/machine.js'
import { emptyProject, laneEvent, prompt, removeProjects, writeMission } from '../helpers/projects.js'

const BUILT = fileURLToPath(new URL('../../../familiar/dist/cli/index.js', import.meta.url))

/** Longer than anything takes on a busy machine. */
const PATIENCE = { timeout: 60_000, interval: 20 }

const children: ChildProcess[] = []

afterEach(async () => {
  for (const child of children.splice(0)) await end(child)
  removeProjects()
})

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  child.kill('SIGKILL')
  await once(child, 'exit')
}

/** Starts a process that stays, and waits until it is what was started. */
async function start(command: string, ...args: readonly string[]): Promise<ChildProcess & { pid: number }> {
  const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'inherit'] })
  children.push(child)
  await once(child, 'spawn')
  return child as ChildProcess & { pid: number }
}

/** When a process started, in seconds since 1970, as psutil computes it, which the predecessor uses. */
function startedAt(pid: number): number {
  const boot = Number(/^btime (\d+)/m.exec(readFileSync('/proc/stat', 'utf8'))?.[1])
  return boot + Number(startTicksOf(pid)) / 100
}

function annotation(at: number, delta: object, wp = 'WP01'): string {
  const time = new Date(Date.UTC(2026, 0, 1, 0, 0, at)).toISOString()
  return `${JSON.stringify({ actor: 'ada', at: time, event_id: `01NOTE${at}-${wp}`, kind: 'annotation', wp_id: wp, delta })}\n`
}

/** A project with one package that is at work, of which the log says this. */
function projectWith(...lines: readonly string[]): string {
  const project = emptyProject()
  writeMission(project, 'm', {
    'tasks/WP01.md': prompt('WP01', 'One'),
    'status.events.jsonl': [laneEvent(1, 'WP01', 'in_progress'), ...lines].join(''),
  })
  return project
}

async function processAfter(...lines: readonly string[]) {
  const mission = await openProject(projectWith(...lines)).mission('m')
  return mission?.work_packages[0]?.process ?? null
}

const claim = (pid: number, at: number | string) => ({ shell_pid: pid, shell_pid_created_at: String(at) })

describe('whether an agent lives', () => {
  it('is running while its process is: by pid and start time', async () => {
    const { pid } = await start('sleep', '600')
    const at = startedAt(pid)
    expect(await processAfter(annotation(2, claim(pid, at)))).toMatchObject({ liveness: 'running', pid })
    for (const off of [-1.5, 1.5])
      expect(await processAfter(annotation(2, claim(pid, at + off)))).toMatchObject({ liveness: 'running' })
  })

  it('is never running if the pid was given to another process', async () => {
    const { pid } = await start('sleep', '600')
    for (const off of [-3600, -3, 3, 3600]) {
      const process = await processAfter(annotation(2, claim(pid, startedAt(pid) + off)))
      expect([off, process?.liveness]).toEqual([off, 'not_running_here'])
    }
  })

  it('is not running here once the process has ended, and the package is stalled', async () => {
    const child = await start('sleep', '600')
    const project = openProject(projectWith(annotation(2, claim(child.pid, startedAt(child.pid)))))
    expect(await project.now()).toMatchObject({
      counts: { working: 1, stalled: 0 },
      working: [{ id: 'WP01', next_command: null }],
    })
    expect(await project.missions()).toMatchObject({ missions: [{ state_words: '1 in work' }] })
    await end(child)
    expect(await project.now()).toMatchObject({
      counts: { working: 0, stalled: 1 },
      stalled: [
        {
          id: 'WP01',
          process: { liveness: 'not_running_here', pid: child.pid },
          next_command: 'spec-kitty agent action implement WP01 --mission m',
        },
      ],
    })
    expect(await project.missions()).toMatchObject({
      missions: [{ stalled_count: 1, state: 'working', state_words: '1 stalled' }],
    })
  })

  it('counts a reviewer as at work for as long as it runs', async () => {
    const reviewer = await start('sleep', '600')
    const lines = [
      laneEvent(2, 'WP01', 'for_review'),
      laneEvent(3, 'WP01', 'in_review'),
      annotation(4, claim(reviewer.pid, startedAt(reviewer.pid))),
    ]
    const project = openProject(projectWith(...lines))
    expect(await project.now()).toMatchObject({
      working: [{ id: 'WP01', lane: 'in_review', process: { liveness: 'running' } }],
      counts: { working: 1, waiting: 0, stalled: 0 },
    })
    await end(reviewer)
    expect(await project.now()).toMatchObject({
      waiting: [
        {
          id: 'WP01',
          why: 'review_abandoned',
          next_command: 'spec-kitty agent action review WP01 --mission m',
        },
      ],
      counts: { working: 0, waiting: 1, stalled: 0 },
    })
  })

  it('is said in the words of its mission, beside what waits, and a package that was sent back counts once', async () => {
    const [back, dead] = [claim(4_194_000, 1), claim(4_194_000, 1)]
    const project = emptyProject()
    writeMission(project, 'm', {
      'status.events.jsonl': [
        laneEvent(1, 'WP01', 'in_review'),
        laneEvent(2, 'WP01', 'in_progress', { from_lane: 'in_review' }),
        annotation(3, back),
        laneEvent(4, 'WP02', 'in_progress'),
        annotation(5, dead, 'WP02'),
        laneEvent(6, 'WP03', 'in_progress'),
      ].join(''),
    })
    const { missions } = await openProject(project).missions()
    expect(missions).toMatchObject([
      { state: 'waiting', state_words: '1 waits for you, 1 stalled', waiting_count: 1, stalled_count: 2 },
    ])
  })

  it('is unknown without a pid or a start time, or when the claim was released', async () => {
    const { pid } = await start('sleep', '600')
    const at = startedAt(pid)
    const unknown = { liveness: 'unknown' }
    expect(await processAfter()).toMatchObject({ ...unknown, pid: null })
    expect(await processAfter(annotation(2, { shell_pid: pid }))).toMatchObject({ ...unknown, pid })
    expect(await processAfter(annotation(2, { shell_pid_created_at: String(at) }))).toMatchObject(unknown)
    expect(await processAfter(annotation(2, claim(pid, 'soon')))).toMatchObject({ ...unknown, pid })
    const released = annotation(3, { release_runtime_claim: true })
    expect(await processAfter(annotation(2, claim(pid, at)), released)).toMatchObject({
      ...unknown,
      pid: null,
    })
  })

  it('is unknown where the process was given up: by the pid 0, or by going back to Planned', async () => {
    const gone = annotation(2, claim(4_194_000, 1))
    for (const said of [{ shell_pid: 0 }, { shell_pid: '0', agent: '' }])
      expect(await processAfter(gone, annotation(3, said))).toMatchObject({ liveness: 'unknown', pid: null })
    const again = [laneEvent(3, 'WP01', 'planned'), laneEvent(4, 'WP01', 'in_progress')]
    expect(await processAfter(gone, ...again)).toMatchObject({ liveness: 'unknown', pid: null })
    expect(await processAfter(gone, ...again, annotation(5, claim(4_194_001, 1)))).toMatchObject({
      liveness: 'not_running_here',
      pid: 4_194_001,
    })
    const blocked = [laneEvent(3, 'WP01', 'blocked'), laneEvent(4, 'WP01', 'in_progress')]
    expect(await processAfter(gone, ...blocked)).toMatchObject({ pid: 4_194_000 })
  })

  it('is not told from the start time of another pid, or of another agent', async () => {
    const { pid } = await start('sleep', '600')
    const at = startedAt(pid)
    const first = annotation(2, { ...claim(4_194_000, at), agent: 'badger' })
    expect(await processAfter(first, annotation(3, { shell_pid: pid }))).toMatchObject({
      liveness: 'unknown',
      pid,
    })
    expect(await processAfter(first, annotation(3, { agent: 'crane' }))).toMatchObject({
      liveness: 'unknown',
      pid: null,
    })
    expect(await processAfter(first, annotation(3, { agent: 'badger:large-1' }))).toMatchObject({
      liveness: 'not_running_here',
    })
  })

  it('is told from the claim in a lane change too, and the later claim counts', async () => {
    const { pid } = await start('sleep', '600')
    const at = startedAt(pid)
    const claimed = laneEvent(3, 'WP01', 'in_progress', {
      policy_metadata: { ...claim(pid, at), agent: 'crane' },
    })
    expect(await processAfter(claimed)).toMatchObject({ liveness: 'running', pid })
    expect(await processAfter(annotation(2, claim(4_194_000, at)), claimed)).toMatchObject({
      liveness: 'running',
    })
    expect(await processAfter(claimed, annotation(4, claim(4_194_000, at)))).toMatchObject({
      liveness: 'not_running_here',
    })
  })

  it('says nothing of a package that is not being worked on', async () => {
    const { pid } = await start('sleep', '600')
    const lines = [annotation(2, claim(pid, startedAt(pid))), laneEvent(3, 'WP01', 'for_review')]
    expect(await processAfter(...lines)).toBeNull()
    // The process that worked on it is not the one that reviews it.
    expect(await processAfter(...lines, laneEvent(4, 'WP01', 'in_review'))).toMatchObject({
      liveness: 'unknown',
    })
  })
})

const INNER = ['--pid', '--fork', '--kill-child'] as const

describe('a process in another pid namespace', () => {
  it('is not known by its pid here, and never running by its pid there', async (context) => {
    if (spawnSync('unshare', [...INNER, '--mount-proc', 'true']).status !== 0)
      skipAloud(context, 'no namespaces')
    const child = await start('unshare', ...INNER, '--mount-proc', 'sh', '-c', 'echo ready; exec sleep 600')
    await once(child.stdout ?? child, 'data')
    const outer = Number(readFileSync(`/proc/${child.pid}/task/${child.pid}/children`, 'utf8').trim())
    const at = startedAt(outer)
    expect((await processAfter(annotation(2, claim(outer, at))))?.liveness).toBe('unknown')
    // By its pid there, 1, it is no agent anywhere.
    expect((await processAfter(annotation(2, claim(1, at))))?.liveness).toBe('unknown')
    expect((await processAfter(annotation(2, claim(2, at))))?.liveness).toBe('not_running_here')
  })

  it('is unknown to a dashboard whose /proc is of another namespace', (context) => {
    if (spawnSync('unshare', [...INNER, 'true']).status !== 0) skipAloud(context, 'no namespaces')
    const ask = `const { startTimesOf } = await import(process.argv[1]); console.log(await startTimesOf([1, process.pid]))`
    const command = [process.execPath, '--input-type=module', '--eval', ask, BUILT]
    const { stdout, stderr } = spawnSync('unshare', [...INNER, ...command], { encoding: 'utf8' })
    expect([stdout, stderr]).toEqual(['null\n', ''])
  })
})

describe('a page that is open', () => {
  it('is told of a process that ends, and looks at no other pids than those it was told of', async () => {
    const child = await start('sleep', '600')
    const [told, looked] = [[] as (readonly string[])[], new Set<number>()]
    const living = watchLiving(
      (pids) => {
        for (const pid of pids) looked.add(pid)
        return startTimesOf(pids)
      },
      (missions) => told.push(missions),
    )
    const line = annotation(2, claim(child.pid, startedAt(child.pid)))
    const project = openProject(projectWith(line), { onJudged: living.note })
    living.begin()
    await project.now()
    await vi.waitFor(() => expect(looked).toEqual(new Set([child.pid])), PATIENCE)
    expect(told).toEqual([])
    await end(child)
    await vi.waitFor(() => expect(told).toEqual([['m']]), PATIENCE)
    await project.mission('m')
    living.end()
  })
})
