import { note, type Io } from 'familiar/cli'
import { syncDaemon } from '../daemons/define-daemons.js'
import { readSkipReason } from './start-policy.js'

/**
 * How long a command that has queued events waits for the daemon. A short wait is enough, because the events are queued,
 * and the daemon finds them later by itself.
 */
const WAKE_MS = 2_000

/**
 * Notifies the sync daemon that an event was queued, and starts it if commands may do that on their own. Never throws and
 * returns within two seconds. If it fails, the events stay queued and are sent later.
 */
export async function wakeDaemon(root: string, io: Pick<Io, 'env' | 'err'>): Promise<void> {
  const why = await trigger(
    root,
    async () => (await readSkipReason(root, io.env, 'remote_required')) === null,
  )
  if (why !== null) note(io, `the events are queued; the sync daemon was not told: ${why}`)
}

/**
 * Notifies a running sync daemon that a session or a consent has changed. Never throws, never starts a daemon, and prints
 * nothing.
 */
export async function tellDaemon(root: string): Promise<void> {
  await trigger(root, () => Promise.resolve(false))
}

/** Returns why the notification failed; null if it did not, or if no daemon runs. */
async function trigger(root: string, mayStart: () => Promise<boolean>): Promise<string | null> {
  const signal = AbortSignal.timeout(WAKE_MS)
  try {
    const options = (await mayStart()) ? {} : { start: false, replace: false }
    const connection = await syncDaemon.at(root).tryConnect({ signal, ...options })
    if (connection.outcome === 'connected')
      await connection.fetch('/api/sync/trigger', { method: 'POST', signal })
    return null
  } catch (error) {
    if (signal.aborted) return 'no answer'
    return error instanceof Error ? error.message : String(error)
  }
}
