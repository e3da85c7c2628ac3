import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { spawnPredecessor, stopAll } from '../../../../stand-ins/predecessor.mjs'
import { startTicksOf } from '../helpers/machine.js'
import { lives, makeRoot, type SyncRoot } from './sync-root.js'

/** Roots with odd names: the marker in the command line is read as it is. */
const NAMES = ['tab\there, line\nbreak', `escape\u001b[31m, zero\u200bwidth, it's "both" \\n`]

let root: SyncRoot

beforeEach(() => {
  root = makeRoot()
})

afterEach(async () => {
  await stopAll()
  await root.end()
})

async function predecessor(port: number, path: string, more: object = {}) {
  const { pid } = await spawnPredecessor({ family: 'sync', port, root: path, ...more })
  return { pid, ticks: startTicksOf(pid) ?? 'gone' }
}

function rowsIn(at: SyncRoot): readonly unknown[] {
  return at
    .json(['auth', 'doctor'])
    .document.candidates.map((row: any) => [row.port, row.rule, row.daemon_root])
}

it.for(NAMES)('a daemon of ours in %j is started, found, spared and stopped', (name) => {
  const odd = root.beside(join(root.base, name))
  const daemon = odd.start()
  expect(odd.json(['sync', 'status']).document).toMatchObject({ state: 'running', pid: daemon.pid })
  const { document } = odd.json(['auth', 'doctor', '--reset', '--force'])
  expect(document.candidates).toMatchObject([{ rule: 'S5', pid: daemon.pid, daemon_root: odd.path }])
  expect([odd.json(['sync', 'stop']).status, lives(daemon)]).toEqual([0, false])
})

it('a daemon of the predecessor is the one that the record names, or a young one, whatever its root is called', async () => {
  for (const name of NAMES) {
    const odd = root.beside(join(root.base, name))
    mkdirSync(odd.path)
    const [live, young] = [
      await predecessor(9400, odd.path, { record: true }),
      await predecessor(9401, odd.path),
    ]
    const rows = [
      [9400, 'S5', odd.path],
      [9401, 'S15', odd.path],
    ]
    expect(rowsIn(odd)).toEqual(rows)
    expect([lives(live), lives(young)]).toEqual([true, true])
    await stopAll()
  }
})
