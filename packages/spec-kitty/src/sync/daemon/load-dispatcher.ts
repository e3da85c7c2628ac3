import { randomBytes } from 'node:crypto'
import type { JsonObject } from 'familiar'
import { ownProcessName, type Io } from 'familiar/cli'
import { queuePath } from '../queue/queue-path.js'
import type { Queue } from '../queue/queue-types.js'
import type { Dispatcher } from '../upload/upload-types.js'

export interface LoadOptions {
  readonly root: string
  readonly env: Io['env']
  readonly log: (event: string, more?: JsonObject) => void
}

/** Loads the modules that sending needs, and creates the dispatcher of the root. Does not open the queue, and sends nothing. */
export async function loadDispatcher({ root, env, log }: LoadOptions): Promise<Dispatcher> {
  const [
    { createQueueSource },
    { readGate },
    { gateSession, sessionMark },
    { readConsentOf },
    { accessToken },
    dispatchers,
    { rememberWork },
    { noteWaiting },
  ] = await Promise.all([
    import('../upload/queue-source.js'),
    import('../upload/gate.js'),
    import('../gate-session.js'),
    import('../consent-of-events.js'),
    import('../session/access-token.js'),
    import('../upload/dispatcher.js'),
    import('../last-work.js'),
    import('../queue/waiting-note.js'),
  ])
  const claimant = { ...(await ownProcessName()), instance_id: randomBytes(16).toString('hex') }
  const path = queuePath(root)
  const source = createQueueSource(path, (event, message) => log(event, { message }))
  const remember = rememberWork(root)
  let opened: Queue | null = null
  let synced: string | null = null
  const dispatcher = dispatchers.createDispatcher({
    queue: async (isSuspect) => (opened = await source.open(isSuspect)),
    lostQueue: source.lost,
    gate: () => readGate({ root, env, session: () => gateSession(root) }),
    consent: async (_, events) => (await readConsentOf(events)).consent,
    token: async (refused, signal, serverUrl) => {
      const found = await accessToken(root, { ...(refused === null ? {} : { refresh: refused }), signal })
      // After the gate was read, the user may have signed in to another server.
      const isSame = found !== null && new URL(found.serverUrl).origin === new URL(serverUrl).origin
      return isSame ? found.token : null
    },
    sessionMark: () => sessionMark(root),
    remember: (known) => {
      remember(known)
      const waiting = waitingIn(opened)
      if (waiting !== null) noteWaiting(path, waiting, known.lastSync !== synced)
      synced = known.lastSync
    },
    claimant,
    env,
    log,
  })
  const stop = async (): Promise<void> => {
    await dispatcher.stop()
    await source.close()
  }
  return { ...dispatcher, stop }
}

/** Returns how many events wait; null if that is not known, as of a queue that was closed or whose file was removed. */
function waitingIn(queue: Queue | null): number | null {
  try {
    return queue?.counts().queued ?? null
  } catch {
    return null
  }
}
