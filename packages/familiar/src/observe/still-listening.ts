import { setTimeout as sleep } from 'node:timers/promises'
import type { Listener, PortRange, ProcessView } from '../identity/machine.js'
import type { Platform } from './platform/platform.js'

/**
 * How long to wait before each further listing. A process that ends is gone before the kernel has closed its sockets, by
 * milliseconds on a busy machine. Each listing costs 7 ms on Linux.
 */
const WAITS_MS = [0, 30] as const

interface Seen {
  readonly listeners: readonly Listener[]
  /** The pid that holds each socket. */
  readonly holders: ReadonlyMap<string, number>
  readonly alive: ReadonlyMap<number, ProcessView>
  /** The user who runs this command. */
  readonly user: string
}

/**
 * Returns the listeners without those that have closed since they were listed. Only looks again if one has no process that
 * can be seen whole although this user could see it: mostly because the process was just ending. Such a listener must not
 * be reported as one whose process is hidden.
 */
export async function stillListening(
  seen: Seen,
  ports: PortRange,
  platform: Pick<Platform, 'listeners'>,
  deadline: AbortSignal,
): Promise<readonly Listener[]> {
  let { listeners } = seen
  for (const waitMs of WAITS_MS) {
    const doubtful = listeners.filter((listener) => isDoubtful(listener, seen))
    if (doubtful.length === 0) return listeners
    if (waitMs > 0) await sleep(waitMs)
    const now = new Set((await platform.listeners(ports, deadline)).map(({ socket }) => socket))
    listeners = listeners.filter((listener) => !doubtful.includes(listener) || now.has(listener.socket))
  }
  return listeners
}

/** Root sees the processes of all users. */
function isDoubtful(listener: Listener, { holders, alive, user }: Seen): boolean {
  if (listener.user !== null && listener.user !== user && user !== ROOT) return false
  const pid = listener.pid ?? holders.get(listener.socket)
  return pid === undefined || alive.get(pid)?.command == null
}

const ROOT = '0'
