import type { Platform, ProcessView } from '../../src/observe/platform/platform.js'

/**
 * Returns the backend with one lie: from the second time on that it is asked about the process, it reports the changed
 * view. To a signal that follows a scan, this is a pid that was reused in between.
 */
export function changing(real: Platform, pid: number, change: (view: ProcessView) => ProcessView): Platform {
  let asked = 0
  return {
    ...real,
    inspect: async (pids, deadline) => {
      const views = new Map(await real.inspect(pids, deadline))
      const view = views.get(pid)
      if (view !== undefined && asked++ > 0) views.set(pid, change(view))
      return views
    },
  }
}

/** Returns the backend without its answers about who holds a socket: what an unprivileged user sees of others. */
export function blind(real: Platform): Platform {
  return { ...real, holders: async () => new Map() }
}

/** Returns the backend, and the pids it was asked about, one by one, in that order. */
export function noting(real: Platform): { readonly platform: Platform; readonly asked: readonly number[] } {
  const asked: number[] = []
  const inspect: Platform['inspect'] = (pids, deadline) => {
    asked.push(...pids)
    return real.inspect(pids, deadline)
  }
  return { platform: { ...real, inspect }, asked }
}
