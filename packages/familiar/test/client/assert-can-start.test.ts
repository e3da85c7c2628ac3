import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { assertCanStart } from '../../src/client/assert-can-start.js'

let directory: string

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'familiar-rehearsal-'))
})

afterEach(() => rmSync(directory, { recursive: true }))

/** Starts the process that tries whether a daemon can start, and has it end itself by this signal. */
function rehearseWith(signal: string): () => void {
  const preload = join(directory, 'preload.cjs')
  writeFileSync(preload, `process.kill(process.pid, '${signal}'); while (true);`)
  return () => assertCanStart({ env: { NODE_OPTIONS: `--require=${preload}` } })
}

describe('a process that should show whether another can start', () => {
  it.each(['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT'])(
    'and is ended with the whole group by %s: no lack',
    (signal) => {
      expect(rehearseWith(signal)).not.toThrow()
    },
  )

  it.each(['SIGKILL', 'SIGSEGV'])('and is ended by %s: the machine lacks something', (signal) => {
    expect(rehearseWith(signal)).toThrow(expect.objectContaining({ code: 'E_RESOURCES' }))
  })
})
