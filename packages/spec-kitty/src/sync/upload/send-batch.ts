import { judge, keepAll, retryAfterMs, type Verdict } from './answer.js'
import { bodyOf, type Format, type Part } from './batch.js'
import { isOfEnvironment, isOutOfTime } from './connection-errors.js'
import { oneLine } from './one-line.js'
import type { ErrorKind } from './upload-types.js'
import { RequestError, type Sender } from './sender.js'

/** What sending a batch needs. */
export interface Sending {
  readonly sender: Sender
  readonly format: Format
  /**
   * Returns a token; null if there is none. `refused` is a token that the server did not accept. Throws if this cannot be
   * determined now.
   */
  readonly token: (refused: string | null, signal: AbortSignal) => Promise<string | null>
  /** Aborting this signal abandons the running request. */
  readonly signal: AbortSignal
  /** Returns whether the batch may leave now. It is asked right before each request. */
  readonly mayLeave: () => Promise<boolean>
}

interface Exchanged {
  readonly verdict: Verdict
  readonly retryAfterMs: number | null
}

/**
 * Sends one batch. If the server does not accept the token, sends it once more with a new token. Returns null if the batch
 * may not leave any more: a token may take half a minute, and the user may have withdrawn the consent meanwhile.
 */
export async function sendBatch(batch: readonly Part[], sending: Sending): Promise<Exchanged | null> {
  const { token, signal, mayLeave } = sending
  const first = await renewed(token(null, signal), signal)
  if (!(await mayLeave())) return null
  if (first === null) return refused(batch, 'the session has ended, so there is no token to send with')
  const answer = await post(batch, first, sending)
  if (answer.verdict.next !== 'refresh') return answer
  const second = await renewed(token(first, signal), signal)
  if (!(await mayLeave())) return null
  if (second === null || second === first) return refused(batch, answer.verdict.error)
  const again = await post(batch, second, sending)
  return again.verdict.next === 'refresh' ? refused(batch, again.verdict.error) : again
}

/** An error of the sign-in service would otherwise look like one of the sync server. */
async function renewed(token: Promise<string | null>, signal: AbortSignal): Promise<string | null> {
  try {
    return await token
  } catch (error) {
    signal.throwIfAborted()
    const why = error instanceof Error ? error.message : String(error)
    throw new Error(`the session could not be renewed: ${why}`, { cause: error })
  }
}

function refused(batch: readonly Part[], error: string | null): Exchanged {
  return { verdict: keepAll(batch, 'refuse', error ?? 'the server refused the session'), retryAfterMs: null }
}

async function post(batch: readonly Part[], token: string, sending: Sending): Promise<Exchanged> {
  const { sender, format, signal } = sending
  const say = (text: string): string => oneLine(text, token)
  try {
    const reply = await sender.post(bodyOf(batch, format), token, signal)
    const verdict = judge(batch, reply, { answersPerEvent: format.answersPerEvent, say })
    return { verdict, retryAfterMs: retryAfterMs(reply.retryAfter, Date.now()) }
  } catch (error) {
    signal.throwIfAborted()
    const why = say(error instanceof Error ? error.message : String(error))
    const { whole = null, received = 0 } = error instanceof RequestError ? error : {}
    const kind = kindOf(error, received)
    const verdict = {
      ...keepAll(batch, 'back_off', why),
      kind,
      ...(whole === null ? {} : { whole }),
    } as const
    return { verdict, retryAfterMs: null }
  }
}

/** If a part of an answer has come, the address is right. */
function kindOf(error: unknown, received: number): ErrorKind {
  // First, because the certificate of a proxy may be out of its time too, and against that another proxy helps.
  if (isOfEnvironment(error)) return 'environment'
  if (isOutOfTime(error)) return 'certificate'
  return received > 0 ? 'answer' : 'connection'
}
