import type { Listener } from './platform.js'

/** Returns the holders on a system whose socket listing already names them, so that no search is needed. */
export function holdersTold(listeners: readonly Listener[]): ReadonlyMap<string, number> {
  return new Map(listeners.flatMap(({ socket, pid }) => (pid === null ? [] : [[socket, pid] as const])))
}

/** Returns the pids that can exist, each once. A pid from a record or a reply may be any number. */
export function wantedOf(pids: readonly number[]): ReadonlySet<number> {
  return new Set(pids.filter((pid) => Number.isSafeInteger(pid) && pid > 0))
}
