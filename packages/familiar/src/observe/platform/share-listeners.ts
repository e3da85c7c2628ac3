import type { Listener, PortRange } from '../../identity/machine.js'
import type { Platform } from './platform.js'

/**
 * Returns the platform with one change: all calls of `listeners` within one turn of the event loop share one listing of
 * all of `ports`, which begins after the last of these calls. (On Linux every listing walks the kernel's whole table, 7
 * ms; eighteen daemons that end together would cause eighteen.)
 */
export function shareListeners(platform: Platform, ports: PortRange): Platform {
  let next: Promise<readonly Listener[]> | null = null
  const lookOnce = async (deadline: AbortSignal): Promise<readonly Listener[]> => {
    await new Promise((resolve) => setImmediate(resolve))
    next = null
    return platform.listeners(ports, deadline)
  }
  return {
    ...platform,
    listeners: async (range, deadline) => {
      next ??= lookOnce(deadline)
      const all = await next
      return all.filter(({ port }) => port >= range.from && port < range.to)
    },
  }
}
