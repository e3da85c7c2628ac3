import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { spawnPredecessor } from '../../../../stand-ins/predecessor.mjs'
import type { CleanUpReport } from '../../src/act/clean-up.js'
import { inUseBy } from '../../src/classify/stale-evidence.js'
import { selectPlatform } from '../../src/observe/platform/select.js'
import { cleanUp } from '../helpers/built.js'
import { testFamily } from '../helpers/family.js'
import { makeHome, treeOf } from '../helpers/homes.js'
import { leaveNothing } from '../helpers/leaks.js'
import { hasPendingSignal, watch } from '../helpers/machine.js'
import { portsIn, portsOf } from '../helpers/ports.js'
import { hold } from '../helpers/proven.js'
import { candidateAt } from '../helpers/seen.js'
import { needRoot, NOBODY, skipAloud } from '../helpers/skip.js'
import { withoutReader } from '../helpers/without-reader.js'

const ports = portsOf('act/cleanup-spared')
const family = testFamily(ports)
const nextPort = portsIn(ports)
const platform = await selectPlatform()
const forced = { family, platform, intent: 'reset_force', stepMs: 300 } as const

leaveNothing(ports)

async function start(root: string, options: Partial<Parameters<typeof spawnPredecessor>[0]> = {}) {
  const daemon = await spawnPredecessor({ family: 'sync', port: nextPort(), root, ...options })
  return { ...daemon, isAlive: watch(daemon.pid) }
}

function resultsOf(report: CleanUpReport): unknown {
  return report.entries.map(({ candidate, result }) => [candidate.verdict.reason, result.outcome])
}

describe('cleanUp with force, in another root', () => {
  it('leaves the daemon that is in use there, and retires the one that is not', async () => {
    const [root, other] = [makeHome(), makeHome()]
    const used = await start(other, { record: true })
    const unused = await start(other)
    const report = await cleanUp({ ...forced, scope: root })
    expect(resultsOf(report)).toEqual([
      ['cross_root', 'skipped'],
      ['cross_root', 'swept'],
    ])
    expect(inUseBy(candidateAt(report.seen, used.port).observation, report.seen.context)).toBe(other)
    expect([used.isAlive(), unused.isAlive()]).toEqual([true, false])
  })

  it('leaves the one in use also when it does not answer', async () => {
    const [root, other] = [makeHome(), makeHome()]
    const used = await start(other, { record: true })
    await hold(used)
    const report = await cleanUp({ ...forced, scope: root })
    expect(report.entries.map(({ result }) => result)).toEqual([{ outcome: 'skipped' }])
    expect([used.isAlive(), hasPendingSignal(used.pid)]).toEqual([true, false])
  })

  it('does not retire what may be in use there when that could not be determined', async () => {
    const [root, other] = [makeHome(), makeHome()]
    const used = await start(other, { record: true })
    await hold(used)
    const report = await withoutReader(() => cleanUp({ ...forced, scope: root }))
    expect(report.seen.context.scopes.get(other)?.real).toBeNull()
    expect([used.isAlive(), hasPendingSignal(used.pid)]).toEqual([true, false])
  })

  it('writes nothing there', async () => {
    const [root, other] = [makeHome(), makeHome()]
    mkdirSync(join(other, 'daemons'))
    const unused = await start(other, { owner: false })
    const before = treeOf(other)
    expect(resultsOf(await cleanUp({ ...forced, scope: root }))).toEqual([['cross_root', 'swept']])
    expect(unused.isAlive()).toBe(false)
    expect(treeOf(other)).toEqual(before)
  })
})

describe('cleanUp with force, of another user', () => {
  it('leaves the process alone', async (context) => {
    needRoot(context)
    const root = makeHome()
    const theirs = await start(root, { uid: NOBODY, gid: NOBODY, owner: false }).catch((error: unknown) =>
      skipAloud(context, String(error)),
    )
    const ours = await start(root)
    await hold(theirs)
    expect(resultsOf(await cleanUp({ ...forced, scope: root }))).toEqual([
      ['other_user', 'skipped'],
      [null, 'swept'],
    ])
    expect([theirs.isAlive(), hasPendingSignal(theirs.pid), ours.isAlive()]).toEqual([true, false, false])
  })
})
