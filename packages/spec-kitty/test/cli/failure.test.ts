import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { Script } from 'node:vm'
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { CLI, smallEnvironment } from '../helpers/cli.js'
import { DAMAGES } from '../helpers/damages.js'
import { makeHome, removeHomes } from '../../../familiar/test/helpers/homes.js'
import { needCommand } from '../../../familiar/test/helpers/skip.js'

afterAll(removeHomes)

/** One line. */
const INCOMPLETE = /^spec-kitty: this installation is incomplete, [^\n]+ install spec-kitty again[^\n]*\n$/

/** A package that is being replaced at this moment: its main file is still there, the file of the command is not. */
describe('a package without its parts', () => {
  const PACKAGE = fileURLToPath(new URL('../../', import.meta.url))
  let copy: string

  beforeAll(() => {
    copy = mkdtempSync(join(tmpdir(), 'familiar-part-'))
    for (const name of ['bin', 'command', 'package.json']) {
      cpSync(join(PACKAGE, name), join(copy, name), { recursive: true })
    }
    symlinkSync(join(PACKAGE, '../../node_modules'), join(copy, 'node_modules'))
  })

  afterAll(() => rmSync(copy, { recursive: true }))

  /** Takes all parts away until the end of the test. */
  const removeParts = (): void => {
    renameSync(join(copy, 'command'), join(copy, 'aside'))
    onTestFinished(() => renameSync(join(copy, 'aside'), join(copy, 'command')))
  }

  /** Does something to a part until the end of the test. */
  const damage = (name: string, act: (path: string) => void): void => {
    const path = join(copy, 'command', name)
    act(path)
    onTestFinished(() => cpSync(join(PACKAGE, 'command', name), path))
  }

  const run = (...args: readonly string[]) =>
    spawnSync(process.execPath, [join(copy, 'bin/spec-kitty.js'), ...args], {
      env: smallEnvironment({ SPEC_KITTY_HOME: join(copy, 'home') }),
      encoding: 'utf8',
    })

  it('says so in one line, and that it may be tried again; an upgrade does not fail', () => {
    for (const name of readdirSync(join(copy, 'command'))) {
      if (/^(?:sync-|upgrade-)/.test(name)) damage(name, (path) => rmSync(path))
    }
    const { status, stdout, stderr } = run('sync', 'start', '--json')
    expect([status, JSON.parse(stdout).error.code]).toEqual([75, 'E_INSTALLATION_CHANGED'])
    expect(stderr).toMatch(INCOMPLETE)
    expect(run('upgrade-hook').status).toBe(0)
    expect(run('--version').status).toBe(0)
  })
  it('says the same where nothing of the command is left', () => {
    removeParts()
    const { status, stdout, stderr } = run('--version', '--json')
    expect([status, JSON.parse(stdout)]).toMatchObject([
      75,
      { schema_version: 3, ok: false, error: { code: 'E_INSTALLATION_CHANGED' } },
    ])
    expect(stderr).toMatch(INCOMPLETE)
    expect(run('upgrade-hook').status).toBe(0)
  })

  it.for(['main.js', 'package.json'])('says the same where only half of its %s is written', (name) => {
    damage(name, (path) => writeFileSync(path, '{ "half'))
    const { status, stdout, stderr } = run('sync', 'status', '--json')
    expect([status, JSON.parse(stdout).error.code]).toEqual([75, 'E_INSTALLATION_CHANGED'])
    expect(stderr).toMatch(INCOMPLETE)
  })

  it('says the same where the type of its parts is not written yet', () => {
    damage('package.json', (path) => rmSync(path))
    const { status, stdout, stderr } = run('sync', 'status', '--json')
    expect([status, JSON.parse(stdout).error.code]).toEqual([75, 'E_INSTALLATION_CHANGED'])
    expect(stderr).toMatch(INCOMPLETE)
  })

  it('has no part of which a beginning compiles', () => {
    const parts = readdirSync(join(PACKAGE, 'command')).filter((name) => name.endsWith('.js'))
    const cut = join(copy, 'cut')
    expect(parts.length).toBeGreaterThan(50)
    for (const name of parts) {
      const whole = readFileSync(join(PACKAGE, 'command', name), 'utf8')
      expect([name, compiles(whole)]).toEqual([name, true])
      for (const how of ['cut to a half', 'cut in the last line'] as const) {
        writeFileSync(cut, whole)
        DAMAGES[how]?.(cut)
        expect([name, how, compiles(readFileSync(cut, 'utf8'))]).toEqual([name, how, false])
      }
    }
  })

  // Every part with every damage is in live/half-installed; each is seen by the bin, by another part, or by the starter of a daemon.
  it.for([
    ['main.js', 'empty', 'sync status --json'],
    ['main.js', 'cut in the last line', 'sync status --json'],
    ['main-', 'cut in the last line', 'sync status --json'],
    ['main-', 'empty', 'sync status --json'],
    ['package.json', 'empty', 'sync status --json'],
    ['package.json', 'cut in the last line', 'sync status --json'],
    ['scan-', 'missing', 'auth doctor --json'],
    ['sync-start-', 'cut to a half', 'sync start --json'],
    ['connect-cold-', 'empty', 'sync start --json'],
    ['spec-kitty-daemon.js', 'missing', 'sync start --json'],
    ['spec-kitty-daemon.js', 'cut to a half', 'sync start --json'],
  ] as const)('says the same where %s is %s, to %s', ([part, how, line]) => {
    const name = readdirSync(join(copy, 'command')).find((one) => one.startsWith(part)) ?? part
    damage(name, DAMAGES[how] ?? expect.fail)
    const { status, stdout, stderr } = run(...line.split(' '))
    expect([status, JSON.parse(stdout).error.code]).toEqual([75, 'E_INSTALLATION_CHANGED'])
    expect(stderr).toMatch(INCOMPLETE)
  })

  it.for([
    ['version', '--version', ['missing', 'cut in the last line']],
    ['help.sync', 'help sync', ['empty', 'cut to a half']],
  ] as const)('prints its %s whole, or from where it comes', ([name, line, damages]) => {
    const expected = run(...line.split(' '))
    for (const how of damages) {
      damage(`texts/${name}`, (path) => {
        cpSync(join(PACKAGE, 'command/texts', name), path)
        DAMAGES[how]?.(path)
      })
      expect(run(...line.split(' '))).toMatchObject({ status: 0, stdout: expected.stdout, stderr: '' })
    }
  })

  it('says how to build a checkout of the source that was not built', () => {
    removeParts()
    mkdirSync(join(copy, 'src'))
    onTestFinished(() => rmSync(join(copy, 'src'), { recursive: true }))
    writeFileSync(join(copy, 'src/main.ts'), '')
    for (const args of [[], ['--help']]) {
      const { status, stdout, stderr } = run(...args)
      expect([args, status, stdout]).toEqual([args, 2, ''])
      expect(stderr).toBe(
        "spec-kitty: this checkout of the source has not been built (run 'npm ci && npm run build' in it)\n",
      )
    }
    expect(JSON.parse(run('sync', 'status', '--json').stdout).error.code).toBe('E_NOT_BUILT')
    expect(run('upgrade-hook').status).toBe(0)
  })
})

/** Returns whether Node would run the text as a module in CommonJS. */
function compiles(text: string): boolean {
  try {
    void new Script(`(function (exports, require, module) {${text}\n})`)
    return true
  } catch {
    return false
  }
}

/** SQLite and the loader of native modules do not say that they lacked descriptors. */
describe('with few descriptors', () => {
  it.for([
    ['sync', 'publish', '--type', 'T'],
    ['sync', 'queue'],
    ['sync', 'status'],
  ])('%j works, or says what it lacks', { timeout: 120_000 }, (args, context) => {
    needCommand(context, 'prlimit', ['--nofile=64:64'])
    const home = makeHome()
    mkdirSync(join(home, 'app', '.kittify'), { recursive: true })
    const run = (prefix: readonly string[], given: readonly string[]) => {
      const [file = '', ...more] = [...prefix, process.execPath, CLI, ...given]
      const env = smallEnvironment({ SPEC_KITTY_HOME: join(home, 'root'), SPEC_KITTY_SYNC_DISABLE: '1' })
      return spawnSync(file, more, { cwd: join(home, 'app'), env, encoding: 'utf8' })
    }
    expect(run([], ['sync', 'publish', '--type', 'T']).status).toBe(0)
    const outcomes = Array.from({ length: 24 }, (_, at) => {
      const { stdout, stderr, status } = run(['prlimit', `--nofile=${at + 16}:${at + 16}`], args)
      return { isOurs: `${stdout}${stderr}`.length > 0 && !isOfNode(stderr, status), status, stderr }
    }).filter(({ isOurs }) => isOurs)
    const wrong = outcomes.filter(({ status, stderr }) =>
      status === 75 ? !LACKING.test(stderr) : status !== 0,
    )
    expect(wrong).toEqual([])
    expect(outcomes.filter(({ status }) => status === 75)).not.toEqual([])
    expect(outcomes.at(-1)?.status).toBe(0)
  })

  const LACKING = /^spec-kitty: this process has too few resources: EMFILE [^\n]+\n$/

  /** With too few descriptors, Node itself crashes, or cannot read the main file of the command. */
  const isOfNode = (stderr: string, status: number | null): boolean =>
    status === null || status > 128 || /^node:|\n {4}at /.test(stderr)
})

/** Nothing can be written to this device. */
describe.skipIf(process.platform !== 'linux')('an output that cannot be written', () => {
  it.each([['version'], ['auth status'], ['auth status --json'], ['sync status --check'], ['help']])(
    'is exit 2, whatever %s found',
    (line) => {
      const env = smallEnvironment({ HOME: makeHome() })
      const { status, stderr } = spawnSync(
        'sh',
        ['-c', `exec "$0" "$@" >/dev/full`, process.execPath, CLI, ...line.split(' ')],
        {
          env,
          encoding: 'utf8',
        },
      )
      expect([status, stderr]).toEqual([2, expect.stringContaining('cannot write the output: ENOSPC')])
    },
  )
})
