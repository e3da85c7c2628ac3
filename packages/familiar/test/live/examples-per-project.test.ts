import { randomBytes } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeEach, describe, expect, it } from 'vitest'
import type { Daemon } from '../../src/define/define-daemon.js'
import type { Sandbox } from '../../src/testing.js'
import { times } from '../helpers/counts.js'
import { eventually } from '../helpers/eventually.js'
import { leaveNoUsers, makeUser, runAtOnce, type Installed, type User } from '../helpers/examples.js'
import { removeAtOnce } from '../helpers/homes.js'
import { connectionsTo, listenersOn, watch } from '../helpers/machine.js'

leaveNoUsers()

/** A build tool with one daemon for each project, installed from the tarball. */
const PROJECTS = times(8, 21)

let user: User
let tool: Installed
let minibuild: Daemon

beforeEach(async () => {
  user = makeUser()
  tool = user.install('per-project')
  minibuild = await tool.load('minibuild')
})

const daemons = (): readonly number[] => user.processes('minibuild-daemon')

/** Bytes that cannot be compressed: the work takes about a second for a MiB. */
function makeProject(name: string, files = 1, bytes = 1_000): string {
  const project = join(user.base, 'projects', name)
  mkdirSync(join(project, 'src'), { recursive: true })
  writeFileSync(join(project, 'package.json'), '{}')
  for (let file = 0; file < files; file++)
    writeFileSync(join(project, 'src', `${String(file).padStart(3, '0')}.bin`), randomBytes(bytes))
  return project
}

const builtIn = (project: string): readonly string[] => readdirSync(join(project, 'dist')).toSorted()

describe(`${PROJECTS} projects at once`, () => {
  it('have a daemon each, on a port each', async () => {
    const projects = Array.from({ length: PROJECTS }, (_, index) => makeProject(`project-${index}`))
    const ended = await runAtOnce(tool, ['build'], projects)
    expect(ended.filter(({ status }) => status !== 0)).toEqual([])
    expect(projects.map(builtIn)).toEqual(projects.map(() => ['000.bin.br']))
    const states = await Promise.all(projects.map((project) => minibuild.at(project).status()))
    expect(new Set(states.map(({ state }) => state))).toEqual(new Set(['running']))
    const sorted = (numbers: readonly (number | null)[]) => numbers.toSorted((a, b) => Number(a) - Number(b))
    expect(sorted(daemons())).toEqual(sorted(states.map(({ pid }) => pid)))
    const ports = listenersOn(minibuild.ports.from, minibuild.ports.to).map(({ port }) => port)
    expect(sorted(ports)).toEqual(sorted(states.map(({ port }) => port)))
    expect([daemons().length, new Set(ports).size]).toEqual([PROJECTS, PROJECTS])
  })
})

describe('a build', () => {
  /** So many files that an interrupted build has not built them all. */
  const MANY = 20

  it('says what is done while it goes on, and the next one does only what has changed', async () => {
    // So many that a busy machine too passes on the first lines before the last file is built.
    const project = makeProject('warm', MANY, 100_000)
    const { child, ended } = tool.start(['build'], { cwd: project })
    const parts: string[] = []
    child.stdout?.on('data', (part: Buffer) => parts.push(part.toString()))
    const { status, stdout } = await ended
    expect([status, stdout.split('\n').length]).toEqual([0, MANY + 1])
    expect(parts.length).toBeGreaterThan(1)
    const [pid] = daemons()
    writeFileSync(join(project, 'src', '003.bin'), 'changed')
    const again = await tool.run(['build'], { cwd: join(project, 'src') })
    const marks = again.stdout.trimEnd().split('\n')
    expect(marks.map((line) => line.endsWith('(not changed)'))).toEqual(
      Array.from({ length: MANY }, (_, file) => file !== 3),
    )
    expect(daemons()).toEqual([pid])
  })

  it('ends at the daemon when the command is interrupted, and the daemon goes on', async () => {
    const project = makeProject('interrupted', MANY, 100_000)
    const { child, ended } = tool.start(['build'], { cwd: project })
    child.stdout?.once('data', () => process.kill(-(child.pid ?? 0), 'SIGINT'))
    const { status, stderr } = await ended
    expect([status, stderr]).toEqual([130, 'minibuild: interrupted\n'])
    const { logFile } = minibuild.at(project)
    await eventually(() => expect(readFileSync(logFile, 'utf8')).toContain('"build_aborted"'))
    const built = builtIn(project)
    expect(built.length).toBeLessThan(MANY)
    const { state, pid, port } = await minibuild.at(project).status()
    expect([state, daemons(), connectionsTo(port ?? 0)]).toEqual(['running', [pid], 0])
    // What was not built is now soon built: that takes as long as it is large.
    for (const name of readdirSync(join(project, 'src')).filter((one) => !built.includes(`${one}.br`)))
      writeFileSync(join(project, 'src', name), 'small')
    const { stdout } = await tool.run(['build'], { cwd: project })
    const kept = stdout.split('\n').filter((line) => line.endsWith('(not changed)'))
    expect([kept.length, builtIn(project).length]).toEqual([built.length, MANY])
    expect(daemons()).toEqual([pid])
  })

  it.each([
    ['--no-daemon', ['build', '--no-daemon'], {}],
    ['MINIBUILD_NO_DAEMON', ['build'], { MINIBUILD_NO_DAEMON: '1' }],
    ['CI', ['build'], { CI: 'true' }],
  ])('needs no daemon: %s', async (_, args, env) => {
    const project = makeProject('alone', 2)
    const { status, stdout, stderr } = await tool.run(args, { cwd: project, env })
    expect([status, stdout.split('\n').length, stderr]).toEqual([0, 3, ''])
    expect([builtIn(project).length, daemons(), existsSync(user.state('minibuild'))]).toEqual([2, [], false])
  })

  it('outside of a project says so', async () => {
    const { status, stdout, stderr } = await tool.run(['build'], { cwd: user.env['HOME'] ?? '' })
    expect([status, stdout]).toEqual([1, ''])
    expect(stderr).toMatch(
      /^minibuild: .* is not in a project \(no package\.json, no \.git\): run the command in a project\n$/,
    )
  })
})

describe('the daemon of a deleted project', () => {
  /** The usual half minute between two checks would be a long wait. */
  const TICK_SECONDS = 0.1

  it('leaves by itself, and those of others stay', async () => {
    const { sandbox } = await tool.loadModule('node_modules/familiar/lib/testing.js')
    const box: Sandbox = await sandbox(minibuild, { tickSeconds: TICK_SECONDS })
    try {
      const [deleted, other] = [makeProject('deleted'), makeProject('other')]
      const [daemon, ofOther] = [await start(deleted, box.env), await start(other, box.env)]
      removeAtOnce(deleted)
      await eventually(() => expect(daemon.isAlive()).toBe(false))
      expect([ofOther.isAlive(), daemons()]).toEqual([true, [ofOther.pid]])
      const listeners = listenersOn(minibuild.ports.from, minibuild.ports.to)
      expect(listeners.map(({ port }) => port)).toEqual([ofOther.port])
      expect(existsSync(deleted)).toBe(false)
      const { candidates } = await minibuild.at(other).scan()
      expect(candidates.map(({ observation }) => observation.pid)).toEqual([ofOther.pid])
      makeProject('deleted')
      expect((await start(deleted, box.env)).pid).not.toBe(daemon.pid)
    } finally {
      await box.close()
    }
  })

  it('that hangs and cannot leave needs a decision, and is ended by one', async () => {
    const [deleted, other] = [makeProject('deleted'), makeProject('other')]
    const [daemon, ofOther] = [await start(deleted), await start(other)]
    process.kill(daemon.pid, 'SIGSTOP')
    rmSync(deleted, { recursive: true })
    const { entries } = await minibuild.at(other).cleanUp()
    const results = entries.map(({ candidate, result }) => [candidate.observation.pid, result.outcome])
    expect(results).toEqual([[daemon.pid, 'skipped']])
    expect([daemon.isAlive(), ofOther.isAlive()]).toEqual([true, true])
    await minibuild.at(other).cleanUp({ force: true })
    expect([daemon.isAlive(), ofOther.isAlive(), existsSync(deleted)]).toEqual([false, true, false])
  })

  async function start(project: string, env: Readonly<Record<string, string>> = {}) {
    expect(await tool.run(['build'], { cwd: project, env })).toMatchObject({ status: 0, stderr: '' })
    const { pid, port } = await minibuild.at(project).status()
    return { pid: pid ?? 0, port, isAlive: watch(pid ?? 0) }
  }
})
