import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { spawnHostile } from '../../../../stand-ins/hostile.mjs'
import { stopAll } from '../../../../stand-ins/predecessor.mjs'
import { figure } from '../../../familiar/test/helpers/figures.js'
import { runJson } from '../helpers/cli.js'
import { isAlive, listenersOn, startTicksOf } from '../helpers/machine.js'

/** Listeners that want to hold the doctor up, fill its memory, or be taken for a daemon. */
const OTHERS = [
  [9420, 'drip', 'not_spec_kitty'],
  [9421, 'big', 'third_party'],
  [9422, 'endless', 'third_party'],
  [9423, 'endless-headers', 'third_party'],
  [9424, 'redirect', 'third_party'],
  [9425, 'invalid-json', 'third_party'],
  [9426, 'wrong-types', 'third_party'],
  [9428, 'full-backlog', 'not_spec_kitty'],
  [9429, 'http', 'third_party'],
] as const

const SILENT = Array.from({ length: 20 }, (_, index) => 9400 + index)
const PEAK = fileURLToPath(new URL('../fixtures/processes/peak-memory.cjs', import.meta.url))

let root: string
let alone: number
const born = new Map<number, string>()

beforeAll(async () => {
  root = mkdtempSync(join(tmpdir(), 'familiar-hostile-'))
  alone = scan().peakKib
  const silent = await Promise.all(SILENT.map((port) => spawnHostile('silent', port)))
  const others = await Promise.all(OTHERS.map(([port, kind]) => spawnHostile(kind, port)))
  const reset = await spawnHostile('reset', 9427)
  for (const { pid } of [...silent, ...others, reset]) born.set(pid, startTicksOf(pid) ?? 'gone')
})

afterAll(async () => {
  await stopAll()
  rmSync(root, { recursive: true, force: true })
  expect(listenersOn(9400, 9450)).toEqual([])
})

/** One look, how long it took, and the memory it needed. */
function scan(...args: readonly string[]) {
  const env = { SPEC_KITTY_HOME: root, NODE_OPTIONS: `--require ${PEAK}` }
  const started = performance.now()
  const { document, stderr } = runJson(['auth', 'doctor', ...args], { env })
  const ms = Math.round(performance.now() - started)
  return { ms, document, peakKib: Number(/peak (\d+)/.exec(stderr)?.[1]) }
}

describe('hostile listeners', () => {
  it('are each classified, and all left alone, also by --reset --force', () => {
    const { document, ms } = scan('--reset', '--force')
    figure(`a reset among ${document.candidates.length} hostile listeners took ${ms} ms`)
    const reasons = new Map<number, string>(
      document.candidates.map((row: { port: number; skip_reason: string }) => [row.port, row.skip_reason]),
    )
    for (const port of SILENT) expect([port, reasons.get(port)]).toEqual([port, 'not_spec_kitty'])
    for (const [port, , reason] of OTHERS) expect([port, reasons.get(port)]).toEqual([port, reason])
    expect(['third_party', 'not_spec_kitty']).toContain(reasons.get(9427))
    expect(document.orphans).toEqual([])
    for (const [pid, ticks] of born) expect(isAlive(pid, ticks)).toBe(true)
  })

  it('do not make the memory of a look grow', () => {
    const { peakKib, ms } = scan()
    figure(`a look among 30 hostile listeners: ${ms} ms, ${peakKib} KiB; with an empty range ${alone} KiB`)
    expect(peakKib / alone).toBeLessThan(1.5)
  })
})
