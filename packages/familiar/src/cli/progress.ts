import { boundLeft, monotonicMs } from '../clock.js'
import { note, type Io } from './io.js'

/** Waits that are shorter than this are not shown. */
const QUIET_MS = 1_000

/** If stderr is not a terminal, a wait is reported after this time, and the next change of its text after the same time again. */
const FIRST_LINE_MS = 3_000
const LINE_MS = 10_000

type Screen = Pick<Io, 'err' | 'rewriteLine'>

/** What a command waits for. The text may change over time: `waiting for ..., until 12:03:30`. */
export type WaitText = string | (() => string)

export interface Progress {
  /** Sets the text that says what the command waits for from now on. */
  readonly wait: (text: WaitText) => void
  /** Like `wait`, but shows the text at once on a terminal. For texts that change quickly. */
  readonly show: (text: WaitText) => void
  /** Clears the line on the terminal. */
  readonly stop: () => void
}

/**
 * Shows what a command waits for. On a terminal, one line is rewritten every second. In a pipe, at most one line is
 * printed every ten seconds, and each text only once. Shows nothing before the first `wait`, and nothing for a wait that
 * ends within a second.
 */
export function startProgress(io: Screen): Progress {
  const began = monotonicMs()
  let text: WaitText | null = null
  let saidFrom = began
  let last: string | null = null
  let saidAt = began + FIRST_LINE_MS - LINE_MS
  const show = (): void => {
    const now = monotonicMs()
    if (text === null) return
    const said = typeof text === 'string' ? text : text()
    const left = boundLeft(said, now - saidFrom)
    if (io.rewriteLine !== null) return io.rewriteLine(withTime(left, now - began))
    if (now - saidAt < LINE_MS || said === last) return
    saidAt = now
    last = said
    note(io, left)
  }
  const timer = setInterval(show, QUIET_MS)
  timer.unref()
  return {
    wait: (next) => {
      saidFrom = monotonicMs()
      text = next
    },
    show: (next) => {
      saidFrom = monotonicMs()
      text = next
      if (io.rewriteLine !== null) show()
    },
    stop: () => {
      clearInterval(timer)
      io.rewriteLine?.('')
    },
  }
}

/** Inserts the elapsed time before the end of the text, because a narrow terminal cuts off the end. */
function withTime(text: string, ms: number): string {
  return ms < QUIET_MS
    ? text
    : text.replace(/(?=, (?:until |\d+ s at most$))|$/, ` (${Math.round(ms / 1000)} s)`)
}

/**
 * Runs `work`, and shows what it waits for in the meantime. Every other message of the work, for example about a daemon
 * that is left alone, is printed once and stays on the terminal.
 */
export async function showingWaits<T>(
  io: Screen,
  work: (onWait: (message: string) => void) => Promise<T>,
): Promise<T> {
  const progress = startProgress(io)
  try {
    return await work((message) => {
      if (message.startsWith('waiting for ')) progress.wait(message)
      else note(io, message)
    })
  } finally {
    progress.stop()
  }
}
