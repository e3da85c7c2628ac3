import { setTimeout as sleep } from 'node:timers/promises'
import { throwLack } from '../errors.js'
import type { Listener, PortRange, ProcessView } from '../identity/machine.js'
import type { Platform } from './platform/platform.js'

/**
 * How long to wait before each further listing. A process that ends is gone before the kernel has closed its sockets, by
 * milliseconds on a busy machine. Each listing costs 7 ms on Linux.
 */
const WAITS_MS = [0, 30] as const

/** How long a further listing may take, so that the rest of the scan keeps its time. On macOS and Windows it runs a tool. */
const LISTING_MS = 1_000

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
 * be reported as one whose process is hidden. If a further listing fails or is late, returns the listeners that are left
 * then: the first listing is a complete answer. Throws only `E_RESOURCES`.
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
    const now = await socketsNow(ports, platform, deadline)
    if (now === null) return listeners
    listeners = listeners.filter((listener) => !doubtful.includes(listener) || now.has(listener.socket))
  }
  return listeners
}

/** Returns null if the listeners cannot be listed, or not in time. */
async function socketsNow(
  ports: PortRange,
  platform: Pick<Platform, 'listeners'>,
  deadline: AbortSignal,
): Promise<ReadonlySet<string> | null> {
  const limit = AbortSignal.any([deadline, AbortSignal.timeout(LISTING_MS)])
  try {
    return new Set((await platform.listeners(ports, limit)).map(({ socket }) => socket))
  } catch (error) {
    throwLack(error)
    return null
  }
}

/**
 * Root sees the processes of all users. A system that does not list the owner of a socket (Windows) hides the command line
 * of other users' processes, so there a process without one is not doubtful.
 */
function isDoubtful(listener: Listener, { holders, alive, user }: Seen): boolean {
  if (listener.user !== null && listener.user !== user && user !== ROOT) return false
  const pid = listener.pid ?? holders.get(listener.socket)
  const process = pid === undefined ? undefined : alive.get(pid)
  if (process === undefined) return true
  return process.command === null && listener.user !== null
}

const ROOT = '0'
