import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { describe, expect, it } from 'vitest'
import { isLockHeld } from '../../dist/act/acquire-lock.js'
import { daemonFamily } from '../fixtures/processes/daemon-family.mjs'
import { fixture, leaveNoDaemons, logOf, recordIn, startDaemonIn, type Options } from '../helpers/daemons.js'
import { eventually } from '../helpers/eventually.js'
import { figure } from '../helpers/figures.js'
import { makeHome, newRoot } from '../helpers/homes.js'
import { listenersOn, openLockFiles } from '../helpers/machine.js'
import { portsOf } from '../helpers/ports.js'
import { daemonsOf } from '../helpers/processes.js'
import { connectAs, failAs, installed, startsIn } from '../helpers/replacing.js'

const ports = portsOf('life/replace-failure')

const OLD = installed('1.0.0')
const NEW = installed('2.0.0')

/** A failed start is reported at once: sooner than a daemon that never says anything, which has 15 s. */
const AT_ONCE_MS = 14_000
/** How long a daemon may take until it is ready, and what it takes to end it then. */
const READY_MS = 15_000
const ENDED_MS = 60_000

leaveNoDaemons(ports)

/** The newer installation, with an entry that comes to nothing. */
const broken = (how: string, entry = fixture('failing')): Options => ({
  ...NEW,
  entry,
  args: [`--how=${how}`],
})

/** Returns the path of the same entry under the name that a daemon's has. */
function entryNamedDaemon(): string {
  const entry = join(makeHome(), 'daemon.mjs')
  writeFileSync(entry, `import ${JSON.stringify(pathToFileURL(fixture('failing')).href)}\n`)
  return entry
}

/** The old daemon is gone and its record says so, nothing of the new one is left, and the next command gets a daemon. */
async function expectClean(root: string): Promise<void> {
  const { lifecycleLock, daemonLock } = daemonFamily(ports).files(root)
  await eventually(() => expect(daemonsOf(root)).toEqual([]))
  expect(recordIn(root)).toMatchObject({
    state: 'stopped',
    stop_reason: 'version_mismatch',
    package_version: '1.0.0',
  })
  expect([await isLockHeld(lifecycleLock), await isLockHeld(daemonLock), openLockFiles()]).toEqual([
    false,
    false,
    [],
  ])
  expect(await connectAs(root, ports, NEW)).toMatchObject({ started: 'version_mismatch', replaced: null })
  expect(startsIn(root).map((start) => start['previous_version'])).toEqual([null, '1.0.0'])
}

describe('the daemon that takes the place of an older one and does not start', () => {
  it.for([
    ['throws', 'this entry is broken', true],
    ['exits', 'exit code 7', false],
    ['nonsense', 'it ended before it was ready', false],
  ] as const)('%s: the error says why, with what it wrote to the log', async ([how, cause, hasWritten]) => {
    const root = newRoot()
    const old = await startDaemonIn(root, ports, OLD)
    const { error, ms } = await failAs(root, ports, broken(how))
    expect(error).toMatchObject({ code: 'E_DAEMON_START_FAILED', hint: `its log: ${logOf(root)}` })
    expect(error.message).toContain(cause)
    expect(error.message.includes('the end of its log')).toBe(hasWritten)
    expect([ms < AT_ONCE_MS, old.isAlive()]).toEqual([true, false])
    await expectClean(root)
  })

  it('works for ever: it is ended, also where it ignores SIGTERM', async () => {
    const entry = entryNamedDaemon()
    const ends = ['spins', 'spins-on'].map(async (how) => {
      const root = newRoot()
      await startDaemonIn(root, ports, OLD)
      const { error, ms } = await failAs(root, ports, broken(how, entry))
      expect(error).toMatchObject({
        code: 'E_DAEMON_START_FAILED',
        message: expect.stringContaining('it did not get ready'),
        hint: `its log: ${logOf(root)}`,
      })
      expect(error.message).not.toContain('it ended')
      expect(ms).toBeGreaterThan(READY_MS - 100)
      expect(ms).toBeLessThan(READY_MS + ENDED_MS)
      figure(`${how}: reported after ${Math.round(ms)} ms`)
      return root
    })
    for (const root of await Promise.all(ends)) await expectClean(root)
    expect(listenersOn(ports.from, ports.to)).toHaveLength(2)
  })
})
