import { cpSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { smallEnvironment } from '../helpers/cli.js'

/** A package that is being replaced at this moment: its main file is still there, the file of the command is not. */
describe('a package without its parts', () => {
  const PACKAGE = fileURLToPath(new URL('../../', import.meta.url))
  let copy: string

  beforeEach(() => {
    copy = mkdtempSync(join(tmpdir(), 'familiar-part-'))
    for (const name of ['bin', 'command', 'package.json']) {
      cpSync(join(PACKAGE, name), join(copy, name), { recursive: true })
    }
    for (const name of readdirSync(join(copy, 'command'))) {
      if (/^(?:sync-|upgrade-)/.test(name)) rmSync(join(copy, 'command', name))
    }
  })

  afterEach(() => rmSync(copy, { recursive: true }))

  const run = (...args: readonly string[]) =>
    spawnSync(process.execPath, [join(copy, 'bin/spec-kitty.js'), ...args], {
      env: smallEnvironment(),
      encoding: 'utf8',
    })

  it('says so in one line, and that it may be tried again; an upgrade does not fail', () => {
    const { status, stdout, stderr } = run('sync', 'start', '--json')
    expect([status, JSON.parse(stdout).error.code]).toEqual([75, 'E_INSTALLATION_CHANGED'])
    expect(stderr).toMatch(/^spec-kitty: this installation was replaced [^\n]+\n$/)
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
    expect(stderr).toMatch(/^spec-kitty: this installation was replaced [^\n]+\n$/)
    expect(run('upgrade-hook').status).toBe(0)
  })

  it.for(['main.js', 'package.json'])('says the same where only half of its %s is written', (name) => {
    writeFileSync(join(copy, 'command', name), '{ "half')
    const { status, stdout, stderr } = run('sync', 'status', '--json')
    expect([status, JSON.parse(stdout).error.code]).toEqual([75, 'E_INSTALLATION_CHANGED'])
    expect(stderr).toMatch(/^spec-kitty: this installation was replaced [^\n]+\n$/)
  })

  it('says the same where a part is there by half', () => {
    for (const name of readdirSync(join(PACKAGE, 'command'))) {
      if (name.startsWith('sync-start')) writeFileSync(join(copy, 'command', name), 'const half = {')
    }
    const { status, stdout, stderr } = run('sync', 'start', '--json')
    expect([status, JSON.parse(stdout).error.code]).toEqual([75, 'E_INSTALLATION_CHANGED'])
    expect(stderr).toMatch(/^spec-kitty: this installation was replaced [^\n]+\n$/)
  })

  it('says the same where the type of its parts is not written yet', () => {
    rmSync(join(copy, 'command', 'package.json'))
    const { status, stdout, stderr } = run('sync', 'status', '--json')
    expect([status, JSON.parse(stdout).error.code]).toEqual([75, 'E_INSTALLATION_CHANGED'])
    expect(stderr).toMatch(/^spec-kitty: this installation was replaced [^\n]+\n$/)
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
