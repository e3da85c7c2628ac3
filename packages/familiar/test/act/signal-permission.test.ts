import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'
import { spawnPredecessor } from '../../../../stand-ins/predecessor.mjs'
import { makeHome } from '../helpers/homes.js'
import { leaveNothing } from '../helpers/leaks.js'
import { hasPendingSignal, watch } from '../helpers/machine.js'
import { portsIn, portsOf } from '../helpers/ports.js'
import { hold } from '../helpers/proven.js'
import { needCommand, needRoot, NOBODY, skipAloud } from '../helpers/skip.js'

const ports = portsOf('act/signal-permission')
const nextPort = portsIn(ports)
const RETIRE = fileURLToPath(new URL('../helpers/retire-process.mjs', import.meta.url))

/** Sees everything that root sees, and may signal only its own: what a doctor in a hardened container can do. */
const WITHOUT_KILL = ['--bounding-set=-kill', '--inh-caps=-kill']

leaveNothing(ports)

/** Has a process with the rights that `setpriv` leaves try to end the daemon on a port. */
function tryToRetire(rights: readonly string[], port: number, root: string): unknown {
  const lock = join(makeHome(), 'lifecycle.lock')
  const args = [...rights, process.execPath, RETIRE, String(port), root, lock]
  const { stdout, stderr } = spawnSync('setpriv', args, { encoding: 'utf8', timeout: 60_000 })
  return stderr === '' ? JSON.parse(stdout) : stderr
}

it('a process that may not be signalled is distinguished from one that is gone', async (context) => {
  needRoot(context)
  needCommand(context, 'setpriv', WITHOUT_KILL)
  const [port, root] = [nextPort(), makeHome()]
  const options = { family: 'sync', port, root, uid: NOBODY, gid: NOBODY, owner: false } as const
  const daemon = await spawnPredecessor(options).catch((error: unknown) => skipAloud(context, String(error)))
  const isAlive = watch(daemon.pid)
  await hold(daemon)
  expect(tryToRetire(WITHOUT_KILL, port, root)).toEqual({
    isProven: true,
    signal: 'permission_denied',
    retirement: { outcome: 'failed', reason: 'permission_denied' },
  })
  expect([isAlive(), hasPendingSignal(daemon.pid)]).toEqual([true, false])
})

it('with the right to signal, the same attempt ends it', async (context) => {
  needCommand(context, 'setpriv', ['--inh-caps=-kill'])
  const [port, root] = [nextPort(), makeHome()]
  const daemon = await spawnPredecessor({ family: 'sync', port, root })
  const isAlive = watch(daemon.pid)
  await hold(daemon)
  expect(tryToRetire(['--inh-caps=-kill'], port, root)).toEqual({
    isProven: true,
    signal: 'sent',
    retirement: { outcome: 'swept', path: 'kill' },
  })
  expect(isAlive()).toBe(false)
})
