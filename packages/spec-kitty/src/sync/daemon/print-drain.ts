import { existsSync } from 'node:fs'
import { note, SCHEMA_VERSION, startProgress, untilText, type Io } from 'familiar/cli'
import type { DrainLine } from '../upload/upload-types.js'
import { inHome } from '../../cli/in-home.js'
import { reasonText, whyHeld } from '../why-nothing-leaves.js'
import type { Finished } from './follow-drain.js'

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
  explain: () => Promise<string | null>,
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

function textPrinter(io: Io, explain: () => Promise<string | null>, until: string | null): DrainPrinter {
  const end = until === null ? '' : `, ${until} at most`
  const progress = startProgress(io)
  let [total, done, rejected] = [0, 0, 0]
  const held: string[] = []
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
      for (const text of held.slice(0, SHOWN_PROJECTS)) note(io, inHome(text, io.env))
      if (held.length > SHOWN_PROJECTS)
        note(
          io,
          inHome(`... and of ${held.length - SHOWN_PROJECTS} more projects: spec-kitty sync queue`, io.env),
        )
      if (finished.reason !== null) note(io, (await explain()) ?? reasonText(finished.reason))
      await io.flushed()
    },
    close: progress.stop,
  }
}

function describeHeld({ project, reason, count }: Extract<DrainLine, { event: 'held' }>): string {
  const { sentence, command } = whyHeld({
    project,
    reason,
    detail: null,
    count,
    isGone: !existsSync(project),
  })
  return `${count} ${count === 1 ? 'event stays' : 'events stay'}: ${sentence} (${command})`
}

function bar(done: number, total: number): string {
  const filled = total === 0 ? 0 : Math.min(BAR_CHARS, Math.round((done / total) * BAR_CHARS))
  return `[${'='.repeat(filled)}${' '.repeat(BAR_CHARS - filled)}]`
}

function summaryOf({ sent, kept, rejected, reason }: Finished): string {
  if (sent + kept + rejected === 0 && reason === null) return 'nothing waits'
  return `sent: ${sent} · kept: ${kept} · rejected: ${rejected}`
}
