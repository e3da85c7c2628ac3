import { existsSync } from 'node:fs'
import { note, SCHEMA_VERSION, type Io } from 'familiar/cli'
import type { DrainLine } from '../upload/types.js'
import { reasonText, whyHeld } from '../why.js'
import type { Finished } from './follow-drain.js'

export interface DrainPrinter {
  readonly line: (line: DrainLine) => void
  readonly end: (finished: Finished) => Promise<void>
  /** Leaves the terminal as it was. */
  readonly close: () => void
}

/** In a pipe, at most one line of progress in this time. */
const QUIET_MS = 10_000
const BAR_CHARS = 24
/** Of the projects whose events may not leave. */
const SHOWN_PROJECTS = 3

/** Shows a drain: lines of JSON, or a bar that is rewritten on a terminal, or now and then a line in a pipe. */
export function drainPrinter(io: Io, isJson: boolean, explain: () => Promise<string | null>): DrainPrinter {
  return isJson ? jsonPrinter(io) : textPrinter(io, explain)
}

function jsonPrinter(io: Io): DrainPrinter {
  return {
    line: (line) => io.out(`${JSON.stringify({ schema_version: SCHEMA_VERSION, ...line })}\n`),
    end: () => io.flushed(),
    close: () => undefined,
  }
}

function textPrinter(io: Io, explain: () => Promise<string | null>): DrainPrinter {
  let [total, done, rejected, saidAt] = [0, 0, 0, performance.now()]
  let isShown = false
  const say = (text: string): void => {
    if (io.rewriteLine !== null) {
      isShown = true
      return io.rewriteLine(text)
    }
    if (performance.now() - saidAt < QUIET_MS) return
    saidAt = performance.now()
    note(io, text)
  }
  const clear = (): void => {
    if (isShown) io.rewriteLine?.('')
    isShown = false
  }
  const held: string[] = []
  return {
    line: (line) => {
      if (line.event === 'started') total = line.queued
      if (line.event === 'batch') {
        done += line.sent
        rejected += line.rejected
        say(`${bar(done + rejected, total)} ${done} of ${total} sent`)
      }
      if (line.event === 'held') held.push(describeHeld(line))
      if (line.event === 'waiting') say(`waiting ${secondsTo(line.until_ms)} s: ${line.error}`)
    },
    end: async (finished) => {
      clear()
      io.out(`${summaryOf(finished)}\n`)
      for (const text of held.slice(0, SHOWN_PROJECTS)) note(io, text)
      if (held.length > SHOWN_PROJECTS)
        note(io, `... and of ${held.length - SHOWN_PROJECTS} more projects: spec-kitty sync queue`)
      if (finished.reason !== null) note(io, (await explain()) ?? reasonText(finished.reason))
      await io.flushed()
    },
    close: clear,
  }
}

function secondsTo(time: number): number {
  return Math.max(0, Math.ceil((time - Date.now()) / 1000))
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
