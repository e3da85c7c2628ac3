import { LONGEST_END_MS } from '../act/terminate-process.js'
import { boundText, monotonicMs } from '../clock.js'
import type { CleanUpOptions } from '../define/define-daemon.js'
import type { Io } from './io.js'
import { showingWaits } from './progress.js'

/**
 * Runs a clean-up, and shows what it waits for. The bound is known only when the ending begins: the waits for the locks and
 * the scan before it have bounds of their own.
 */
export async function showingCleanUp<T>(
  io: Pick<Io, 'err' | 'rewriteLine'>,
  cleanUp: (watch: Required<Pick<CleanUpOptions, 'onProgress' | 'onWait'>>) => Promise<T>,
): Promise<T> {
  return showingWaits(io, (onWait) => {
    let end: number | null = null
    onWait('waiting for a second look at the ports')
    return cleanUp({
      onWait,
      onProgress: (done, total) => {
        end ??= monotonicMs() + LONGEST_END_MS
        onWait(
          done === total
            ? 'waiting for a last look at the ports'
            : `waiting for ${done === 0 ? '' : `${total - done} of `}${total} ${total === 1 ? 'process' : 'processes'} to end, ${boundText(end - monotonicMs())}`,
        )
      },
    })
  })
}
