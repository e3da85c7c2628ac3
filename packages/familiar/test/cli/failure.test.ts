import { readFileSync } from 'node:fs'
import Module from 'node:module'
import { describe, expect, it } from 'vitest'
import { reportFailure } from '../../src/cli/failure.js'
import { CommandError, UsageError } from '../../src/cli/command-errors.js'
import { FamiliarError } from '../../src/errors.js'

/** What a failure is called, and the exit code that scripts branch on. */
function report(error: unknown) {
  let [out, err] = ['', '']
  const io = {
    program: 'previewd',
    help: 'previewd stop --help',
    out: (text: string) => void (out += text),
    err: (text: string) => void (err += text),
  }
  const exit = reportFailure(error, io, true, false)
  expect(err).toMatch(/^previewd: [^\n]+\n$/)
  return { exit, code: JSON.parse(out).error.code }
}

function system(code: string): Error {
  return Object.assign(new Error(`${code}: a system call`), { code })
}

function thrownBy(act: () => unknown): unknown {
  try {
    act()
  } catch (error) {
    return error
  }
  throw new Error('it throws')
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

  it('of the loader of Node, which found a module that was not there any more when it opened it, is 75', () => {
    const load = (Module as unknown as { _extensions: Record<string, (...args: unknown[]) => void> })
      ._extensions['.js']
    const ofRequire = thrownBy(() => load?.({}, '/no/such/directory/part-a.js'))
    const ofImport = Object.assign(system('ENOENT'), {
      stack: `Error: ENOENT: no such file or directory, open '/opt/x/part.js'
    at async open (node:internal/fs/promises:637:25)
    at async readFile (node:internal/fs/promises:1249:14)
    at async getSource (node:internal/modules/esm/load:48:14)`,
    })
    for (const error of [ofRequire, ofImport, new Error('in it', { cause: ofRequire })])
      expect(report(error)).toEqual({ exit: 75, code: 'E_INSTALLATION_CHANGED' })
    const ofUs = thrownBy(() => readFileSync('/no/such/directory/part-a.js'))
    expect(report(ofUs)).toEqual({ exit: 2, code: 'E_INTERNAL' })
  })

  it('puts the hint behind a colon if the message ends with a parenthesis', () => {
    const lines = ['it is off (SWITCH)', 'it is off'].map((message) => {
      let err = ''
      const io = { program: 'p', help: '', out: () => undefined, err: (text: string) => void (err += text) }
      reportFailure(new CommandError('E_X', message, { hint: 'export SWITCH=1' }), io, false, false)
      return err
    })
    expect(lines).toEqual(['p: it is off (SWITCH): export SWITCH=1\n', 'p: it is off (export SWITCH=1)\n'])
  })

  it('of usage names the help of the very command', () => {
    expect(report(new UsageError('--frce is unknown'))).toEqual({ exit: 2, code: 'E_USAGE' })
    let err = ''
    const io = {
      program: 'previewd',
      help: 'previewd stop --help',
      out: () => undefined,
      err: (text: string) => void (err += text),
    }
    reportFailure(new UsageError('--frce is unknown'), io, false, false)
    expect(err).toBe('previewd: --frce is unknown (see previewd stop --help)\n')
  })
})
