import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { hasMet, hitIn, MESSAGE, UNLOCKING } from '../prove/src/faults/calls.js'

const base = mkdtempSync(join(tmpdir(), 'fault-hits-'))
afterAll(() => rmSync(base, { recursive: true, force: true }))

const RECORD = '31 write(21</stage/home/.record-6b5f>, "{\\n  \\"schema\\": 1"..., 715'
const LOCK = '17 write(5<pipe:[148]>, "*", 1'
const INJECTED = '= -1 ENOSPC (No space left on device) (INJECTED)'

function hitOf(...lines: readonly string[]) {
  const trace = join(base, 'trace')
  writeFileSync(trace, lines.map((line) => `${line}\n`).join(''))
  return hitIn(trace, '/stage', 'ENOSPC')
}

describe('what a fault met, as a trace tells it', () => {
  it('a file of ours', () => {
    expect(hitOf(`${RECORD}) ${INJECTED}`)).toMatchObject({ count: 1, isOurs: true, isNodesToo: false })
  })

  it("libuv's lock of signals, in the process that could not release it", () => {
    const hit = hitOf(`${RECORD}) ${INJECTED}`, `${LOCK}) ${INJECTED}`)
    expect(hit).toMatchObject({ count: 2, isOurs: true, isNodesToo: true })
    expect([17, 31].map((pid) => hasMet(hit, pid, UNLOCKING))).toEqual([true, false])
  })

  it('neither another write to a pipe, nor a lock that was released', () => {
    const hit = hitOf(`${LOCK}) = 1`, `17 write(16<pipe:[150]>, "h\\374\\21\\0"..., 16) ${INJECTED}`)
    expect(hit).toMatchObject({ count: 1, isNodesToo: true })
    expect(hasMet(hit, 17, UNLOCKING)).toBe(false)
  })

  it('the message of a command', () => {
    const hit = hitOf(`17 write(2</stage/2.err>, "spec-kitty: cannot wr"..., 176) ${INJECTED}`)
    expect([17, 31].map((pid) => hasMet(hit, pid, MESSAGE))).toEqual([true, false])
  })

  it('a call that strace printed in two parts', () => {
    const hit = hitOf(
      `${RECORD} <unfinished ...>`,
      `${LOCK}) = 1`,
      `31 <... write resumed>)              ${INJECTED}`,
    )
    expect(hit).toMatchObject({ count: 1, isOurs: true, isNodesToo: false })
  })
})
