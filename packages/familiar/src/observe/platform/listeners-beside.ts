import type { PortRange } from '../../identity/machine.js'
import type { Platform } from './platform.js'

/** Ports outside of the scanned range, and what is to happen if something listens there. */
export interface PortsBeside {
  readonly ports: PortRange
  /** Called during the scan, once for each listing with such a listener, before the listeners are asked. Must not throw. */
  readonly onListener: () => void
}

/**
 * Returns the platform with one change: `listeners` also reports whether something listens on other ports. It reads the
 * table of listeners only once for both, because each reading takes milliseconds.
 */
export function watchPortsBeside(platform: Platform, { ports, onListener }: PortsBeside): Platform {
  return {
    ...platform,
    listeners: async (range, deadline) => {
      const both = { from: Math.min(range.from, ports.from), to: Math.max(range.to, ports.to) }
      const all = await platform.listeners(both, deadline)
      if (all.some(({ port }) => isIn(ports, port))) onListener()
      return all.filter(({ port }) => isIn(range, port))
    },
  }
}

function isIn({ from, to }: PortRange, port: number): boolean {
  return port >= from && port < to
}
