import { closeSync, openSync, readdirSync, readFileSync, writeFileSync, writeSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { spawnHostile } from '../../../../stand-ins/hostile.mjs'
import { spawnPredecessor, stopAll } from '../../../../stand-ins/predecessor.mjs'
import { leaveNoDaemons, logged, QUICK, recordIn, recordPath, UNHURRIED } from '../helpers/daemons.js'
import { eventually } from '../helpers/eventually.js'
import { makeHome } from '../helpers/homes.js'
import { watch } from '../helpers/machine.js'
import { portsIn, portsOf } from '../helpers/ports.js'
import { expectLeft, expectStays, startRetiring, type Retiring } from '../helpers/retiring.js'

/** Where a family's record is the file that its predecessor writes too, its lines may get into it. */
const all = portsOf('life/record-shared')
const nextPort = portsIn({ from: all.from + 25, to: all.to })

leaveNoDaemons(all)

/** Long enough for the daemon to see the empty file, not long enough for it to be damage. */
const HALF_WRITTEN_MS = 200

const start = (timing: object): Promise<Retiring> => startRetiring(all, { timing: { ...QUICK, ...timing } })

/** A predecessor's daemon, and the lines that its starter writes. Without a marker it is not a sibling that ours would end. */
async function predecessor(lines: 3 | 4 = 4, marker = false) {
  const port = nextPort()
  const { pid, token } = await spawnPredecessor({ family: 'sync', port, root: makeHome(), marker })
  const text = [`http://127.0.0.1:${port}`, port, token, pid].slice(0, lines).join('\n')
  return { port, pid, token, text: `${text}\n`, isAlive: watch(pid) }
}

/** What was moved aside. */
function asides(root: string): readonly string[] {
  const path = recordPath(root)
  return readdirSync(dirname(path))
    .filter((name) => name.startsWith(`${basename(path)}.corrupt-`))
    .map((name) => readFileSync(join(dirname(path), name), 'utf8'))
}

function textIn(root: string): string {
  return readFileSync(recordPath(root), 'utf8')
}

async function writtenAgain(daemon: Retiring): Promise<void> {
  await eventually(() => expect(recordIn(daemon.root)).toEqual(daemon.record))
}

describe("a predecessor's lines in the place of our record", () => {
  it('that name a living daemon of it make ours leave, and stay as they are', async () => {
    const daemon = await start({})
    const old = await predecessor()
    writeFileSync(recordPath(daemon.root), old.text)
    await expectLeft(daemon, 'superseded', 'R1')
    expect([textIn(daemon.root), asides(daemon.root), old.isAlive()]).toEqual([old.text, [], true])
  })

  it('are not taken for damage while they are being written', async () => {
    const daemon = await start(UNHURRIED)
    const old = await predecessor()
    const file = openSync(recordPath(daemon.root), 'w')
    await sleep(HALF_WRITTEN_MS)
    writeSync(file, old.text)
    closeSync(file)
    await expectStays(daemon, 1_500)
    expect([textIn(daemon.root), asides(daemon.root)]).toEqual([old.text, []])
  })

  it('are left as they are until the next tick, when it leaves', async () => {
    const daemon = await start(UNHURRIED)
    const old = await predecessor()
    writeFileSync(recordPath(daemon.root), old.text)
    await expectStays(daemon, 1_500)
    expect([textIn(daemon.root), asides(daemon.root)]).toEqual([old.text, []])
  })

  it('that name a dead one are written over', async () => {
    const daemon = await start(UNHURRIED)
    const old = await predecessor()
    await stopAll()
    expect(old.isAlive()).toBe(false)
    writeFileSync(recordPath(daemon.root), old.text)
    await writtenAgain(daemon)
    expect(asides(daemon.root)).toEqual([])
    await eventually(() => expect(logged(daemon.log, 'record_written_again')).toHaveLength(1))
  })

  it('that name a process which has the pid by now, but not the token, count for nothing', async () => {
    const daemon = await start({})
    const old = await predecessor()
    const { pid } = await spawnHostile('sleep', 0)
    const isAlive = watch(pid)
    const text = old.text.replace(`\n${old.pid}\n`, `\n${pid}\n`)
    writeFileSync(recordPath(daemon.root), text)
    await writtenAgain(daemon)
    await expectStays(daemon)
    expect([asides(daemon.root), isAlive()]).toEqual([[], true])
  })

  it('that name a living daemon of another root count for nothing', async () => {
    const daemon = await start({})
    const old = await predecessor(4, true)
    writeFileSync(recordPath(daemon.root), old.text)
    await writtenAgain(daemon)
    await expectStays(daemon)
    expect([asides(daemon.root), old.isAlive()]).toEqual([[], true])
  })

  it('without a pid name no process that could be found: they are written over', async () => {
    const daemon = await start(UNHURRIED)
    const old = await predecessor(3)
    writeFileSync(recordPath(daemon.root), old.text)
    await writtenAgain(daemon)
    expect([asides(daemon.root), old.isAlive()]).toEqual([[], true])
  })

  it('are given way to as soon as they are true, also after they were not', async () => {
    const daemon = await start({ tickMs: 300 })
    const old = await predecessor()
    const stale = old.text.replace(old.token, 'f'.repeat(32))
    writeFileSync(recordPath(daemon.root), stale)
    await writtenAgain(daemon)
    await sleep(400)
    writeFileSync(recordPath(daemon.root), old.text)
    await expectLeft(daemon, 'superseded', 'R1')
    expect([textIn(daemon.root), asides(daemon.root)]).toEqual([old.text, []])
  })
})
