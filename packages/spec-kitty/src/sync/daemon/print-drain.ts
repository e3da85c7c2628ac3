import { formatLines, note, SCHEMA_VERSION, startProgress, untilText, wrapWords, type Io } from 'familiar/cli'
import type { DrainLine } from '../upload/upload-types.js'
import { inHome } from '../../cli/in-home.js'
import { counted } from '../ages.js'
import type { QueueView } from '../read-queue.js'
import { reasonOfRejected } from '../status-lines.js'
import { whyHeld } from '../why-held.js'
import { reasonText } from '../why-nothing-leaves.js'
import { isNothing, type Finished } from './follow-drain.js'
import { progressBar } from './progress-bar.js'

type Held = Extract<DrainLine, { readonly event: 'held' }>

/** Why events stay, and the command that changes this. */
export interface Explanation {
  readonly sentence: string
  readonly command: string | null
  /** A second command, which helps if the first one does not. */
  readonly also?: string
}

/** A line as it is shown. The last one also has the number of events that were lost with their file. */
type ShownLine = DrainLine | (Finished & { readonly lost_events: number })

export interface DrainPrinter {
  readonly line: (line: ShownLine) => void
  /** Prints the end. `queue`: the present content of the queue, if known. */
  readonly end: (finished: Finished, queue: QueueView | null) => Promise<void>
  /** Returns what was sent so far, in words. */
  readonly soFar: () => string
  /** Clears the line on the terminal. */
  readonly close: () => void
}

/** Returns why events wait after this number of consecutive failed attempts. */
type Explain = (attempts: number) => Promise<Explanation | null>

/** The maximum number of listed projects whose events may not leave. Further ones are only counted. */
const SHOWN_PROJECTS = 3

/**
 * Shows the progress of a drain: as lines of JSON, or on the terminal like any other wait. `until`: when the command
 * gives up.
 */
export function drainPrinter(
  io: Io,
  isJson: boolean,
  explain: Explain,
  until: string | null = null,
): DrainPrinter {
  return isJson ? jsonPrinter(io) : textPrinter(io, explain, until)
}

function jsonPrinter(io: Io): DrainPrinter {
  return {
    line: (line) => io.out(`${JSON.stringify({ schema_version: SCHEMA_VERSION, ...line })}\n`),
    end: () => io.flushed(),
    soFar: () => 'the daemon goes on',
    close: () => undefined,
  }
}

function textPrinter(io: Io, explain: Explain, until: string | null): DrainPrinter {
  const end = until === null ? '' : `, ${until} at most`
  const progress = startProgress(io)
  let [total, done, rejected] = [0, 0, 0]
  let failures = 0
  const held: Held[] = []
  return {
    line: (line) => {
      if (line.event === 'started') total = line.queued
      if (line.event === 'batch') {
        done += line.sent
        rejected += line.rejected
        if (line.sent + line.rejected > 0) failures = 0
      }
      if (total > 0 && (line.event === 'started' || line.event === 'batch'))
        progress.show(`${progressBar(done + rejected, total)} ${done} of ${total} sent${end}`)
      if (line.event === 'held') held.push(line)
      if (line.event === 'waiting') failures += 1
      // A narrow terminal cuts off the end, and the reason matters more than the time.
      if (line.event === 'waiting')
        progress.show(`${line.error}: waiting, ${untilText(line.until_ms - Date.now())}`)
      const server = line.event === 'heartbeat' ? (line.request_server ?? null) : null
      if (server !== null && line.event === 'heartbeat') {
        const state = answerText(server, line.request_connected, line.request_bytes)
        progress.show(`${done + rejected} of ${total} sent, ${state}${end}`)
      }
    },
    end: async (finished, queue) => {
      progress.stop()
      io.out(`${summaryOf(finished)}\n`)
      for (const one of held.slice(0, SHOWN_PROJECTS))
        tell(io, describeHeld(one, queue, held.length === 1 && finished.kept === 0))
      if (held.length > SHOWN_PROJECTS) {
        const sentence = `... and of ${held.length - SHOWN_PROJECTS} more projects`
        tell(io, { sentence, command: inHome`spec-kitty sync queue` })
      }
      const dead = queue?.deadLetters ?? 0
      if (queue !== null && dead > 0 && (finished.rejected > 0 || isNothing(finished)))
        tell(io, {
          sentence: `the server rejected ${counted(dead, 'event')}${reasonOfRejected(queue)}`,
          command: inHome`spec-kitty sync queue --dead`,
        })
      // There is no wait after the last failure.
      if (finished.reason !== null)
        tell(io, (await explain(failures + 1)) ?? { sentence: reasonText(finished.reason), command: null })
      if (isNothing(finished)) {
        const why = await explain(failures)
        if (why !== null) tell(io, { ...why, sentence: `an event would stay here: ${why.sentence}` })
      }
      await io.flushed()
    },
    soFar: () => `sent: ${done} · rejected: ${rejected} so far, and the daemon goes on`,
    close: progress.stop,
  }
}

/**
 * Prints the explanation on one line. If that is too long for the terminal, or if there are two commands, prints each
 * command on its own line, so that it can be copied.
 */
function tell(io: Io, { sentence, command, also }: Explanation): void {
  if (command === null) return note(io, sentence)
  const placed = [command, ...(also === undefined ? [] : [also])]
  const whole = `${sentence}: ${command}`
  if (also === undefined && wrapWords(whole, io.errorColumns ?? null).length === 1) return note(io, whole)
  note(io, `${sentence}:`)
  const screen = { columns: io.errorColumns ?? null, hasColor: false }
  if (io.isQuiet !== true)
    for (const line of placed.flatMap((one) => formatLines([['', one, 'cyan']], screen))) io.err(`${line}\n`)
}

/** The queue contains more information than the daemon's reply: the problem with a consent that cannot be read. */
function describeHeld(
  { project, reason, count }: Held,
  queue: QueueView | null,
  isAll: boolean,
): Explanation {
  const known = queue?.held.find((one) => one.project === project && one.reason === reason)
  const { sentence, command, shown = command } = whyHeld(known ?? { project, reason, detail: null, count })
  const all = count === 1 ? 'the 1 event that waits stays' : `the ${count} events that wait stay`
  const some = `${counted(count, 'event')} ${count === 1 ? 'stays' : 'stay'}`
  return { sentence: `${isAll ? all : some}: ${sentence}`, command: shown }
}

/** What a drain does while a request runs. */
export function answerText(
  server: string,
  isConnected: boolean | null = null,
  received: number | null = null,
): string {
  const host = URL.canParse(server) ? new URL(server).host : server
  if ((received ?? 0) > 0) return `gets a slow answer from ${host}: ${counted(received ?? 0, 'byte')} so far`
  return isConnected === false ? `waits for a connection to ${host}` : `waits for an answer from ${host}`
}

function summaryOf(finished: Finished): string {
  const { sent, kept, held, rejected, reason } = finished
  if (isNothing(finished)) return 'nothing waits'
  if (sent + kept + rejected === 0 && reason === null && held > 0) return 'nothing was sent'
  // If the queue could not be read, events may wait in it.
  const waiting = kept + held === 0 && reason !== null ? 'not known' : String(kept)
  return `sent: ${sent} · kept: ${waiting} · rejected: ${rejected}`
}
