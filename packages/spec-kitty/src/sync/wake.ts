import { note, type Io } from 'familiar/cli'
import { syncDaemon } from '../daemons/daemons.js'
import { readSkipReason } from './start-policy.js'

/** How long a command that has queued events waits for the daemon: it has done its work, and the daemon comes by anyway. */
const WAKE_MS = 2_000

/**
 * Tells the sync daemon that something was queued, and starts it where commands may do that on their own. Never throws and
 * returns within two seconds: what was queued stays queued, and leaves later.
 */
export async function wakeDaemon(root: string, io: Pick<Io, 'env' | 'err'>): Promise<void> {
  const signal = AbortSignal.timeout(WAKE_MS)
  try {
    const mayStart = (await readSkipReason(root, io.env, 'remote_required')) === null
    const connection = await syncDaemon
      .at(root)
      .tryConnect({ signal, ...(mayStart ? {} : { start: false, replace: false }) })
    if (connection.outcome === 'skipped') return
    await connection.fetch('/api/sync/trigger', { method: 'POST', signal })
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error)
    note(io, `the events are queued; the sync daemon was not told: ${signal.aborted ? 'no answer' : why}`)
  }
}
