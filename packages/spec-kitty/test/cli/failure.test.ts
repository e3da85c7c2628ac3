import { cpSync, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { smallEnvironment } from '../helpers/cli.js'
import { DAMAGES } from '../helpers/damages.js'

/** One line. */
const INCOMPLETE = /^spec-kitty: this installation is incomplete, [^\n]+ install spec-kitty again[^\n]+\n$/

/** A package that is being replaced at this moment: its main file is still there, the file of the command is not. */
describe('a package without its parts', () => {
  const PACKAGE = fileURLToPath(new URL('../../', import.meta.url))
  let copy: string

  beforeEach(() => {
    copy = mkdtempSync(join(tmpdir(), 'familiar-part-'))
    for (const name of ['bin', 'command', 'package.json']) {
      cpSync(join(PACKAGE, name), join(copy, name), { recursive: true })
    }
    symlinkSync(join(PACKAGE, '../../node_modules'), join(copy, 'node_modules'))
    for (const name of readdirSync(join(copy, 'command'))) {
      if (/^(?:sync-|upgrade-)/.test(name)) rmSync(join(copy, 'command', name))
    }
  })

  afterEach(() => rmSync(copy, { recursive: true }))

  /** All parts, as they are installed. */
  const restore = (): void => cpSync(join(PACKAGE, 'command'), join(copy, 'command'), { recursive: true })

  const run = (...args: readonly string[]) =>
    spawnSync(process.execPath, [join(copy, 'bin/spec-kitty.js'), ...args], {
      env: smallEnvironment({ SPEC_KITTY_HOME: join(copy, 'home') }),
      encoding: 'utf8',
    })

  it('says so in one line, and that it may be tried again; an upgrade does not fail', () => {
    const { status, stdout, stderr } = run('sync', 'start', '--json')
    expect([status, JSON.parse(stdout).error.code]).toEqual([75, 'E_INSTALLATION_CHANGED'])
    expect(stderr).toMatch(INCOMPLETE)
    expect(run('upgrade-hook').status).toBe(0)
    expect(run('--version').status).toBe(0)
  })
  it('says the same where nothing of the command is left', () => {
    rmSync(join(copy, 'command'), { recursive: true })
    const { status, stdout, stderr } = run('--version', '--json')
    expect([status, JSON.parse(stdout)]).toMatchObject([
      75,
      { schema_version: 3, ok: false, error: { code: 'E_INSTALLATION_CHANGED' } },
    ])
    expect(stderr).toMatch(INCOMPLETE)
    expect(run('upgrade-hook').status).toBe(0)
  })

  it.for(['main.js', 'package.json'])('says the same where only half of its %s is written', (name) => {
    writeFileSync(join(copy, 'command', name), '{ "half')
    const { status, stdout, stderr } = run('sync', 'status', '--json')
    expect([status, JSON.parse(stdout).error.code]).toEqual([75, 'E_INSTALLATION_CHANGED'])
    expect(stderr).toMatch(INCOMPLETE)
  })

  it('says the same where a part is there by half', () => {
    for (const name of readdirSync(join(PACKAGE, 'command'))) {
      if (name.startsWith('sync-start')) writeFileSync(join(copy, 'command', name), 'const half = {')
    }
    const { status, stdout, stderr } = run('sync', 'start', '--json')
    expect([status, JSON.parse(stdout).error.code]).toEqual([75, 'E_INSTALLATION_CHANGED'])
    expect(stderr).toMatch(INCOMPLETE)
  })

  it('says the same where the type of its parts is not written yet', () => {
    rmSync(join(copy, 'command', 'package.json'))
    const { status, stdout, stderr } = run('sync', 'status', '--json')
    expect([status, JSON.parse(stdout).error.code]).toEqual([75, 'E_INSTALLATION_CHANGED'])
    expect(stderr).toMatch(INCOMPLETE)
  })

  it.for([
    ['main.js', 'sync status --json'],
    ['core-', 'sync status --json'],
    ['rolldown-runtime-', 'sync status --json'],
    ['package.json', 'sync status --json'],
    ['scan-', 'auth doctor --json'],
    ['connect-cold-', 'sync start --json'],
    ['spec-kitty-daemon.js', 'sync start --json'],
    ['daemon-rolldown-runtime-', 'sync start --json'],
  ] as const)('says the same where %s is missing, empty or cut, to %s', ([part, line]) => {
    restore()
    const name = readdirSync(join(copy, 'command')).find((one) => one.startsWith(part)) ?? part
    for (const damage of Object.values(DAMAGES)) {
      damage(join(copy, 'command', name))
      const { status, stdout, stderr } = run(...line.split(' '))
      expect([status, JSON.parse(stdout).error.code]).toEqual([75, 'E_INSTALLATION_CHANGED'])
      expect(stderr).toMatch(INCOMPLETE)
      cpSync(join(PACKAGE, 'command', name), join(copy, 'command', name))
    }
  })

  it('prints its version and help whole, or from where they come', () => {
    restore()
    for (const [name, ...args] of [
      ['version', '--version'],
      ['help.sync', 'help', 'sync'],
    ] as const) {
      const expected = run(...args)
      for (const damage of Object.values(DAMAGES)) {
        damage(join(copy, 'command', 'texts', name))
        expect(run(...args)).toMatchObject({ status: 0, stdout: expected.stdout, stderr: '' })
        cpSync(join(PACKAGE, 'command', 'texts', name), join(copy, 'command', 'texts', name))
      }
    }
  })

  it('says how to build a checkout of the source that was not built', () => {
    rmSync(join(copy, 'command'), { recursive: true })
    mkdirSync(join(copy, 'src'))
    writeFileSync(join(copy, 'src/main.ts'), '')
    for (const args of [[], ['--help'], ['sync', 'status']]) {
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
