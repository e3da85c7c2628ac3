import { chownSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { spawnPredecessor } from '../../../../stand-ins/predecessor.mjs'
import { cleanUp } from '../../src/act/clean-up.js'
import { assertOwnScope } from '../../src/act/assert-own-scope.js'
import { selectPlatform } from '../../src/observe/platform/select.js'
import { userName } from '../../src/observe/user-name.js'
import { testFamily } from '../helpers/family.js'
import { makeHome, treeOf } from '../helpers/homes.js'
import { leaveNothing } from '../helpers/leaks.js'
import { hasPendingSignal, watch } from '../helpers/machine.js'
import { portsIn, portsOf } from '../helpers/ports.js'
import { hold } from '../helpers/proven.js'
import { needRoot, NOBODY } from '../helpers/skip.js'

const ports = portsOf('act/scope-owner')
const family = testFamily(ports)
const nextPort = portsIn(ports)
const platform = await selectPlatform()
const foreign = { code: 'E_SCOPE_FOREIGN_OWNER' }
const self = process.geteuid?.() ?? 0

leaveNothing(ports)

describe('assertOwnScope', () => {
  it('lets a user into what is his, and into what he has yet to make', () => {
    const home = makeHome()
    expect(() => assertOwnScope([home, join(home, 'new', 'deep')], self)).not.toThrow()
  })

  it("names both users where the directory is another one's", () => {
    const home = makeHome()
    expect(() => assertOwnScope([home], self + 1)).toThrow(
      expect.objectContaining({
        ...foreign,
        message: expect.stringContaining(
          `${home} belongs to ${userName(String(self))}, you are ${userName(String(self + 1))}: `,
        ),
      }),
    )
  })

  it('checks every path, not only the first', () => {
    expect(() => assertOwnScope(['/nonexistent/root', makeHome()], self + 1)).toThrow(
      expect.objectContaining(foreign),
    )
  })

  it('leaves a directory that is missing to its permissions, but for root', (context) => {
    needRoot(context)
    const home = makeHome()
    chownSync(home, NOBODY, NOBODY)
    expect(() => assertOwnScope([join(home, 'new')], 0)).toThrow(expect.objectContaining(foreign))
    expect(() => assertOwnScope([join(home, 'new')], NOBODY + 1)).not.toThrow()
  })

  it('asks nothing where there are no uids', () => {
    expect(() => assertOwnScope([makeHome()], undefined)).not.toThrow()
  })
})

describe('cleanUp as root in the home of a user', () => {
  it.for([
    ['the root is theirs', (home: string) => home],
    ['the root is missing', (home: string) => join(home, 'missing')],
  ] as const)('is read-only where %s', async ([, rootOf], context) => {
    needRoot(context)
    const home = makeHome()
    const root = rootOf(home)
    const daemon = await spawnPredecessor({ family: 'sync', port: nextPort(), root, owner: false })
    const isAlive = watch(daemon.pid)
    await hold(daemon)
    chownSync(home, NOBODY, NOBODY)
    const before = treeOf(home)
    const request = { family, scope: root, platform, intent: 'reset_force' } as const
    await expect(cleanUp(request)).rejects.toMatchObject(foreign)
    expect([isAlive(), hasPendingSignal(daemon.pid)]).toEqual([true, false])
    expect((await cleanUp({ ...request, dryRun: true })).entries).toHaveLength(1)
    expect(treeOf(home)).toEqual(before)
  })

  it('is read-only where a directory in it is theirs', async (context) => {
    needRoot(context)
    const root = makeHome()
    const daemon = await spawnPredecessor({ family: 'sync', port: nextPort(), root })
    const isAlive = watch(daemon.pid)
    mkdirSync(join(root, 'daemons'))
    chownSync(join(root, 'daemons'), NOBODY, NOBODY)
    const request = { family, scope: root, platform, intent: 'reset' } as const
    await expect(cleanUp(request)).rejects.toMatchObject(foreign)
    expect(isAlive()).toBe(true)
  })
})
