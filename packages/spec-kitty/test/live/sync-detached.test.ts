import { spawn, spawnSync } from 'node:child_process'
import { readdirSync, readFileSync, readlinkSync } from 'node:fs'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { eventually } from '../../../familiar/test/helpers/eventually.js'
import { CLI, smallEnvironment } from '../helpers/cli.js'
import { lives, makeRoot, until, type Daemon, type SyncRoot } from './sync-root.js'

/** A started daemon keeps nothing of its starter's: no pipe that is read to its end, no terminal, no directory. */
let root: SyncRoot

beforeEach(() => {
  root = makeRoot()
})

afterEach(() => root.end())

const START = `'${process.execPath}' '${CLI}' sync start`

/** A shell that waits for the end of a pipe which the daemon holds would wait for the daemon. */
const BOUND_MS = 60_000

/** Runs a script in bash and returns what it printed; `isOver` is false when it had to be ended. */
function inShell(script: string) {
  const { stdout, stderr, error } = spawnSync('bash', ['-c', script], {
    env: smallEnvironment(root.env),
    encoding: 'utf8',
    timeout: BOUND_MS,
    killSignal: 'SIGKILL',
  })
  return { stdout, stderr, isOver: error === undefined, daemon: demand(root.remember()) }
}

function demand(daemon: Daemon | null): Daemon {
  if (daemon === null) throw new Error('no daemon was started')
  return daemon
}

/** What the descriptors of a process lead to. */
function descriptorsOf(pid: number): readonly string[] {
  return readdirSync(`/proc/${pid}/fd`).flatMap((name) => {
    try {
      return [readlinkSync(`/proc/${pid}/fd/${name}`)]
    } catch {
      return []
    }
  })
}

/** Everything of the daemon that could tie it to its starter: files of its own directory do not. */
function tiesOf({ pid }: Daemon) {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1)?.split(' ') ?? []
  const open = descriptorsOf(pid)
  return {
    leadsItsOwnSession: fields[3] === String(pid),
    terminal: fields[4],
    directory: readlinkSync(`/proc/${pid}/cwd`),
    terminals: open.filter((target) => /^\/dev\/(?:pts|tty)/.test(target)),
    files: open.filter((target) => /^\/(?!dev\/|proc\/)/.test(target) && !target.startsWith(root.file(''))),
  }
}

/** A part of its program that it loads only now is open for a moment. */
const expectFree = (daemon: Daemon) => eventually(() => expect(tiesOf(daemon)).toEqual(free()))

const free = () => ({
  leadsItsOwnSession: true,
  terminal: '0',
  directory: root.path,
  terminals: [],
  files: [],
})

describe('sync start', () => {
  it('returns at once in a pipe', async () => {
    const { stdout, isOver, daemon } = inShell(`${START} | cat`)
    expect([isOver, lives(daemon)]).toEqual([true, true])
    expect(stdout).toContain(`process ${daemon.pid}`)
    await expectFree(daemon)
  })

  it('returns at once in $(...), with descriptors 20, 60 and 200 of the caller on its pipe', async () => {
    const script = `out=$(exec 20>&1 60>&1 200>&1; ${START}); echo "got: $out"`
    const { stdout, isOver, daemon } = inShell(script)
    expect([isOver, lives(daemon)]).toEqual([true, true])
    expect(stdout).toContain(`got: the sync daemon was started: process ${daemon.pid}`)
    await expectFree(daemon)
  })

  it('returns at once with its own output closed, and with a reader that had enough', async () => {
    const { isOver, daemon } = inShell(`${START} >&- 2>&- <&-; ${START} | true`)
    expect([isOver, lives(daemon)]).toEqual([true, true])
    await expectFree(daemon)
  })

  it('keeps no directory busy but its own, and no descriptor of a file that the caller has open', async () => {
    const { daemon } = inShell(`cd '${root.base}' && exec 7<'${CLI}' 30<'${CLI}' && ${START}`)
    await expectFree(daemon)
  })
})

describe.runIf(spawnSync('script', ['--version']).status === 0)('sync start on a terminal', () => {
  it('lives on without a terminal when that is closed, also abruptly', async () => {
    const terminal = spawn('script', ['-qec', `${START}; sleep 60`, '/dev/null'], {
      env: smallEnvironment(root.env),
      stdio: ['pipe', 'pipe', 'pipe'],
    })
    let screen = ''
    terminal.stdout.on('data', (chunk: Buffer) => (screen += chunk.toString()))
    expect(await until(() => screen.includes('was started'), BOUND_MS)).toBe(true)
    const daemon = demand(root.remember())
    const ended = new Promise((resolve) => terminal.once('close', resolve))
    terminal.kill('SIGKILL')
    await ended
    expect([lives(daemon), root.json(['sync', 'status']).document.pid]).toEqual([true, daemon.pid])
    await expectFree(daemon)
  })
})
