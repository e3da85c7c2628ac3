import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect } from 'vitest'
import type { PortRange } from '../../src/identity/machine.js'
import { ended, logged, QUICK, startDaemonIn, type Daemon, type Options } from './daemons.js'
import { makeHome } from './homes.js'
import { listenersOn } from './machine.js'

/** Daemons that leave by themselves, or do not. */

/** Several ticks: a daemon that is still there after them stays. */
export const SEVERAL_TICKS_MS = 6 * QUICK.tickMs

/** A daemon whose log is beside its root, because roots go away here. */
export interface Retiring extends Daemon {
  readonly home: string
  readonly log: string
  /** The inodes of its listening sockets. */
  readonly sockets: readonly string[]
}

/** Starts a daemon in a new root. */
export async function startRetiring(
  ports: PortRange,
  options: Options = {},
  home = makeHome(),
): Promise<Retiring> {
  const log = join(home, 'daemon.log')
  const args = [...(options.args ?? []), `--log=${log}`]
  const daemon = await startDaemonIn(join(home, 'root'), ports, { timing: QUICK, ...options, args })
  return { ...daemon, home, log, sockets: socketsOn(daemon.port) }
}

function socketsOn(port: number): readonly string[] {
  return listenersOn(port, port + 1).map(({ inode }) => inode)
}

/** Fails the test when the daemon, or its port, is gone after that time. */
export async function expectStays(daemon: Daemon, ms = SEVERAL_TICKS_MS): Promise<void> {
  await sleep(ms)
  expect([daemon.isAlive(), listenersOn(daemon.port, daemon.port + 1).length]).toEqual([true, 1])
}

/**
 * Waits until the daemon has left, with nothing in flight, for this reason by this row, as its log says. No process
 * listens on its sockets then. Its port may be that of another daemon, which a test beside this one has started since.
 */
export async function expectLeft(daemon: Retiring, reason: string, rule: string): Promise<void> {
  await ended(daemon)
  expect(daemon.sockets.length).toBeGreaterThan(0)
  expect(socketsOn(daemon.port).filter((inode) => daemon.sockets.includes(inode))).toEqual([])
  expect(logged(daemon.log, 'leaving')).toMatchObject([{ reason, rule, in_flight: 0 }])
  expect(logged(daemon.log, 'stopped')).toMatchObject([{ reason, abandoned: 0 }])
}
