import { describe, expect, it } from 'vitest'
import { reportFailure } from '../../src/cli/failure.js'
import { UsageError } from '../../src/cli/command-errors.js'
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
