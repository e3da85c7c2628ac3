import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { makeBuild, type Build } from '../helpers/builds.js'
import { smallEnvironment } from '../helpers/cli.js'
import { lives as isThere } from '../helpers/dashboards.js'
import { makeDashboardTestEnv } from './dashboards.js'
import { lineOf, lives, makeRoot, until, type SyncRoot } from './sync-root.js'

/** The package is replaced while a command waits: what the command needs from then on must be in memory. */
let root: SyncRoot
let build: Build
const children: ChildProcess[] = []

beforeEach(() => {
  root = makeRoot()
  build = makeBuild(root.base, { version: '4.0.0' })
})

afterEach(async () => {
  for (const child of children.splice(0)) {
    if (child.exitCode === null && child.signalCode === null) {
      child.kill('SIGKILL')
      await once(child, 'exit')
    }
  }
  await root.end()
})

/** The new version, as far as this test goes. */
const NEWER = fileURLToPath(new URL('../../command', import.meta.url))

/** They have fixed names: after an upgrade those of the new version are there. */
const FIXED = ['main.js', 'spec-kitty-daemon.js']

/** What an upgrade does: the library anew, other parts with other names, and what has a fixed name uses those. */
function replacePackage({ directory }: Build): void {
  const command = join(directory, 'command')
  for (const name of readdirSync(command)) rmSync(join(command, name), { recursive: true })
  rmSync(join(dirname(dirname(directory)), 'node_modules'))
  writeFileSync(join(command, 'package.json'), '{"type":"commonjs"}')
  for (const name of FIXED)
    writeFileSync(join(command, name), `module.exports = require(${JSON.stringify(join(NEWER, name))})\n`)
}

const HOLDER = fileURLToPath(new URL('../fixtures/processes/lock-holder.mjs', import.meta.url))

/** Holds a lock until it is told to leave. */
async function holdLock(path: string): Promise<() => Promise<void>> {
  const child = spawn(process.execPath, [HOLDER, path], { stdio: ['ignore', 'pipe', 'inherit'] })
  children.push(child)
  await once(child.stdout, 'data')
  return async () => {
    child.kill('SIGKILL')
    await once(child, 'exit')
  }
}

/** Starts a command of the copied package. */
function startCommand(args: readonly string[], env: Readonly<Record<string, string>>) {
  const child = spawn(process.execPath, [build.cli, ...args], { env: smallEnvironment(env), stdio: 'pipe' })
  children.push(child)
  const state = { args, stdout: '', stderr: '', ended: once(child, 'close') }
  child.stdout.on('data', (chunk: Buffer) => (state.stdout += chunk.toString()))
  child.stderr.on('data', (chunk: Buffer) => (state.stderr += chunk.toString()))
  return state
}

const waits = ({ stderr }: { readonly stderr: string }): boolean => stderr.includes('waiting for the lock')

describe('the package replaced while a command waits for the lock', () => {
  it('a command that waits in vain says so in one line, with 75', async () => {
    const running = root.beside(join(root.base, 'running'))
    const daemon = running.start()
    await holdLock(root.file('lifecycle.lock'))
    await holdLock(running.file('lifecycle.lock'))
    const commands = [
      startCommand(['sync', 'start'], root.env),
      startCommand(['sync', 'start', '--json'], root.env),
      startCommand(['sync', 'restart'], running.env),
      startCommand(['sync', 'stop'], running.env),
      startCommand(['sync', 'stop', '--json'], running.env),
    ]
    expect(await until(() => commands.every(waits))).toBe(true)
    replacePackage(build)
    for (const command of commands) {
      const { args } = command
      expect([args, await command.ended]).toEqual([args, [75, null]])
      expect(command.stdout === '').toBe(!args.includes('--json'))
    }
    for (const { args, stdout, stderr } of commands) {
      const line = /^spec-kitty: waited 30 s for the lock [^\n]+\(try again [^\n]+\)$/
      expect([args, lineOf(stderr)]).toEqual([args, [expect.stringMatching(line)]])
      // A long wait is told again every ten seconds.
      expect(stderr.split('\n').filter((one) => !one.startsWith('waiting for '))).toHaveLength(2)
      if (args.includes('--json')) expect(JSON.parse(stdout).error.code).toBe('E_LOCK_BUSY')
    }
    expect(lives(daemon)).toBe(true)
  }, 240_000)

  it('a stop that gets the lock then does its work', async () => {
    const daemon = root.start()
    const release = await holdLock(root.file('lifecycle.lock'))
    const command = startCommand(['sync', 'stop', '--json'], root.env)
    expect(await until(() => waits(command))).toBe(true)
    replacePackage(build)
    await release()
    expect(await command.ended).toEqual([0, null])
    expect(JSON.parse(command.stdout)).toMatchObject({ outcome: 'stopped', pid: daemon.pid })
    expect(lives(daemon)).toBe(false)
  })
})

describe('the package replaced while a command asks', () => {
  it('the answer is carried out', async () => {
    const place = makeDashboardTestEnv()
    try {
      const project = place.project('gone')
      const orphan = await place.predecessor(9250, project)
      rmSync(project, { recursive: true })
      const line = `'${process.execPath}' '${build.cli}' dashboard --cleanup-all`
      const child = spawn('script', ['-qec', line, '/dev/null'], {
        cwd: place.home,
        env: smallEnvironment({ ...place.env, TERM: 'xterm', SHELL: '/bin/sh' }),
        stdio: 'pipe',
      })
      children.push(child)
      let said = ''
      child.stdout.on('data', (chunk: Buffer) => (said += chunk.toString()))
      const ended = once(child, 'exit')
      expect(await until(() => said.includes('[y/N]'))).toBe(true)
      replacePackage(build)
      child.stdin.write('y\n')
      expect([await ended, said]).toEqual([[0, null], expect.stringContaining('Killed 1 process')])
      expect(isThere(orphan)).toBe(false)
    } finally {
      await place.end()
    }
  })
})
