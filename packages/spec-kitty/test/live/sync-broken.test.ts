import { spawnSync } from 'node:child_process'
import { cpSync, mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { withoutWaits } from '../../../familiar/test/helpers/waits.js'
import { AT_ONCE_MS, smallEnvironment } from '../helpers/cli.js'
import { lineOf, makeRoot, processesNaming, type SyncRoot } from './sync-root.js'

/** An installation whose daemon cannot run: half an upgrade, a lost file. */
let root: SyncRoot
let installed: string

const PACKAGE = fileURLToPath(new URL('../../', import.meta.url))
const MODULES = fileURLToPath(new URL('../../../../node_modules', import.meta.url))

beforeEach(() => {
  root = makeRoot()
  installed = join(root.base, 'installed')
  mkdirSync(installed)
  for (const name of ['bin', 'command', 'package.json']) {
    cpSync(join(PACKAGE, name), join(installed, name), { recursive: true })
  }
  symlinkSync(MODULES, join(installed, 'node_modules'))
})

afterEach(() => root.end())

function start(...flags: readonly string[]) {
  const command = [join(installed, 'bin', 'spec-kitty.js'), 'sync', 'start', ...flags]
  const began = performance.now()
  const ran = spawnSync(process.execPath, command, {
    env: smallEnvironment(root.env),
    encoding: 'utf8',
    timeout: 60_000,
  })
  return { ...ran, stderr: withoutWaits(ran.stderr), ms: performance.now() - began }
}

const DAEMON = 'spec-kitty-daemon.js'

const BROKEN: Readonly<Record<string, readonly [(entry: string) => void, cause: string]>> = {
  'is gone': [(entry) => rmSync(entry), 'Cannot find module'],
  'is half written': [(entry) => writeFileSync(entry, 'const {'), 'SyntaxError'],
  'loses a part as it loads it': [
    (entry) =>
      writeFileSync(entry, "require('node:module')._extensions['.js']({}, __dirname + '/part-a.js')\n"),
    'ENOENT',
  ],
  'ends at once': [(entry) => writeFileSync(entry, 'process.exit(7)\n'), '7'],
  'is killed': [(entry) => writeFileSync(entry, 'process.kill(process.pid, "SIGKILL")\n'), 'SIGKILL'],
}

/** Then the installation is incomplete, and the command says so. */
const IN_PART: ReadonlySet<string> = new Set(['is gone', 'is half written', 'loses a part as it loads it'])

describe('a start whose daemon', () => {
  it.each(Object.keys(BROKEN))('%s fails at once with the cause, and leaves no process', (how) => {
    const isInPart = IN_PART.has(how)
    const [damage, cause] = BROKEN[how] ?? [() => undefined, '']
    damage(join(installed, 'command', DAEMON))
    const { status, stdout, stderr, ms } = start('--json')
    expect([status, stderr.trimEnd(), ms < AT_ONCE_MS]).toEqual([isInPart ? 75 : 1, lineOf(stderr)[0], true])
    expect(stderr).toContain(cause)
    expect(stderr).toContain(root.file('daemon.log'))
    expect(processesNaming(root.path)).toEqual([])
    const document = JSON.parse(stdout)
    const code = isInPart ? 'E_INSTALLATION_CHANGED' : 'E_DAEMON_START_FAILED'
    expect([document.ok, document.error.code]).toEqual([false, code])
    expect(root.start().pid).toBeGreaterThan(1)
  })
})

describe('a command that loses a part of its program as it opens it', () => {
  it.each([
    ['of its beginning', 'main', ['sync', 'status', '--json']],
    ['of the start', 'connect-cold', ['sync', 'start', '--json']],
    ['that reads the queue, in status,', 'queue', ['sync', 'status', '--json']],
    ['that reads the queue, in the doctor,', 'queue', ['auth', 'doctor', '--json']],
  ])('%s says to run it again, with 75', (_, name, args) => {
    const hook = join(root.base, 'hook.cjs')
    const taken = `/command/(?:daemon-)?${name}-[^/]+\\.js$`
    writeFileSync(
      hook,
      `const fs = require('node:fs')
const read = fs.readFileSync
fs.readFileSync = (file, ...options) => {
  if (new RegExp(${JSON.stringify(taken)}).test(file)) fs.rmSync(file, { force: true })
  return read(file, ...options)
}
`,
    )
    mkdirSync(dirname(root.file('queue.db')), { recursive: true })
    writeFileSync(root.file('queue.db'), '')
    const command = ['--require', hook, join(installed, 'bin', 'spec-kitty.js'), ...args]
    const ran = spawnSync(process.execPath, command, { env: smallEnvironment(root.env), encoding: 'utf8' })
    expect([ran.status, JSON.parse(ran.stdout).error?.code]).toEqual([75, 'E_INSTALLATION_CHANGED'])
    expect(ran.stderr).toMatch(
      /^spec-kitty: this installation is incomplete, or it is being replaced[^\n]*\n$/,
    )
  })
})
