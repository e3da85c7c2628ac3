import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { startChild } from '../helpers/children.js'
import {
  commandOf,
  crash,
  leaveNoDaemons,
  logged,
  logOf,
  recordIn,
  startDaemonIn,
} from '../helpers/daemons.js'
import { eventually } from '../helpers/eventually.js'
import { newRoot } from '../helpers/homes.js'
import { portsOf } from '../helpers/ports.js'
import { daemonsOf } from '../helpers/processes.js'

const ports = portsOf('life/by-hand')

leaveNoDaemons(ports)

describe('a daemon that is started by hand, without a start pipe', () => {
  it('counts as adopted, and is found', async () => {
    const root = newRoot()
    const child = startChild(process.execPath, commandOf(root, ports), { stdio: 'ignore' })
    await eventually(() => expect(recordIn(root).pid).toBe(child.pid))
    const found = await startDaemonIn(root, ports)
    expect([found.pid, found.started]).toEqual([child.pid, null])
    expect(logged(logOf(root), 'started')).toMatchObject([{ reason: 'started_by_hand', by_pid: null }])
  })

  it('does not start beside one that runs', async () => {
    const root = newRoot()
    const daemon = await startDaemonIn(root, ports)
    const child = startChild(process.execPath, commandOf(root, ports), { stdio: 'ignore' })
    expect(await new Promise((resolve) => child.once('exit', resolve))).toBe(1)
    expect(logged(logOf(root), 'start_failed')).toMatchObject([{ code: 'E_DAEMON_RUNNING' }])
    expect([daemon.isAlive(), daemonsOf(root), recordIn(root)]).toEqual([true, [daemon.pid], daemon.record])
  })

  it.for(['no record', 'a record that names a dead process'])(
    'is waited for while it has its lock and %s',
    async (what) => {
      const root = newRoot()
      if (what !== 'no record') await crash(await startDaemonIn(root, ports))
      const args = ['--machine-ms=700']
      const child = startChild(process.execPath, commandOf(root, ports, { args }), { stdio: 'ignore' })
      const lock = join(root, 'daemons', 'sync', 'daemon.lock')
      await eventually(() => expect(readFileSync(lock, 'utf8')).toContain(`"pid":${child.pid},`))
      const found = await startDaemonIn(root, ports)
      expect([found.pid, found.started, daemonsOf(root)]).toEqual([child.pid, null, [child.pid]])
    },
  )
})
