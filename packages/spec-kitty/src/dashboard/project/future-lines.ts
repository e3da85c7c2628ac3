import { futureCheck } from './timestamps.js'

/** A line of a log whose time was in the future when it was read. */
export interface FutureLine {
  readonly line: number
  /** The time, as `instantOf` returns it. */
  readonly at: string
  /** The package that it moves; null if it moves none. */
  readonly wp: string | null
}

/** The maximum number of lines that are kept although they move no package. They are only named. */
const MAX_NAMED = 10

/** The maximum number of lines of one file. More of those that move packages are kept, because they leave lanes in doubt. */
const MAX_KEPT = 500

/** The maximum number of packages whose latest line is kept in addition. */
const MAX_PACKAGES = 2000

/**
 * Collects the first lines of one file whose times are in the future. Of further ones, keeps the latest that moves each
 * package, because its lane is in doubt until that time.
 */
export function collectFutureLines() {
  const isFuture = futureCheck()
  const first: FutureLine[] = []
  const latest = new Map<string, FutureLine>()
  return {
    take({ line, at, wp }: Omit<FutureLine, 'at'> & { readonly at: string | null }): void {
      if (at === null || !isFuture(at)) return
      const before = wp === null ? undefined : latest.get(wp)
      if (first.length < (wp === null ? MAX_NAMED : MAX_KEPT)) first.push({ line, at, wp })
      else if (wp !== null && (before === undefined ? latest.size < MAX_PACKAGES : before.at < at))
        latest.set(wp, { line, at, wp })
    },
    lines: (): readonly FutureLine[] => [...first, ...latest.values()],
  }
}
