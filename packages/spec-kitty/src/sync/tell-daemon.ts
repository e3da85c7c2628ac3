import { hintAfter, note, type Io } from 'familiar/cli'
import { inHome } from '../cli/in-home.js'
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
  const { why } = await trigger(
    root,
    async () => (await readSkipReason(root, io.env, 'remote_required')) === null,
  )
  const look = inHome`spec-kitty sync status`
  if (why !== null)
    note(io, `the events are queued; the sync daemon was not told: ${why}${hintAfter(why, look)}`)
}

/**
 * Notifies a running sync daemon that a session or a consent has changed. Never throws, never starts a daemon, and prints
 * nothing. Returns whether a daemon was notified.
 */
export async function tellDaemon(root: string): Promise<boolean> {
  return (await trigger(root, () => Promise.resolve(false))).isTold
}

interface Told {
  readonly isTold: boolean
  /** Why it failed; null if it did not, or if no daemon runs. */
  readonly why: string | null
}

async function trigger(root: string, mayStart: () => Promise<boolean>): Promise<Told> {
  const signal = AbortSignal.timeout(WAKE_MS)
  try {
    const options = (await mayStart()) ? {} : { start: false, replace: false }
    const connection = await syncDaemon.at(root).tryConnect({ signal, ...options })
    if (connection.outcome !== 'connected') return { isTold: false, why: null }
    await connection.fetch('/api/sync/trigger', { method: 'POST', signal })
    return { isTold: true, why: null }
  } catch (error) {
    const said = error instanceof Error ? error.message : String(error)
    return { isTold: false, why: signal.aborted ? 'no answer' : said }
  }
}
