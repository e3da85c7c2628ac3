import { takePlace, takeStreamPlace, writeToStream, type PublicOptions } from './reply-and-stream-limits.js'
import { cutOffIsFreed, sendPart } from './send-body.js'
import { answerByHandler, type Exchange, type Handler } from './web-handler.js'
import type { StartGate } from './start-gate.js'
import type { Delivery } from './web-response.js'

/**
 * Lets a handler answer a GET or HEAD request without a token, within the limits for such replies. Whatever headers the
 * handler sets, other websites cannot read its response, and browsers do not guess its type from its content.
 */
export async function answerPublicly(
  handler: Handler,
  exchange: Exchange,
  options: PublicOptions & { readonly gate: StartGate },
): Promise<void> {
  const { message, response } = exchange
  const leavePlace = takePlace(response, options)
  if (leavePlace === null) return
  const deliver = (headers: Headers): Delivery | null => {
    protect(headers)
    if (message.method === 'HEAD' || !isEventStream(headers)) {
      return { send: (chunk) => sendPart(response, chunk) }
    }
    if (!takeStreamPlace(response, options)) return null
    leavePlace()
    return { send: async (chunk) => writeToStream(response, chunk), until: options.leaving }
  }
  try {
    await cutOffIsFreed()
    if (!(await options.gate.enter(message, response))) return
    await answerByHandler(handler, exchange, deliver)
  } finally {
    leavePlace()
  }
}

function protect(headers: Headers): void {
  const forOthers = Array.from(headers.keys()).filter((name) => name.startsWith('access-control-'))
  for (const name of forOthers) headers.delete(name)
  headers.set('x-content-type-options', 'nosniff')
}

function isEventStream(headers: Headers): boolean {
  return /^text\/event-stream\b/i.test(headers.get('content-type') ?? '')
}
