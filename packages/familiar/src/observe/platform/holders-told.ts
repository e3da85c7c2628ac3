import type { Listener } from './platform.js'

/** Returns the holders on a system whose listing of the sockets names them already: nothing is left to look for. */
export function holdersTold(listeners: readonly Listener[]): ReadonlyMap<string, number> {
  return new Map(listeners.flatMap(({ socket, pid }) => (pid === null ? [] : [[socket, pid] as const])))
}
