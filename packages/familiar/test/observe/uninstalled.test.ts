import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import type { Facts } from '../../src/classify/facts.js'
import type { Observation } from '../../src/classify/observation.js'
import type { Candidate, Scan } from '../../src/observe/scan.js'
import { removedSince } from '../../src/observe/read-scopes-in-child.js'
import { uninstalledIn } from '../../src/observe/uninstalled.js'
import { makeHome } from '../helpers/homes.js'
import { leaveNothing } from '../helpers/leaks.js'
import { childrenOf } from '../helpers/machine.js'
import { context, observation, oldShape, processView, report, SELF, shape } from '../helpers/observations.js'

leaveNothing(undefined, 'file')

const OURS = { singleton_here: 'yes', same_user: 'yes', same_namespaces: 'yes' } as const

function candidateAt(
  installation: string,
  facts: Partial<Facts> = {},
  change: Partial<Observation> = {},
): Candidate {
  const told = report({ installation, packageVersion: '3.2.4', protocolVersion: 1 })
  const seen = observation({ shape: oldShape(), report: told, process: processView(), ...change })
  return { observation: seen, facts: { ...OURS, ...facts } } as unknown as Candidate
}

function scanOf(candidates: readonly Candidate[]): Scan {
  return { candidates, context: context() } as unknown as Scan
}

/** An installation that was removed, in a directory in which something else is left. */
function removed(): string {
  const home = makeHome()
  mkdirSync(join(home, 'other'))
  return join(home, 'removed')
}

describe('an installation that was removed', () => {
  it('is known for the daemon of this user', async () => {
    const [gone, there] = [candidateAt(removed()), candidateAt(makeHome())]
    expect([...(await uninstalledIn(scanOf([there, gone]), SELF))]).toEqual([gone])
  })

  it.each([
    ['names another user', { same_user: 'no' }],
    ['is of an unknown user', { same_user: 'unknown' }],
    ['runs in other namespaces', { same_namespaces: 'no' }],
    ['is not the daemon of this scope', { singleton_here: 'no' }],
  ] as const)('is not looked for if the process %s', async (_, facts) => {
    const before = childrenOf(process.pid)
    const asked = uninstalledIn(scanOf([candidateAt(removed(), facts)]), SELF)
    expect(childrenOf(process.pid)).toEqual(before)
    expect((await asked).size).toBe(0)
  })

  it('is not looked for if the path is relative, or if ours has the version of this command', async () => {
    const { packageVersion, protocolVersion } = SELF
    const same = report({ installation: removed(), packageVersion, protocolVersion })
    const ours = candidateAt('', {}, { shape: shape(), report: same })
    const before = childrenOf(process.pid)
    const asked = uninstalledIn(scanOf([candidateAt('relative'), ours]), SELF)
    expect(childrenOf(process.pid)).toEqual(before)
    expect((await asked).size).toBe(0)
  })

  it('is not known without the time to read it', async () => {
    expect((await removedSince([{ path: removed(), sinceMs: null }], 0)).size).toBe(0)
  })
})
