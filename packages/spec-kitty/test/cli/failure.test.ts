import { cpSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { FamiliarError } from 'familiar'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { reportFailure } from '../../src/cli/failure.js'
import type { Io } from '../../src/cli/io.js'
import { smallEnvironment } from '../helpers/cli.js'

/** What a failure is called, and the exit code that scripts branch on. */
function report(error: unknown) {
  let [out, err] = ['', '']
  const io = { out: (text: string) => void (out += text), err: (text: string) => void (err += text) } as Io
  const exit = reportFailure(error, io, true, false)
  expect(err).toMatch(/^spec-kitty: [^\n]+\n$/)
  return { exit, code: JSON.parse(out).error.code }
}

function system(code: string): Error {
  return Object.assign(new Error(`${code}: a system call`), { code })
}

describe('a failure', () => {
  it.each(['EMFILE', 'ENFILE', 'ENOMEM', 'ENOBUFS', 'EAGAIN'])('%s is a lack of resources: 75', (code) => {
    const wrapped = new FamiliarError('E_SCOPE_UNUSABLE', 'cannot open it', { cause: system(code) })
    const twice = new FamiliarError('E_DAEMON_START_FAILED', 'no start', { cause: wrapped })
    for (const error of [system(code), wrapped, twice]) {
      expect(report(error)).toEqual({ exit: 75, code: 'E_RESOURCES' })
    }
  })

  it('has the exit code of its kind', () => {
    expect(report(new FamiliarError('E_RESOURCES', 'told by a daemon'))).toEqual({
      exit: 75,
      code: 'E_RESOURCES',
    })
    const impossible = new FamiliarError('E_SCAN_IMPOSSIBLE', 'no view of its processes')
    expect(report(impossible)).toEqual({ exit: 2, code: 'E_SCAN_IMPOSSIBLE' })
    const unusable = new FamiliarError('E_SCOPE_UNUSABLE', 'full', { cause: system('ENOSPC') })
    expect(report(unusable)).toEqual({ exit: 2, code: 'E_SCOPE_UNUSABLE' })
    expect(report(system('ENOENT'))).toEqual({ exit: 2, code: 'E_INTERNAL' })
    expect(report(system('MODULE_NOT_FOUND'))).toEqual({ exit: 75, code: 'E_INSTALLATION_CHANGED' })
  })
})

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
})
