import type { Connection } from 'familiar'
import { CommandError, objectOf, parseJson } from 'familiar/cli'
import type { DrainLine } from '../upload/upload-types.js'
import { inHome } from '../../cli/in-home.js'

/** After this time without a line, the daemon counts as hung, because it should send one at least every two seconds. */
export const STALL_MS = 30_000

/** The maximum length of a line that is read. A real line has a few hundred characters. */
const MAX_LINE_CHARS = 64 * 1024

export type Finished = Extract<DrainLine, { readonly event: 'finished' }>

/** Returns whether the drain found no event at all. */
export function isNothing({ sent, kept, held, rejected, reason }: Finished): boolean {
  return sent + kept + held + rejected === 0 && reason === null
}

export interface FollowOptions {
  readonly onLine: (line: DrainLine) => void
  readonly signal?: AbortSignal
  readonly stallMs?: number
}

/**
 * Makes the daemon drain the queue now, and follows the drain to its end. The time limit for a line begins when the
 * stream is open, not when the command began. Its clock stops while the machine sleeps. Throws `E_SYNC_STALLED` if no
 * line came for `stallMs`, and `E_SYNC_INTERRUPTED` if the stream ended early. In both cases nothing is lost, because
 * events that the server has not accepted stay in the queue.
 */
export async function followDrain(
  connection: Pick<Connection, 'fetch' | 'pid'>,
  { onLine, signal, stallMs = STALL_MS }: FollowOptions,
): Promise<Finished> {
  const stalled = new AbortController()
  const reason = new CommandError(
    'E_SYNC_STALLED',
    `the sync daemon (process ${connection.pid}) has said nothing for ${stallMs / 1000} s; what was not sent waits in the queue`,
    { hint: inHome`spec-kitty sync restart` },
  )
  const both = signal === undefined ? stalled.signal : AbortSignal.any([signal, stalled.signal])
  const reply = await connection.fetch('/api/sync/drain', { method: 'POST', signal: both, retry: true })
  if (!reply.ok) throw interrupted(`it answered with status ${reply.status}`)
  let timer = setTimeout(() => stalled.abort(reason), stallMs)
  try {
    for await (const line of linesOf(reply.body)) {
      clearTimeout(timer)
      timer = setTimeout(() => stalled.abort(reason), stallMs)
      onLine(line)
      if (line.event === 'finished') return line
    }
  } finally {
    clearTimeout(timer)
  }
  throw interrupted('the stream ended early')
}

function interrupted(why: string): CommandError {
  return new CommandError(
    'E_SYNC_INTERRUPTED',
    `the sync daemon stopped draining: ${why}; what was not sent waits in the queue`,
    { hint: 'run the command again' },
  )
}

/** A line that does not follow the protocol counts as a sign of life, but is not passed on. */
async function* linesOf(body: AsyncIterable<Uint8Array>): AsyncGenerator<DrainLine> {
  const decoder = new TextDecoder()
  let rest = ''
  for await (const part of body) {
    const lines = (rest + decoder.decode(part, { stream: true })).split('\n')
    rest = (lines.pop() ?? '').slice(0, MAX_LINE_CHARS)
    for (const line of lines)
      yield (objectOf(parseJson(line)) ?? { event: 'heartbeat' }) as unknown as DrainLine
  }
}
