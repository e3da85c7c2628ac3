import type { IncomingMessage, ServerResponse } from 'node:http'
import { refuseBody, type Refusal } from './json-reply.js'

/** Keeps requests waiting until the work of the daemon has started. */
export interface StartGate {
  /** Lets the waiting requests in, and all later ones. Has no effect if they are refused already. */
  readonly open: () => void
  /** Refuses the waiting requests, and all later ones. Has no effect if the gate is open. */
  readonly refuse: (error: 'stopping' | 'start_failed') => void
  /**
   * Waits, and returns true if the request may be carried out. False if its client has disconnected, or was sent the
   * refusal: then nothing of the request was carried out.
   */
  readonly enter: (message: IncomingMessage, response: ServerResponse) => Promise<boolean>
}

export function createStartGate(): StartGate {
  let state: 'shut' | 'open' | Refusal = 'shut'
  const waiting = new Set<() => void>()
  const settle = (to: 'open' | Refusal): void => {
    if (state !== 'shut') return
    state = to
    for (const wake of waiting) wake()
  }
  const wait = (response: ServerResponse): Promise<void> =>
    new Promise((resolve) => {
      const wake = (): void => {
        waiting.delete(wake)
        response.off('close', wake)
        resolve()
      }
      waiting.add(wake)
      response.once('close', wake)
    })
  return {
    open: () => settle('open'),
    refuse: (error) => settle({ status: 503, error, refused: 'not_begun' }),
    enter: async (message, response) => {
      if (state === 'open') return true
      if (state === 'shut' && !response.destroyed) await wait(response)
      return settled(state, message, response)
    },
  }
}

async function settled(
  state: 'shut' | 'open' | Refusal,
  message: IncomingMessage,
  response: ServerResponse,
): Promise<boolean> {
  if (response.destroyed || state === 'shut') return false
  if (state === 'open') return true
  const closed = new Promise<void>((resolve) => void response.once('close', resolve))
  refuseBody(message, response, state)
  // The daemon shuts down when no request is in flight, and the client must get its reply before.
  await closed
  return false
}
