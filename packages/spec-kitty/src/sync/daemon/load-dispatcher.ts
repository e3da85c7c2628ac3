import { randomBytes } from 'node:crypto'
import type { JsonObject } from 'familiar'
import { ownProcessName, type Io } from 'familiar/cli'
import { queuePath } from '../queue/queue-path.js'
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
  ] = await Promise.all([
    import('../upload/queue-source.js'),
    import('../upload/gate.js'),
    import('../gate-session.js'),
    import('../consent-of-events.js'),
    import('../session/access-token.js'),
    import('../upload/dispatcher.js'),
    import('../last-work.js'),
  ])
  const claimant = { ...(await ownProcessName()), instance_id: randomBytes(16).toString('hex') }
  const source = createQueueSource(queuePath(root), (event, message) => log(event, { message }))
  const dispatcher = dispatchers.createDispatcher({
    queue: source.open,
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
    remember: rememberWork(root),
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
