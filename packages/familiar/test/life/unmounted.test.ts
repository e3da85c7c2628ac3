import { mkdirSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, it, type TestContext } from 'vitest'
import { ended, leaveNoDaemons, logged, QUICK, recordPath, starterOf } from '../helpers/daemons.js'
import { makeHome } from '../helpers/homes.js'
import { watch } from '../helpers/machine.js'
import { startShell, UNSHARE } from '../helpers/mount-namespace.js'
import { portsOf } from '../helpers/ports.js'
import { placeOf } from '../helpers/processes.js'
import { needCommand } from '../helpers/skip.js'

const ports = portsOf('life/unmounted')

leaveNoDaemons(ports)

const SEVERAL_TICKS_MS = 10 * QUICK.tickMs
/** Longer than a busy machine takes for what comes before. */
const IDLE_MS = 8_000

/** Starts a daemon in a root that is a small file system of its own, seen by it and by the shell alone. */
async function startMounted(context: TestContext) {
  needCommand(context, ...UNSHARE)
  const home = makeHome()
  const [root, log] = [join(home, 'root'), join(home, 'daemon.log')]
  mkdirSync(root)
  const run = startShell({ TIMING: JSON.stringify({ ...QUICK, idleMs: IDLE_MS }) })
  await run(`mount -t tmpfs -o size=128k tmpfs ${root}`)
  const starter = starterOf(root, ports, { args: [`--log=${log}`] }).join(' ')
  const { pid } = JSON.parse(await run(`${process.execPath} ${starter}`)) as { pid: number }
  return { root, log, run, pid, isAlive: watch(pid) }
}

describe('a daemon whose root is on a file system of its own', () => {
  it('stays when that is unmounted, writes nothing below, and is still retired for being idle', async (context) => {
    const daemon = await startMounted(context)
    await daemon.run(`umount -l ${daemon.root}`)
    expect(placeOf(daemon.pid).cwd).not.toContain('deleted')
    await sleep(SEVERAL_TICKS_MS)
    expect([daemon.isAlive(), logged(daemon.log, 'leaving')]).toEqual([true, []])
    await ended(daemon)
    expect(logged(daemon.log, 'leaving')).toMatchObject([{ reason: 'idle', rule: 'R4' }])
    expect(readdirSync(daemon.root)).toEqual([])
  })

  it('stays when another one is mounted over it, and writes nothing there', async (context) => {
    const daemon = await startMounted(context)
    await daemon.run(`mount -t tmpfs over ${daemon.root}`)
    await sleep(SEVERAL_TICKS_MS)
    expect([daemon.isAlive(), logged(daemon.log, 'leaving')]).toEqual([true, []])
    expect(await daemon.run(`find ${daemon.root} | wc -l`)).toBe('1')
    await daemon.run(`umount ${daemon.root}`)
    await ended(daemon)
    expect(logged(daemon.log, 'leaving')).toMatchObject([{ reason: 'idle', rule: 'R4' }])
  })

  it('is retired also when that is full and the record is lost', async (context) => {
    const daemon = await startMounted(context)
    const record = recordPath(daemon.root)
    // A rename frees no block, so the daemon cannot write the record again.
    await daemon.run(
      `! dd if=/dev/zero of=${daemon.root}/full bs=4k 2>/dev/null; sync; mv ${record} ${daemon.root}/lost`,
    )
    await sleep(SEVERAL_TICKS_MS)
    await daemon.run(`test ! -e ${record}`)
    expect(daemon.isAlive()).toBe(true)
    await ended(daemon)
    expect(logged(daemon.log, 'leaving')).toMatchObject([{ reason: 'idle', rule: 'R4' }])
    expect(logged(daemon.log, 'tick_failed').length).toBeGreaterThan(1)
  })
})
