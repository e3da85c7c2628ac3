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

/** Collects the lines of one file whose times are in the future. */
export function collectFutureLines() {
  const isFuture = futureCheck()
  const lines: FutureLine[] = []
  return {
    lines,
    take({ line, at, wp }: Omit<FutureLine, 'at'> & { readonly at: string | null }): void {
      if (at !== null && isFuture(at) && lines.length < (wp === null ? MAX_NAMED : MAX_KEPT))
        lines.push({ line, at, wp })
    },
  }
}
