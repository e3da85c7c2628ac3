import { spawn, spawnSync } from 'node:child_process'
import fs, {
  appendFileSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs'
import { syncBuiltinESMExports } from 'node:module'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { figure } from '../../../familiar/test/helpers/figures.js'
import { silenceOf } from '../../src/dashboard/project/unseen-changes.js'
import { watchDirectories, type OnSight } from '../../src/dashboard/project/directory-watches.js'
import { openProject } from '../../src/dashboard/project/project.js'
import { watchProject } from '../../src/dashboard/project/watch.js'
import {
  emptyProject,
  laneEvent,
  largeProject,
  oneMission,
  prompt,
  removeProjects,
  writeMission,
} from '../helpers/projects.js'

const BUILT = fileURLToPath(new URL('../../dist/dashboard/project/watch.js', import.meta.url))

/** Longer than anything takes on a busy machine. */
const PATIENCE = { timeout: 60_000, interval: 10 }

/** Longer than it takes to report a change: one that must not be reported has not been by then. */
const QUIET_MS = 600

type Told = readonly string[] | null

const endings: (() => unknown)[] = []
afterEach(async () => {
  for (const end of endings.splice(0)) await end()
  removeProjects()
})

/** Watches a project, and is there when everything is watched. */
async function watched(project: string) {
  let told: Told[] = []
  const watch = watchProject(project, { onChange: (missions) => told.push(missions) })
  endings.push(() => watch.close())
  await vi.waitFor(() => expect(told).toEqual([null]), PATIENCE)
  told = []
  return {
    watch,
    told: () => told,
    /** Waits until everything said so far matches, then forgets it. */
    async hears(...expected: readonly Told[]): Promise<void> {
      await vi.waitFor(() => {
        for (const each of expected) expect(told).toContainEqual(each)
      }, PATIENCE)
      await sleep(150)
      told = []
    },
    async hearsNothing(): Promise<void> {
      await sleep(QUIET_MS)
      expect(told).toEqual([])
    },
  }
}

const ID = '001-start'

describe('a change of a mission is told', () => {
  it.each<readonly [string, (mission: string) => void]>([
    [
      'an event',
      (mission) => appendFileSync(join(mission, 'status.events.jsonl'), laneEvent(9, 'WP01', 'done')),
    ],
    ['a file written', (mission) => writeFileSync(join(mission, 'spec.md'), 'new')],
    ['a file replaced by an editor', (mission) => replace(join(mission, 'tasks/WP01-begin.md'))],
    ['a file added', (mission) => writeFileSync(join(mission, 'tasks/WP03.md'), '')],
    ['a file gone', (mission) => unlinkSync(join(mission, 'contracts/api.yaml'))],
    ['a file deeper', (mission) => writeFileSync(join(mission, 'contracts/events/more.json'), '')],
    ['a directory gone', (mission) => rmSync(join(mission, 'contracts'), { recursive: true })],
  ])('%s, and again', async (_, change) => {
    const project = oneMission()
    const mission = join(project, 'kitty-specs', ID)
    const { hears } = await watched(project)
    change(mission)
    await hears([ID])
    writeFileSync(join(mission, 'tasks/WP02-go-on.md'), 'again')
    await hears([ID])
  })

  it('with the state that is true then, well within a second', async () => {
    const project = oneMission()
    const reader = openProject(project)
    const { told } = await watched(project)
    const took: number[] = []
    for (const lane of ['claimed', 'in_progress', 'for_review', 'done']) {
      const before = told().length
      const start = performance.now()
      const at = 100 + took.length
      appendFileSync(join(project, 'kitty-specs', ID, 'status.events.jsonl'), laneEvent(at, 'WP10', lane))
      await vi.waitFor(() => expect(told().length).toBeGreaterThan(before), { ...PATIENCE, interval: 2 })
      took.push(performance.now() - start)
      const mission = await reader.mission(ID)
      expect(mission?.work_packages.at(-1)?.lane).toBe(lane)
    }
    figure(`a lane change was told after ${took.map((ms) => ms.toFixed(0)).join(', ')} ms`)
    expect(Math.min(...took)).toBeLessThan(1000)
  })

  it('in directories that appear one below the other, however quickly', async () => {
    const project = oneMission()
    const { hears } = await watched(project)
    for (const round of [1, 2, 3]) {
      const mission = writeMission(project, `new-${round}`, { 'contracts/a/b/c.md': '' })
      await hears(null)
      writeFileSync(join(mission, 'contracts/a/b/c.md'), 'changed')
      await hears([`new-${round}`])
    }
  })

  it('in a directory that was deleted and made again, and in one that was moved there', async () => {
    const project = oneMission()
    const tasks = join(project, 'kitty-specs', ID, 'tasks')
    const { hears } = await watched(project)
    rmSync(tasks, { recursive: true })
    mkdirSync(tasks)
    await hears([ID])
    writeFileSync(join(tasks, 'WP01.md'), '')
    await hears([ID])
    renameSync(tasks, `${tasks}.old`)
    mkdirSync(join(project, 'other'))
    renameSync(join(project, 'other'), tasks)
    await hears([ID])
    writeFileSync(join(tasks, 'WP01.md'), '')
    await hears([ID])
  })

  it('behind a link that stays in the mission, also after the file was replaced', async () => {
    const project = oneMission()
    const mission = writeMission(project, 'linked', { 'notes/shared.md': 'one' })
    const target = join(mission, 'notes/shared.md')
    symlinkSync('notes/shared.md', join(mission, 'spec.md'))
    const { hears } = await watched(project)
    for (const change of [() => writeFileSync(target, 'two'), () => replace(target), () => replace(target)]) {
      change()
      await hears(['linked'])
    }
  })
})

function replace(path: string): void {
  writeFileSync(`${path}.tmp`, prompt('WP01', `Replaced at ${process.hrtime.bigint()}`))
  renameSync(`${path}.tmp`, path)
}

/** Changes by which a page shows something else, although no file that was read is written. */
const ELSEWHERE: readonly (readonly [
  string,
  Told,
  (project: string) => unknown,
  (project: string) => unknown,
])[] = [
  [
    'a directory on the way of a link moves',
    ['m'],
    (project) => {
      const mission = writeMission(project, 'm', { 'notes/deep/shared.md': '' })
      symlinkSync('notes/deep/shared.md', join(mission, 'spec.md'))
    },
    (project) => renameSync(inMission(project, 'notes/deep'), inMission(project, 'notes/other')),
  ],
  [
    'a link on the way of a link leads elsewhere',
    ['m'],
    (project) => {
      const mission = writeMission(project, 'm', { 'notes/one/a.md': '', 'notes/two/a.md': '' })
      symlinkSync('one', join(mission, 'notes/current'))
      symlinkSync('notes/current', join(mission, 'contracts'))
    },
    (project) => {
      symlinkSync('two', inMission(project, 'notes/next'))
      renameSync(inMission(project, 'notes/next'), inMission(project, 'notes/current'))
    },
  ],
  [
    'a file appears to which a link led before',
    ['m'],
    (project) => {
      const mission = writeMission(project, 'm', { 'notes/deep/a.md': '' })
      symlinkSync('notes/deep/b.md', join(mission, 'spec.md'))
    },
    (project) => writeFileSync(inMission(project, 'notes/deep/b.md'), ''),
  ],
  [
    'a mission moves to which another one is a link',
    null,
    (project) => {
      writeMission(project, 'archive/x/m', { 'spec.md': '' })
      symlinkSync('archive/x/m', join(project, 'kitty-specs/m'))
    },
    (project) =>
      renameSync(join(project, 'kitty-specs/archive/x/m'), join(project, 'kitty-specs/archive/x/n')),
  ],
  [
    'a directory moves that has the missions, behind a link',
    null,
    (project) => {
      writeMission(project, 'm', { 'spec.md': '' })
      mkdirSync(join(project, 'docs'))
      renameSync(join(project, 'kitty-specs'), join(project, 'docs/specs'))
      symlinkSync('docs/specs', join(project, 'kitty-specs'))
    },
    (project) => renameSync(join(project, 'docs'), join(project, 'papers')),
  ],
  [
    'a log in a worktree grows, behind a link',
    ['m'],
    (project) => {
      writeMission(project, 'm', { 'spec.md': '' })
      const copy = writeMission(join(project, '.worktrees/m-coord'), 'm', { 'logs/a.jsonl': '' })
      symlinkSync('logs/a.jsonl', join(copy, 'status.events.jsonl'))
    },
    (project) =>
      appendFileSync(
        join(project, '.worktrees/m-coord/kitty-specs/m/logs/a.jsonl'),
        laneEvent(1, 'WP01', 'done'),
      ),
  ],
  [
    'a log grows in a worktree that was made for something else',
    ['m'],
    (project) => {
      writeMission(project, 'm', { 'spec.md': '' })
      writeMission(join(project, '.worktrees/other'), 'm', { 'status.events.jsonl': '' })
    },
    (project) =>
      appendFileSync(
        join(project, '.worktrees/other/kitty-specs/m/status.events.jsonl'),
        laneEvent(1, 'WP01', 'done'),
      ),
  ],
  [
    'a log grows there behind a link',
    ['m'],
    (project) => {
      writeMission(project, 'm', { 'spec.md': '' })
      const copy = writeMission(join(project, '.worktrees/other'), 'm', { 'logs/a.jsonl': '' })
      symlinkSync('logs/a.jsonl', join(copy, 'status.events.jsonl'))
    },
    (project) =>
      appendFileSync(
        join(project, '.worktrees/other/kitty-specs/m/logs/a.jsonl'),
        laneEvent(1, 'WP01', 'done'),
      ),
  ],
  [
    'a worktree gets missions, after an entry with its own name',
    null,
    (project) => mkdirSync(join(project, '.worktrees/m-coord'), { recursive: true }),
    (project) => {
      mkdirSync(join(project, '.worktrees/m-coord/m-coord'))
      mkdirSync(join(project, '.worktrees/m-coord/kitty-specs'))
    },
  ],
  [
    'a directory becomes a mission, in a folder of missions',
    ['archive'],
    (project) => writeMission(project, 'archive/m'),
    (project) => writeMission(project, 'archive/m', { 'spec.md': '' }),
  ],
  [
    'a charter appears',
    null,
    () => undefined,
    (project) => {
      mkdirSync(join(project, '.kittify/charter'), { recursive: true })
      writeFileSync(join(project, '.kittify/charter/charter.md'), '')
    },
  ],
  [
    'a charter changes',
    null,
    (project) => {
      mkdirSync(join(project, 'charter'))
      writeFileSync(join(project, 'charter/charter.md'), '')
    },
    (project) => replace(join(project, 'charter/charter.md')),
  ],
]

function inMission(project: string, path: string): string {
  return join(project, 'kitty-specs/m', path)
}

describe('a change elsewhere by which a page shows something else is told', () => {
  it.each(ELSEWHERE)('%s', async (_, expected, before, change) => {
    const project = emptyProject()
    before(project)
    const { hears } = await watched(project)
    change(project)
    await hears(expected)
  })
})

/** Makes more changes than the system keeps for a process, and then appends to the log of one mission. */
const FLOOD = `
  const { appendFileSync, mkdirSync, rmdirSync } = require('node:fs')
  const [, flooded, log] = process.argv
  for (let at = 0; at < 10_000; at += 1) {
    mkdirSync(\`\${flooded}/\${at % 20}\`)
    rmdirSync(\`\${flooded}/\${at % 20}\`)
  }
  appendFileSync(log, '\\n')`

it('a change after so many others that the system drops it is told, when the process goes on', async () => {
  const project = emptyProject()
  const flooded = writeMission(project, 'flooded')
  const mission = writeMission(project, 'm', { 'status.events.jsonl': '' })
  const { hears } = await watched(project)
  // Nothing else runs in this process meanwhile.
  spawnSync(process.execPath, ['-e', FLOOD, flooded, join(mission, 'status.events.jsonl')])
  await hears(null)
  mkdirSync(join(mission, 'contracts'))
  await hears(['m'])
  writeFileSync(join(mission, 'contracts', 'a.md'), '')
  await hears(['m'])
})

describe('what appears while the watches are set up is watched', () => {
  it.each<readonly [string, (project: string) => unknown, (project: string) => unknown]>([
    ['the first mission', () => undefined, (project) => writeMission(project, 'm', { 'tasks/WP01.md': '' })],
    [
      'another mission',
      (project) => writeMission(project, 'other', { 'spec.md': '' }),
      (project) => writeMission(project, 'm', { 'tasks/WP01.md': '' }),
    ],
    [
      'a directory in a mission',
      (project) => writeMission(project, 'm', { 'contracts/a.md': '' }),
      (project) => writeMission(project, 'm', { 'contracts/b/c.md': '', 'tasks/WP01.md': '' }),
    ],
    [
      'a directory in place of another',
      (project) => writeMission(project, 'm', { 'tasks/WP01.md': '' }),
      (project) => {
        renameSync(join(project, 'kitty-specs/m'), join(project, 'kitty-specs/.before'))
        writeMission(project, 'm', { 'tasks/WP01.md': '' })
      },
    ],
  ])('%s, after whichever system call it appears', async (_, before, change) => {
    const calls = await trial(0, before, () => undefined)
    expect(calls.made).toBeGreaterThan(4)
    const numbers = Array.from({ length: calls.made }, (_, at) => at + 1)
    const outcomes = await Promise.all(numbers.map((number) => trial(number, before, change)))
    expect(outcomes.filter(({ isTold }) => !isTold).map(({ last }) => last)).toEqual([])
    figure(`${outcomes.length} system calls`)
  })

  /** Makes the change right after the system call of this number, and says whether a change of what appeared is told. */
  async function trial(
    number: number,
    before: (project: string) => unknown,
    change: (project: string) => unknown,
  ) {
    const project = emptyProject()
    before(project)
    let [made, last] = [0, '']
    const end = afterCalls(project, (name) => {
      made += 1
      if (made !== number) return
      last = `${number}: ${name}`
      change(project)
    })
    const told: Told[] = []
    const watch = watchProject(project, { onChange: (missions) => told.push(missions) })
    endings.push(end, () => watch.close())
    await vi.waitFor(() => expect(told.length).toBeGreaterThan(0), PATIENCE)
    await sleep(QUIET_MS)
    const calls = made
    // Trials beside each other can make fewer calls than the first one: then it appears after the last of them.
    if (calls < number) {
      last = `${number}: after ${calls}`
      end()
      change(project)
      await sleep(QUIET_MS)
    }
    told.length = 0
    if (number > 0) writeFileSync(join(project, 'kitty-specs/m/tasks/WP01.md'), 'changed')
    await sleep(QUIET_MS)
    return { made: calls, last, isTold: told.some((missions) => missions?.includes('m') ?? true) }
  }
})

type Call = (...args: unknown[]) => unknown

/** Calls `told` with the name of each system call, once it was made, that this process makes below a directory. */
function afterCalls(directory: string, told: (name: string) => void): () => void {
  if (!isPatched) patchCalls()
  listeners.set(directory, told)
  return () => void listeners.delete(directory)
}

const listeners = new Map<string, (name: string) => void>()
let isPatched = false

/** Functions of `node:fs` are replaced for all modules of this process: they are imported by name. */
function patchCalls(): void {
  isPatched = true
  const ownerOf = new Map<unknown, string>()
  const tell = (name: string, path: unknown, result: unknown): void => {
    const fd = /^\/proc\/self\/fd\/(\d+)$/.exec(String(path))?.[1]
    const at = fd === undefined ? String(path) : ownerOf.get(Number(fd))
    const owner = [...listeners.keys()].find((directory) => at?.startsWith(directory) === true)
    if (owner === undefined) return
    if (name === 'openSync') ownerOf.set(result, owner)
    listeners.get(owner)?.(name)
  }
  const patch = (holder: object, name: string): void => {
    const calls = holder as Record<string, Call>
    const call = calls[name]
    if (call === undefined) throw new Error(`there is no ${name}`)
    calls[name] = (...args) => {
      const result = call.apply(calls, args)
      if (!(result instanceof Promise)) tell(name, args[0], result)
      return result instanceof Promise ? result.finally(() => tell(name, args[0], null)) : result
    }
  }
  for (const name of ['lstatSync', 'statSync', 'openSync', 'readdirSync', 'readlinkSync', 'watch'])
    patch(fs, name)
  for (const name of ['lstat', 'stat', 'realpath', 'statfs']) patch(fs.promises, name)
  patch(fs.realpathSync, 'native')
  syncBuiltinESMExports()
}

it('what appears before there was time to watch is watched too', async () => {
  const project = emptyProject()
  const told: Told[] = []
  let begin = (): void => undefined
  const whenIdle = () => new Promise<void>((resolve) => (begin = resolve))
  const watch = watchProject(project, { whenIdle, onChange: (missions) => told.push(missions) })
  endings.push(() => watch.close())
  const mission = writeMission(project, 'm', { 'spec.md': '' })
  await sleep(QUIET_MS)
  expect([told, watch.isSettled('m')]).toEqual([[], false])
  begin()
  await vi.waitFor(() => expect(told).toEqual([null]), PATIENCE)
  writeFileSync(join(mission, 'spec.md'), 'changed')
  await vi.waitFor(() => expect(told).toContainEqual(['m']), PATIENCE)
})

describe('missions that come and go are told', () => {
  it('also when kitty-specs comes later, goes, and comes again', async () => {
    const project = emptyProject()
    const { hears } = await watched(project)
    for (const round of [1, 2]) {
      const mission = writeMission(project, 'm', { 'spec.md': '' })
      await hears(null)
      writeFileSync(join(mission, 'spec.md'), String(round))
      await hears(['m'])
      rmSync(join(project, 'kitty-specs'), { recursive: true })
      await hears(null)
    }
  })

  it('also renamed: the new name is told from then on', async () => {
    const project = oneMission()
    const specs = join(project, 'kitty-specs')
    const { hears } = await watched(project)
    renameSync(join(specs, ID), join(specs, '002-renamed'))
    await hears(null)
    appendFileSync(join(specs, '002-renamed', 'status.events.jsonl'), '\n')
    await hears(['002-renamed'])
  })

  it('until the project itself goes, which raises no error, and from when it is there again', async () => {
    const project = oneMission()
    const { hears } = await watched(project)
    renameSync(project, `${project}-gone`)
    endings.push(() => rmSync(`${project}-gone`, { recursive: true, force: true }))
    await hears(null)
    renameSync(`${project}-gone`, project)
    await hears(null)
    appendFileSync(join(project, 'kitty-specs', ID, 'status.events.jsonl'), '\n')
    await hears([ID])
  })
})

/** Directories of the project to which a link in a mission leads, by the mission. */
const LEADS_OUT = { worktree: '.worktrees/w1', git: 'sub/.git/hooks', docs: 'docs/api' }

describe('nothing is told', () => {
  it('of what is not shown, of reading, and after the end', async () => {
    const project = oneMission()
    mkdirSync(join(project, '.kittify'))
    const mission = join(project, 'kitty-specs', ID)
    mkdirSync(join(mission, '.drafts'))
    for (const [name, target] of Object.entries(LEADS_OUT)) {
      mkdirSync(join(project, target), { recursive: true })
      symlinkSync(join('../..', target), join(writeMission(project, name), 'contracts'))
    }
    const { hearsNothing, watch } = await watched(project)
    writeFileSync(join(project, '.kittify', '.dashboard'), '{}')
    for (const target of Object.values(LEADS_OUT)) writeFileSync(join(project, target, 'a.md'), '')
    for (const place of [project, join(project, 'kitty-specs'), mission, join(mission, 'contracts')])
      writeFileSync(join(place, '.spec.md.swp'), '')
    writeFileSync(join(mission, '.drafts', 'a.md'), '')
    writeFileSync(join(project, 'README.md'), '')
    mkdirSync(join(project, 'src'))
    await openProject(project).missions()
    await openProject(project).document(ID, 'spec.md')
    await hearsNothing()
    watch.close()
    writeFileSync(join(project, 'kitty-specs', ID, 'spec.md'), 'late')
    await hearsNothing()
  })

  it('at most about ten times a second, however many changes there are', async () => {
    const project = oneMission()
    const { told } = await watched(project)
    const start = performance.now()
    for (let at = 0; at < 400; at += 1) {
      appendFileSync(join(project, 'kitty-specs', ID, 'status.events.jsonl'), laneEvent(at, 'WP01', 'done'))
      await sleep(2)
    }
    await sleep(300)
    const most = (performance.now() - start) / 100 + 1
    expect(told().length).toBeGreaterThan(1)
    expect(told().length).toBeLessThanOrEqual(most)
    expect(new Set(told().flat())).toEqual(new Set([ID]))
  })

  it('causes no wake-up while nothing happens', async () => {
    const { child, lines } = watching([process.execPath], largeProject(20, 5))
    await vi.waitFor(() => expect(lines()).toEqual(['null']), PATIENCE)
    await sleep(1000)
    const before = wakeUpsOf(child.pid)
    await sleep(2500)
    const wakeUps = wakeUpsOf(child.pid) - before
    figure(`${wakeUps} wake-ups in 2.5 quiet seconds`)
    // One look at every directory would be some hundred.
    expect(wakeUps).toBeLessThan(20)
  })
})

/** How often the main thread of a process has waited for something. */
function wakeUpsOf(pid: number | undefined): number {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8')
  return Number(/^voluntary_ctxt_switches:\s*(\d+)/m.exec(status)?.[1])
}

const WATCH = `
  const { watchProject } = await import(process.argv[1])
  watchProject(process.argv[2], { onChange: (missions) => console.log(JSON.stringify(missions)) })
  process.stdin.resume().on("end", () => process.exit(0))`

/** The same, and it says also when it is blind. */
const SIGHT = WATCH.replace(
  '{ onChange',
  '{ onSight: (blind) => console.log(JSON.stringify(blind)), onChange',
)

/** Watches a project in a process of its own, which ends with its input. */
function watching(command: readonly string[], project: string, program = WATCH) {
  const [first, ...rest] = [...command, '--input-type=module', '--eval', program, BUILT, project]
  const child = spawn(first, rest)
  const ended = new Promise((resolve) => child.once('close', resolve))
  endings.push(() => {
    child.stdin.end()
    return ended
  })
  let text = ''
  child.stdout.on('data', (part: Buffer) => void (text += part.toString()))
  child.stderr.on('data', (part: Buffer) => void (text += part.toString()))
  return { child, lines: () => text.split('\n').filter(Boolean), forget: () => void (text = '') }
}

/** A user namespace has limits of its own: only there may a test take the watches away from everybody. */
function limited(limit: string, value: number, project: string, program = WATCH) {
  const script = `echo ${value} > /proc/sys/user/${limit} && exec "$0" "$@"`
  return watching(
    ['unshare', '--user', '--map-root-user', 'sh', '-c', script, process.execPath],
    project,
    program,
  )
}

const canLimit =
  spawnSync('unshare', [
    '--user',
    '--map-root-user',
    'sh',
    '-c',
    'echo 9 > /proc/sys/user/max_inotify_watches',
  ]).status === 0
if (!canLimit) console.warn('skipped: "without watches": no user namespace whose limits may be set here')

describe.skipIf(!canLimit)('without watches', () => {
  /** Changes are told, some seconds later. */
  async function tellsLater(limit: string, value: number): Promise<void> {
    const project = oneMission()
    const mission = join(project, 'kitty-specs', ID)
    const { lines, forget } = limited(limit, value, project)
    await vi.waitFor(() => expect(lines()).toEqual(['null']), PATIENCE)
    for (const change of [
      () => appendFileSync(join(mission, 'status.events.jsonl'), laneEvent(9, 'WP01', 'done')),
      () => writeFileSync(join(mission, 'contracts/events/new.json'), ''),
      () => writeMission(project, 'new', { 'spec.md': '' }),
      () => rmSync(join(project, 'kitty-specs', 'new'), { recursive: true }),
    ]) {
      await sleep(100)
      forget()
      change()
      await vi.waitFor(() => expect(lines().length).toBeGreaterThan(0), PATIENCE)
      expect(lines().every((line) => ['null', `["${ID}"]`, '["new"]'].includes(line))).toBe(true)
    }
  }

  async function tellsNothingHidden(limit: string): Promise<void> {
    const project = oneMission()
    const mission = join(project, 'kitty-specs', ID)
    const other = writeMission(project, '999-later', { 'spec.md': '' })
    const { lines, forget } = limited(limit, 0, project)
    // Places are looked at in turn, this one last: when its change is told, all others were looked at before.
    const heardOfLast = (): Promise<void> => {
      forget()
      return vi.waitFor(() => {
        appendFileSync(join(other, 'spec.md'), 'more')
        expect(lines()).toContain('["999-later"]')
      }, PATIENCE)
    }
    await vi.waitFor(() => expect(lines()).toEqual(['null']), PATIENCE)
    await heardOfLast()
    mkdirSync(join(project, '.git'))
    for (const place of [project, join(project, 'kitty-specs'), mission, join(mission, 'tasks')])
      writeFileSync(join(place, '.hidden'), '')
    for (const _ of ['in the middle of a turn', 'in the next one']) {
      await heardOfLast()
      expect(new Set(lines())).toEqual(new Set(['["999-later"]']))
    }
  }

  // All four wait for a look that comes every some seconds: at the same time.
  it('(too few, or none) changes are told, some seconds later, and nothing hidden is', async () => {
    await Promise.all([
      tellsLater('max_inotify_watches', 3),
      tellsLater('max_inotify_instances', 0),
      tellsNothingHidden('max_inotify_watches'),
      tellsNothingHidden('max_inotify_instances'),
    ])
  })
})

/** Changes a file in memory that it is mapped to, of which inotify tells nothing. */
function mapped(path: string): number | null {
  const change =
    'import mmap, sys; f = open(sys.argv[1], "r+b"); m = mmap.mmap(f.fileno(), 0); m[0:1] = b"x"; m.flush()'
  return spawnSync('python3', ['-c', change, path]).status
}

const canMap = spawnSync('python3', ['--version']).status === 0
if (!canMap) console.warn('skipped: "a change that no watch tells": no python3 here to map a file')

describe('where the system does not tell all changes', () => {
  it.each([
    [0x01021997, '9p'],
    [0x65735546, 'FUSE'],
    [-11_317_950, 'CIFS'],
    [0x6969, 'NFS'],
    [0xef53, null],
    [0x794c7630, null],
    [0, null],
  ])('as on a file system of the type %i, that is known: %s', (type, name) => {
    const why = silenceOf('/', () => type)
    if (name === null) expect(why).toBeNull()
    else expect(why).toContain(`(${name}`)
  })

  it.skipIf(!canMap)('that is said, and a change that no watch tells is found', async () => {
    const directory = join(emptyProject(), 'shared')
    mkdirSync(directory)
    writeFileSync(join(directory, 'a'), 'one')
    const [told, untold, sights] = [[] as string[], [] as string[], [] as Parameters<OnSight>[0][]]
    const silent = watchDirectories(
      (owner) => told.push(owner),
      (blind) => sights.push(blind),
      () => 0x6969,
    )
    const trusting = watchDirectories((owner) => untold.push(owner))
    endings.push(
      () => silent.close(),
      () => trusting.close(),
    )
    for (const watches of [silent, trusting]) watches.keep('share', [{ path: directory, stats: null }])
    expect(sights).toEqual([
      { since: expect.stringMatching(/^\d{4}-.*Z$/), why: expect.stringContaining('NFS') },
    ])
    await sleep(100)
    expect(mapped(join(directory, 'a'))).toBe(0)
    await vi.waitFor(() => expect(told).toEqual(['share']), PATIENCE)
    expect(untold).toEqual([])
    silent.keep('share', [])
    expect(sights.at(-1)).toBeNull()
  })

  it.skipIf(!canLimit)('because it refuses to watch, that is said with the reason', async () => {
    const project = oneMission()
    const { lines } = limited('max_inotify_instances', 0, project, SIGHT)
    await vi.waitFor(() => expect(lines().join()).toContain('null'), PATIENCE)
    expect(lines()[0]).toMatch(/^\{"since":".*","why":".*EMFILE/)
  })
})

it('a directory that was swapped for a link is not watched', async () => {
  const project = oneMission()
  const secret = join(project, '.secret')
  mkdirSync(secret)
  const path = join(project, 'kitty-specs', ID, 'contracts')
  const told: string[] = []
  const watches = watchDirectories((owner) => told.push(owner))
  endings.push(() => watches.close())
  const before = watchesOfThis()
  watches.keep('still', [{ path: join(project, 'kitty-specs', ID, 'tasks'), stats: null }])
  renameSync(path, `${path}.aside`)
  symlinkSync(secret, path)
  watches.keep('swapped', [{ path, stats: null }])
  expect(watchesOfThis() - before).toBe(1)
  rmSync(path)
  renameSync(`${path}.aside`, path)
  // It is tried again, now and then.
  await vi.waitFor(() => expect(watchesOfThis() - before).toBe(2), PATIENCE)
})

it('the watches of a project are one a directory, and all are given back', async () => {
  const project = largeProject(10, 3)
  const before = watchesOfThis()
  const { watch } = await watched(project)
  // The project, kitty-specs, and per mission itself and its tasks.
  expect(watchesOfThis() - before).toBe(22)
  watch.close()
  expect(watchesOfThis()).toBe(before)
})

function watchesOfThis(): number {
  return readdirSync('/proc/self/fdinfo').reduce((sum, fd) => sum + watchesIn(`/proc/self/fdinfo/${fd}`), 0)
}

function watchesIn(path: string): number {
  try {
    return readFileSync(path, 'utf8')
      .split('\n')
      .filter((line) => line.startsWith('inotify')).length
  } catch {
    return 0
  }
}
