import { clockText } from 'familiar/cli'

interface Failed {
  readonly firstId: string
  readonly error: string
}

const EITHER = 'the cause is the server, or this event'

/** Returns what is said of an event with which the server fails, while it answers for others: it did so last at `others`. */
export function stuckText(failed: Failed, behind: number, others: Date): string {
  const waiting = behind > 0 ? 'the events of this project behind it wait; ' : ''
  return `${answers(failed)}; ${waiting}it answered for others at ${clockText(others)}`
}

/**
 * Returns what is said of an event that is all that is left of a batch with which the server failed, after it has answered
 * for others of the batch, and has been sent no other since.
 */
export function suspectText(failed: Failed): string {
  return `${answers(failed)}; ${EITHER}`
}

/** Returns whether an error may be that of the server, or of a single event. */
export function isSuspect(error: string | null): boolean {
  return error?.includes(EITHER) === true
}

/** An answer that is told without more: with its status, and with the words or the title in it. */
const PLAIN = /^the server answered \d+(?: with a web page)?(?: \(".*"\))?$/

function answers({ firstId, error }: Failed): string {
  if (!PLAIN.test(error)) return `for event ${firstId}, even when it is sent by itself, ${error}`
  return `${error.replace(/^the server answered/, 'the server answers')} to event ${firstId} even when it is sent by itself`
}
