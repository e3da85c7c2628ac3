import { existsSync } from 'node:fs'
import { note, printable, SCHEMA_VERSION, startProgress, untilText, wrapWords, type Io } from 'familiar/cli'
import type { DrainLine } from '../upload/upload-types.js'
import { inHome } from '../../cli/in-home.js'
import { reasonText, whyHeld } from '../why-nothing-leaves.js'
import type { Finished } from './follow-drain.js'

/** Why events stay, and the command that changes this. */
export interface Explanation {
  readonly sentence: string
  readonly command: string | null
}

export interface DrainPrinter {
  readonly line: (line: DrainLine) => void
  readonly end: (finished: Finished) => Promise<void>
  /** Clears the line on the terminal. */
  readonly close: () => void
}

const BAR_CHARS = 24
/** The most projects whose events may not leave that are listed. Further ones are only counted. */
const SHOWN_PROJECTS = 3

/**
 * Shows the progress of a drain: as lines of JSON, or on the terminal like any other wait. `until` is the time at which
 * the command gives up.
 */
export function drainPrinter(
  io: Io,
  isJson: boolean,
  explain: () => Promise<Explanation | null>,
  until: string | null = null,
): DrainPrinter {
  return isJson ? jsonPrinter(io) : textPrinter(io, explain, until)
}

function jsonPrinter(io: Io): DrainPrinter {
  return {
    line: (line) => io.out(`${JSON.stringify({ schema_version: SCHEMA_VERSION, ...line })}\n`),
    end: () => io.flushed(),
    close: () => undefined,
  }
}

function textPrinter(io: Io, explain: () => Promise<Explanation | null>, until: string | null): DrainPrinter {
  const end = until === null ? '' : `, ${until} at most`
  const progress = startProgress(io)
  let [total, done, rejected] = [0, 0, 0]
  const held: Explanation[] = []
  return {
    line: (line) => {
      if (line.event === 'started') total = line.queued
      if (line.event === 'batch') {
        done += line.sent
        rejected += line.rejected
      }
      if (line.event === 'started' || line.event === 'batch')
        progress.show(`${bar(done + rejected, total)} ${done} of ${total} sent${end}`)
      if (line.event === 'held') held.push(describeHeld(line))
      if (line.event === 'waiting')
        progress.show(`waiting for the server, ${untilText(line.until_ms - Date.now())}: ${line.error}`)
    },
    end: async (finished) => {
      progress.stop()
      io.out(`${summaryOf(finished)}\n`)
      for (const one of held.slice(0, SHOWN_PROJECTS)) tell(io, one)
      if (held.length > SHOWN_PROJECTS) {
        const sentence = `... and of ${held.length - SHOWN_PROJECTS} more projects`
        tell(io, { sentence, command: 'spec-kitty sync queue' })
      }
      if (finished.reason !== null)
        tell(io, (await explain()) ?? { sentence: reasonText(finished.reason), command: null })
      await io.flushed()
    },
    close: progress.stop,
  }
}

/** Says it in one line or, where that is too long for the terminal, with the command in a line of its own, so that it can be copied. */
function tell(io: Io, { sentence, command }: Explanation): void {
  if (command === null) return note(io, sentence)
  const placed = inHome(command, io.env)
  const whole = `${sentence}: ${placed}`
  if (wrapWords(whole, io.errorColumns ?? null).length === 1) return note(io, whole)
  note(io, `${sentence}:`)
  if (io.isQuiet !== true) io.err(`  ${printable(placed)}\n`)
}

function describeHeld({ project, reason, count }: Extract<DrainLine, { event: 'held' }>): Explanation {
  const { sentence, command } = whyHeld({
    project,
    reason,
    detail: null,
    count,
    isGone: !existsSync(project),
  })
  return { sentence: `${count} ${count === 1 ? 'event stays' : 'events stay'}: ${sentence}`, command }
}

function bar(done: number, total: number): string {
  const filled = total === 0 ? 0 : Math.min(BAR_CHARS, Math.round((done / total) * BAR_CHARS))
  return `[${'='.repeat(filled)}${' '.repeat(BAR_CHARS - filled)}]`
}

function summaryOf({ sent, kept, rejected, reason }: Finished): string {
  if (sent + kept + rejected === 0 && reason === null) return 'nothing waits'
  return `sent: ${sent} · kept: ${kept} · rejected: ${rejected}`
}
