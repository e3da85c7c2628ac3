import { LONGEST_END_MS } from '../act/terminate-process.js'
import { boundText, monotonicMs } from '../clock.js'
import type { CleanUpOptions } from '../define/define-daemon.js'
import type { Io } from './io.js'
import { showingWaits } from './progress.js'

/** Runs a clean-up, and shows what it waits for. */
export async function showingCleanUp<T>(
  io: Pick<Io, 'err' | 'rewriteLine'>,
  cleanUp: (watch: Required<Pick<CleanUpOptions, 'onProgress' | 'onWait'>>) => Promise<T>,
): Promise<T> {
  return showingWaits(io, (onWait) => {
    const end = monotonicMs() + LONGEST_END_MS
    const bound = (): string => boundText(end - monotonicMs())
    onWait(`waiting for the processes to end, ${bound()}`)
    return cleanUp({
      onWait,
      onProgress: (done, total) =>
        onWait(
          done === total
            ? 'waiting for a last look at the ports'
            : `waiting for ${total - done} of ${total} processes to end, ${bound()}`,
        ),
    })
  })
}
