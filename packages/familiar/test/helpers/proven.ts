import { expect } from 'vitest'
import { spawnPredecessor } from '../../../../stand-ins/predecessor.mjs'
import type { Family } from '../../src/family.js'
import type { ProofFacts } from '../../src/identity/proof.js'
import { scan } from '../../src/observe/scan.js'
import type { Platform } from '../../src/observe/platform/platform.js'
import { eventually } from './eventually.js'
import { makeHome } from './homes.js'
import { stateOf, watch, listenersOn } from './machine.js'
import { proofAt } from './seen.js'

type Options = Omit<Parameters<typeof spawnPredecessor>[0], 'family' | 'port'>
type Daemon = Awaited<ReturnType<typeof spawnPredecessor>>

/** Starts a daemon in a root of its own and has a scan prove it. The backend may depend on its pid. */
export async function startProven(
  family: Family,
  port: number,
  backend: Platform | ((pid: number) => Platform),
  options: Options = {},
) {
  const root = makeHome()
  const daemon = await spawnPredecessor({ family: 'sync', port, root, ...options })
  const platform = typeof backend === 'function' ? backend(daemon.pid) : backend
  const target = proofAt(await scan(family, root, platform), port)
  return { daemon, root, platform, target, isAlive: watch(daemon.pid) }
}

/** Stops a daemon (SIGSTOP). A signal that is sent to it then stays pending, where a test can see it. */
export async function hold(daemon: Pick<Daemon, 'pid' | 'child'>): Promise<void> {
  daemon.child.kill('SIGSTOP')
  await eventually(() => expect(stateOf(daemon.pid)).toBe('T'))
}

/** Returns whether the kernel knows neither the process nor a listener on the port, independent of what was reported. */
export function isGone(port: number, isAlive: () => boolean): boolean {
  return !isAlive() && listenersOn(port, port + 1).length === 0
}

/** A proof that fits no process: none has this start time, so no signal could ever be sent, whichever pid it is given. */
export function nobodyIn(family: Family): ProofFacts {
  return {
    family: family.name,
    port: family.ports.from,
    pid: 0,
    startTime: 'never',
    command: { args: ['nobody'] },
    executable: null,
    namespaces: 'none',
    listeners: [],
  }
}
