import { setFlagsFromString } from 'node:v8'
import { collectGarbage } from '../daemons/collect-garbage.js'
import { afterRest } from './limit-work.js'
import type { Project } from './project/project.js'

/**
 * The limit for young objects, because a dashboard runs for days but works only for seconds. By default, V8 lets young
 * objects take 48 MB before it collects unused ones, and keeps the allocated memory after the work: after a list of 412
 * missions, 170 MB instead of 95.
 */
const MAX_YOUNG_MIB = 4

/** A reply that takes this much processor time has read many files, like the first list or a search. */
const HARD_WORK_MS = 300

/**
 * How long after such work the daemon returns memory to the system. By then, the watches of a project that is no longer
 * watched are closed.
 */
const RELEASE_MS = 1_000

/** A client that has not sent a request for this long will probably not send one soon. */
const REST_MS = 10 * 60_000

/** Makes V8 collect young objects earlier. */
export function keepHeapSmall(): void {
  setFlagsFromString('--semi-space-growth-factor=1')
  setFlagsFromString(`--max-semi-space-size=${MAX_YOUNG_MIB}`)
}

export interface MemoryRelease {
  /** Notes that a reply was made, and that `began` was the processor time before it. */
  readonly noteWork: (began: NodeJS.CpuUsage) => void
  /** Rests the project when the last page has closed. */
  readonly rest: () => Promise<void>
}

/**
 * Returns memory to the system after hard work, when no page is open any more, and when no client has asked for a while.
 * In the last case, the project forgets what it has read. `isUsed`: whether a page is open.
 */
export function releasedWhenQuiet(project: Project, isUsed: () => boolean): MemoryRelease {
  const released = afterRest(RELEASE_MS, collectGarbage)
  const resting = afterRest(REST_MS, () => {
    if (isUsed()) return
    project.forget()
    released()
  })
  return {
    noteWork(began) {
      resting()
      const { user, system } = process.cpuUsage(began)
      if ((user + system) / 1000 > HARD_WORK_MS) released()
    },
    // A hidden tab has no stream but may be shown again. So the cached data is kept, and then only has to be checked for
    // changes.
    async rest() {
      await project.rest()
      released()
    },
  }
}
