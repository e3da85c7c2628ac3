import { spawn } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { spawnPredecessor, stopAll } from '../../../../stand-ins/predecessor.mjs'
import { TABLE } from '../../src/cli/command-table.js'
import { makeBuild } from '../helpers/builds.js'
import { runCli, smallEnvironment, startCli } from '../helpers/cli.js'
import { endOf, processOf, textOf, type Process } from '../helpers/dashboards.js'
import { listenersOn } from '../helpers/machine.js'
import { expectValid } from '../helpers/schemas.js'
import { FROM, makeDashboardTestEnv, TO } from './dashboards.js'
import { spawnHolder } from './holder.js'
import { lives, makeRoot, processesNaming, until, type SyncRoot } from './sync-root.js'

/**
 * Ctrl+C while a command ends daemons. One that was told to end may have closed its port and hang: no later scan finds it,
 * so the command ends it before it leaves, or names it.
 */
let root: SyncRoot

beforeEach(() => {
  root = makeRoot()
})

afterEach(async () => {
  await stopAll()
  await root.end()
})

/** The first SIGTERM may have its effect late on a busy machine. */
const BOUND_MS = 30_000

/** A hanging daemon is told, closes its port, and is killed only 5 s later: by then a command that leaves at once is gone. */
const AT_ONCE_MS = 3_000

async function hanging(port: number, more: object = {}): Promise<Process> {
  const options = { family: 'sync', version: '3.2.4', root: root.path, behaviour: 'close-then-hang' } as const
  return processOf((await spawnPredecessor({ ...options, port, ...more })).pid)
}

const listens = (port: number): boolean => listenersOn(port, port + 1).length > 0

const FINISHES =
  /^spec-kitty: interrupted: waiting for the end of what was told to end, until [\d:]+ at most, and ending nothing else; press Ctrl\+C again to leave at once$/m

/** More than the time in which a second SIGINT belongs to the first Ctrl+C. */
const A_HAND_MS = 500

/** Runs a command, and presses Ctrl+C as soon as the port is closed, and perhaps again when that has had its effect. */
async function interrupt(args: readonly string[], closed: number, isTwice = false) {
  const child = startCli(args, root.env)
  let stderr = ''
  child.stderr.setEncoding('utf8').on('data', (text: string) => void (stderr += text))
  const text = textOf(child.stdout)
  await until(() => !listens(closed), BOUND_MS)
  const began = performance.now()
  child.kill('SIGINT')
  if (isTwice) {
    await until(() => FINISHES.test(stderr), BOUND_MS)
    await new Promise((resolve) => setTimeout(resolve, A_HAND_MS))
    child.kill('SIGINT')
  }
  const status = await endOf(child)
  return { status, stdout: await text, stderr, ms: performance.now() - began }
}

const RESET = ['auth', 'doctor', '--reset', '--force']

describe('Ctrl+C while daemons are ended', () => {
  it('lets a reset finish what it has begun, and print its rows', async () => {
    const [one, two] = [await hanging(9401), await hanging(9402, { behaviour: 'ignore-term' })]
    const { status, stdout, stderr } = await interrupt(RESET, 9401)
    expect([status, lives(one), lives(two)]).toEqual([130, false, false])
    expect(stderr).toMatch(FINISHES)
    expect(stdout).toContain(`ended port 9401 (process ${one.pid}`)
    expect(stdout).toContain('swept: 2 ')
  })

  it('prints one valid document with --json', async () => {
    const one = await hanging(9401)
    const { status, stdout } = await interrupt([...RESET, '--json'], 9401)
    const document = JSON.parse(stdout)
    expectValid('auth-doctor', document)
    expect([status, lives(one)]).toEqual([130, false])
    expect(document.reset_result.swept).toMatchObject([{ pid: one.pid, port: 9401 }])
  })

  it('leaves at once the second time, and names what has closed its port and how to look at it and end it', async () => {
    const one = await hanging(9401)
    const two = await hanging(9402, { behaviour: 'none' })
    const { status, stdout, stderr, ms } = await interrupt(RESET, 9401, true)
    expect([status, stdout, ms < AT_ONCE_MS, lives(one), lives(two)]).toEqual([130, '', true, true, false])
    expect(stderr).toContain('spec-kitty: interrupted; ended: 1; told to end, but still there: 1\n')
    expect(stderr).toContain(`ended: process ${two.pid} (port 9402)\n`)
    expect(stderr).toMatch(
      new RegExp(
        `^told to end: process ${one.pid} has closed port 9401, and is still ending, which may take until [\\d:]+; no later look at the ports finds it; if it stays: \`ps .*; pwdx ${one.pid}\` shows it, \`kill -9 ${one.pid}\` ends it$`,
        'm',
      ),
    )
    expect(stderr).toMatch(/spec-kitty auth doctor\n$/)
  })

  it('and that as one valid document with --json', async () => {
    const one = await hanging(9401)
    const { status, stdout, ms } = await interrupt([...RESET, '--json'], 9401, true)
    const document = JSON.parse(stdout)
    expectValid('error', document)
    expect([status, ms < AT_ONCE_MS, lives(one)]).toEqual([130, true, true])
    expect(document.error).toMatchObject({ code: 'E_INTERRUPTED' })
    expect(document.error.message).toContain(`kill -9 ${one.pid}`)
    expect(document.error.remediation).toBe('to see what is left: spec-kitty auth doctor')
  })

  it('lets a stop finish', async () => {
    const one = await hanging(9400, { record: true })
    const { status, stdout, stderr } = await interrupt(['sync', 'stop'], 9400)
    expect([status, lives(one)]).toEqual([130, false])
    expect(stderr).toMatch(FINISHES)
    expect(stdout).toMatch(/^stopped the sync daemon/)
  })

  it('names the status of the daemon if a stop is left, and not the look at all daemons', async () => {
    await hanging(9400, { record: true })
    const { status, stderr } = await interrupt(['sync', 'stop'], 9400, true)
    expect([status, stderr]).toEqual([130, expect.stringMatching(/spec-kitty sync status\)?\n$/)])
  })

  it('lets a restart end the old daemon, and starts none', async () => {
    const one = await hanging(9400, { record: true })
    const { status, stdout, stderr } = await interrupt(['sync', 'restart'], 9400)
    expect([status, stdout, lives(one), listenersOn(9400, 9450)]).toEqual([130, '', false, []])
    expect(stderr).toContain(`ended: process ${one.pid} (port 9400)\n`)
  })

  it('lets a clean-up of dashboards finish', async () => {
    const place = makeDashboardTestEnv()
    try {
      const one = await place.predecessor(FROM + 3, place.project('one'), { behaviour: 'close-then-hang' })
      const child = startCli(['dashboard', 'clean-up', '--yes', '--force'], place.env)
      const texts = Promise.all([textOf(child.stdout), textOf(child.stderr)])
      await until(() => !listens(FROM + 3), BOUND_MS)
      child.kill('SIGINT')
      expect([await endOf(child), lives(one), listenersOn(FROM, TO)]).toEqual([130, false, []])
      const [stdout, stderr] = await texts
      expect(stdout).toContain('Killed 1 process\n')
      expect(stderr).toMatch(FINISHES)
    } finally {
      await place.end()
    }
  })
})

describe('Ctrl+C before anything is ended', () => {
  it('says so, and how to look', async () => {
    const one = await hanging(9401)
    const lock = spawnHolder(root.path)
    await lock.ready
    try {
      const child = startCli([...RESET, '--json'], root.env)
      const texts = Promise.all([textOf(child.stdout), textOf(child.stderr)])
      child.stderr.once('data', () => child.kill('SIGINT'))
      expect([await endOf(child), lives(one)]).toEqual([130, true])
      const [stdout, stderr] = await texts
      expect(stderr).toContain('spec-kitty: interrupted; nothing was ended (')
      expect(JSON.parse(stdout).error).toMatchObject({
        code: 'E_INTERRUPTED',
        message: 'interrupted; nothing was ended',
        remediation: 'to see what is left: spec-kitty auth doctor',
      })
    } finally {
      lock.stop()
    }
  })
})

/** What the other commands do is told even if it is interrupted: they change something, end something, or wait. */
const NO_LOOK: ReadonlySet<string> = new Set([
  'help',
  'version',
  'init',
  'dashboard',
  'dashboard stop',
  'dashboard restart',
  'auth login',
  'auth logout',
  'sync start',
  'sync stop',
  'sync restart',
  'sync opt-in',
  'sync opt-out',
  'sync publish',
  'sync queue retry',
  'sync queue drop',
  'upgrade-hook',
])

/** A command that needs more words to run, or is a clean-up. */
const WORDS: Readonly<Record<string, string>> = {
  'dashboard clean-up': 'dashboard clean-up --dry-run',
  'config get': 'config get sync.server_url',
  completion: 'completion bash',
}

describe('Ctrl+C to a command that only looks', () => {
  it('is obeyed although it comes during work that waits for nothing, before anything is printed', async () => {
    const env = makeDashboardTestEnv()
    try {
      // As if it came just when it can be handled: all that most commands do after that is synchronous.
      const preload = join(root.base, 'press.cjs')
      writeFileSync(
        preload,
        `process.on('newListener', (name) => {
           if (name === 'SIGINT') process.nextTick(() => process.kill(process.pid, 'SIGINT'))
         })`,
      )
      const looking = TABLE.flatMap(({ words }) => (NO_LOOK.has(words) ? [] : (WORDS[words] ?? words)))
      const told = [
        ...looking,
        ...looking.filter((words) => words.startsWith('sync')).map((one) => `${one} --json`),
      ]
      const cwd = env.project('one')
      const ran = told.map((words) => {
        const options = { cwd, env: { ...root.env, ...env.env, NODE_OPTIONS: `--require=${preload}` } }
        const { status, stdout, stderr } = runCli(words.split(' '), options)
        // For a script, the failure is the document.
        const said = words.endsWith(' --json') ? JSON.parse(stdout).error.code : stdout
        return [words, status, said, stderr]
      })
      expect(looking.length).toBeGreaterThan(10)
      expect(ran).toEqual(
        told.map((words) => [
          words,
          130,
          words.endsWith(' --json') ? 'E_INTERRUPTED' : '',
          'spec-kitty: interrupted\n',
        ]),
      )
    } finally {
      await env.end()
    }
  })
})

describe('a signal to a command whose daemon never comes up', () => {
  /** Interrupts a command of a build whose daemons wait for ever before they serve. */
  async function interruptStart(args: readonly string[], signal: NodeJS.Signals) {
    const env = makeDashboardTestEnv()
    try {
      const build = makeBuild(root.base, { version: '4.0.0' })
      writeFileSync(build.entry, 'setInterval(() => {}, 1_000_000_000)\n')
      const child = spawn(process.execPath, [build.cli, ...args], {
        cwd: env.project('one'),
        env: smallEnvironment({ ...root.env, ...env.env }),
        stdio: 'ignore',
      })
      const daemons = () => processesNaming(build.entry)
      await until(() => daemons().length > 0, BOUND_MS)
      child.kill(signal)
      return [await endOf(child), daemons()]
    } finally {
      await env.end()
    }
  }

  it.each([
    [['sync', 'start'], 'SIGINT', 130],
    [['sync', 'restart'], 'SIGTERM', 143],
    [['dashboard'], 'SIGINT', 130],
    [['dashboard', 'restart'], 'SIGTERM', 143],
  ] as const)('%j, %s: ends the process before it exits with %i', async (args, signal, code) => {
    expect(await interruptStart(args, signal)).toEqual([code, []])
  })
})
