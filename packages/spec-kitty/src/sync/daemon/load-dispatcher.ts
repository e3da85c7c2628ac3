import { randomBytes } from 'node:crypto'
import type { JsonObject } from 'familiar'
import { ownProcessName, type Io } from 'familiar/cli'
import { queuePath } from '../queue/queue-path.js'
import type { Dispatcher } from '../upload/upload-types.js'

export interface LoadOptions {
  readonly root: string
  readonly env: Io['env']
  readonly log: (event: string, more?: JsonObject) => void
  /** Returns whether the home of this daemon is still at its path. */
  readonly isHere: () => boolean
}

/** Whatever is at the path of the home now, for example because a drive was mounted over it, is not this daemon's to send. */
const NOT_HERE = {
  state: 'closed',
  reason: 'config_unreadable',
  detail: 'another directory is at the path of the home',
} as const

/** Loads the modules that sending needs, and creates the dispatcher of the root. Does not open the queue, and sends nothing. */
export async function loadDispatcher({ root, env, log, isHere }: LoadOptions): Promise<Dispatcher> {
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
    queue: async (isSuspect) => (isHere() ? source.open(isSuspect) : null),
    lostQueue: source.lost,
    gate: async () => (isHere() ? await readGate({ root, env, session: () => gateSession(root) }) : NOT_HERE),
    consent: async (_, events) => (await readConsentOf(events)).consent,
    token: async (refused, signal, serverUrl) => {
      const found = await accessToken(root, {
        ...(refused === null ? {} : { refresh: refused }),
        signal,
        env,
      })
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
    // What was removed is saved at the path of the home, which must be this one.
    if (isHere()) await source.close()
  }
  return { ...dispatcher, stop }
}
