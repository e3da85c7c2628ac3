import { constants } from 'node:os'
import { errnoOf } from '../errors.js'
import { isOn } from '../define/daemon-environment.js'
import { EXIT } from './exit-codes.js'
import { printFailure, reportFailure } from './failure.js'
import { holdOutput, type HeldOutput } from './hold-output.js'
import { watchInterruption, type Interruption } from './interruption.js'
import type { Io } from './io.js'
import { mayBeTerminal, openOutput, type Output } from './output.js'
import { printable, printableStyled } from './printable.js'
import { askHidden, confirm, type Prompt } from './prompt.js'
import { watchReader } from './watch-reader.js'
import { shortenEnd } from './text-width.js'
import { asksForJson, takeCommonFlags, type CommonFlags } from './arguments.js'

export interface ProcessSettings {
  /** The name of the tool, which precedes the messages on stderr. */
  readonly program: string
  /** The command that shows how to use the tool. It is read only when an error is reported, so it may be a getter. */
  readonly help: string
  readonly argv: readonly string[]
  /** Environment variables, besides `CI`, that mean that nobody can answer a question. */
  readonly quietVariables?: readonly string[]
}

/**
 * Runs a command on the standard streams of this process, and returns its exit code. Prints a failure on stderr
 * (`reportFailure`) and, with `--json`, as an object on stdout. Handles the flags that every command has and does not
 * pass them on: `--verbose` adds a stack trace, `--no-color` removes colours, `-q` or `--quiet` leaves only results and
 * errors. Ctrl+C ends the process with exit code 130, and says what was ended (`watchInterruption`); one that comes before a
 * command that only looks has printed anything keeps it from printing. Ctrl+C, SIGTERM and
 * SIGHUP first end a daemon that the command is starting. It is not a failure if the reader closes the pipe (`| head`);
 * every other write error is. Removes all its handlers from the process before it returns.
 */
export async function runOnProcess(
  settings: ProcessSettings,
  command: (args: readonly string[], io: Io) => Promise<number>,
): Promise<number> {
  const { program } = settings
  const held = holdOutput()
  const interrupted = (): void => {
    held.drop()
    interruption.interrupt()
  }
  const mayEnd = (look: string, isSure = true): void => {
    held.release()
    interruption.mayEnd(look, isSure)
  }
  const done = { text: (): string | null => null }
  const asked = { isEndless: false, isInLines: false }
  const output = openStdout(program, (text) => io.err(text))
  // A failed write to stderr cannot be reported anywhere else.
  const errors = openOutput(2, () => undefined)
  const flags = takeCommonFlags(settings.argv)
  let isPrinted = false
  const used = { ...output, write: (text: string) => ((isPrinted = true), output.write(text)) }
  const released = (): void => {
    process.off('SIGINT', interrupted)
    interruption.stop()
  }
  const io = makeIo(settings, flags, { output: used, errors, held, released, mayEnd, done, asked })
  const interruption = watchInterruption({
    io,
    done: () => done.text(),
    exit: (code) => process.exit(code),
    // A document that is printed already must stay the only one.
    report: (error) => void reportFailure(error, io, asksForJson(flags.args) && !isPrinted, false),
    document: (message, remediation) => {
      if (!asksForJson(flags.args) || asked.isEndless || (isPrinted && !asked.isInLines)) return
      printFailure({ code: 'E_INTERRUPTED', message, remediation }, io)
    },
    onStarting: (isStarting) => {
      for (const signal of ENDING_SIGNALS) process[isStarting ? 'on' : 'off'](signal, ended)
    },
  })
  const ended = (signal: (typeof ENDING_SIGNALS)[number]): void =>
    interruption.leave(128 + constants.signals[signal])
  process.on('SIGINT', interrupted)
  const nothingLeft = untilNothingIsLeft()
  try {
    const ended = (args: readonly string[]): Promise<number> =>
      Promise.race([command(args, io), nothingLeft.promise])
    const code = await runReported(flags, ended, { io, interruption })
    await held.released()
    await interruption.settled()
    await output.close()
    if (interruption.isFinishing()) return EXIT.interrupted
    return output.isLost() ? EXIT.error : code
  } finally {
    released()
    nothingLeft.stop()
    await errors.close()
  }
}

/**
 * The signals that end a command without a word. They are handled only while a daemon is being started; the exit code is
 * then the one that a shell gives to a process that such a signal has ended.
 */
const ENDING_SIGNALS = ['SIGTERM', 'SIGHUP'] as const

/**
 * Rejects if the process would end while the command waits, because nothing is left that could wake it: Node would exit with 0 and
 * without a word, as if the command had done its work.
 */
function untilNothingIsLeft(): { readonly promise: Promise<never>; readonly stop: () => void } {
  let reject: ((why: Error) => void) | undefined
  const promise = new Promise<never>((_, no) => {
    reject = no
  })
  const fail = (): void => reject?.(new Error('the command waits for something that cannot happen any more'))
  process.once('beforeExit', fail)
  return { promise, stop: () => void process.off('beforeExit', fail) }
}

/** All modules that run a command are imported statically, because the package may be replaced while the command waits. */
async function runReported(
  { args, isVerbose }: CommonFlags,
  command: (args: readonly string[], io: Io) => Promise<number>,
  { io, interruption }: { readonly io: Io; readonly interruption: Interruption },
): Promise<number> {
  try {
    return await command(args, io)
  } catch (error) {
    const told = await interruption.explain(error)
    return reportFailure(told, io, asksForJson(args), isVerbose)
  }
}

interface Streams {
  readonly output: ReturnType<typeof openStdout>
  readonly errors: Output
  readonly held: HeldOutput
  /** From now on Ctrl+C has its usual effect, and the processes that are ended are not noted. */
  readonly released: () => void
  readonly mayEnd: NonNullable<Io['mayEnd']>
  /** The command's own words for the message if it is interrupted. */
  readonly done: { text: () => string | null }
  /** Whether the command goes on until Ctrl+C, and whether it prints a document a line, with a failure as the last one. */
  readonly asked: { isEndless: boolean; isInLines: boolean }
}

function makeIo(
  settings: ProcessSettings,
  { isQuiet, isVerbose, hasNoColor }: CommonFlags,
  { output, errors, held, released, mayEnd, done, asked }: Streams,
): Io {
  const env = process.env
  const isPainted = (stream: 'stdout' | 'stderr'): boolean => !hasNoColor && hasColor(env, stream)
  let isLineShown = false
  const endLine = (): void => {
    if (!isLineShown) return
    isLineShown = false
    errors.write(CLEARED)
  }
  return {
    program: settings.program,
    get help() {
      return settings.help
    },
    env,
    isQuiet,
    cwd: () => process.cwd(),
    get isInteractive() {
      const isUnattended = ['CI', ...(settings.quietVariables ?? [])].some((name) => isOn(env[name]))
      return !isUnattended && isTerminal('stdin') && isTerminal('stderr')
    },
    get isTerminal() {
      return isTerminal('stdout')
    },
    get columns() {
      return columnsOf('stdout')
    },
    get errorColumns() {
      return columnsOf('stderr')
    },
    get hasColor() {
      return isPainted('stdout')
    },
    get hasErrorColor() {
      return isPainted('stderr')
    },
    isVerbose,
    get isOutputClosed() {
      return output.hasFailed()
    },
    watchOutput: () => {
      asked.isEndless = true
      const isReaderGone = watchReader(DESCRIPTORS.stdout)
      return () => output.hasFailed() || isReaderGone()
    },
    out: (text) => {
      endLine()
      held.write(() => output.write(printableStyled(text, isPainted('stdout'))))
    },
    flushed: async () => {
      await held.released()
      await output.flushed()
    },
    err: (text) => {
      endLine()
      held.write(() => errors.write(printableStyled(text, isPainted('stderr'))))
    },
    get rewriteLine() {
      if (isQuiet || !isTerminal('stderr') || env['TERM'] === 'dumb') return null
      return (text: string) => {
        endLine()
        if (text === '') return
        isLineShown = true
        errors.write(fitting(printable(text), process.stderr.columns))
      }
    },
    confirm: (question, untouched) => confirm(printable(question), promptOf(settings, untouched)),
    askHidden: (question, untouched) => askHidden(printable(question), promptOf(settings, untouched)),
    mayEnd,
    onInterrupt: (text) => {
      done.text = text
      asked.isInLines = true
    },
    releaseInterrupt: () => {
      held.release()
      released()
      output.open()
      errors.open()
    },
    exit: (code) => {
      held.release()
      return process.exit(output.isLost() ? EXIT.error : code)
    },
  }
}

function promptOf({ program }: ProcessSettings, untouched = 'nothing was done'): Prompt {
  return {
    input: process.stdin,
    output: process.stderr,
    interrupted: `${program}: interrupted; ${untouched}`,
  }
}

const DESCRIPTORS = { stdin: 0, stdout: 1, stderr: 2 } as const

function isTerminal(name: keyof typeof DESCRIPTORS): boolean {
  return mayBeTerminal(DESCRIPTORS[name]) && process[name].isTTY
}

function columnsOf(name: 'stdout' | 'stderr'): number | null {
  if (!isTerminal(name)) return null
  const { columns } = process[name]
  return columns > 0 ? columns : null
}

/** The control sequence that moves the cursor to the start of the line and clears the line. */
const CLEARED = '\r\u001B[2K'

/** The text is shortened to one line, because a line that wraps could not be replaced. */
function fitting(text: string, columns: number): string {
  return columns > 0 ? shortenEnd(text, columns - 1) : text
}

/**
 * Returns stdout. If the reader closes the pipe (EPIPE), it needs no more output, so that is not an error. After any
 * other error, such as a full disk, output is lost: the error is reported and the command fails with 2, whatever else it
 * would have exited with.
 */
function openStdout(
  program: string,
  report: (text: string) => void,
): Output & { hasFailed(): boolean; isLost(): boolean } {
  let hasFailed = false
  let isLost = false
  const onError = (error: NodeJS.ErrnoException): void => {
    if (hasFailed) return
    hasFailed = true
    if (error.code === 'EPIPE') return
    isLost = true
    report(
      `${program}: cannot write the output: ${errnoOf(error) ?? error.message} (only the output is lost)\n`,
    )
  }
  const stream = openOutput(1, onError)
  return { ...stream, hasFailed: () => hasFailed, isLost: () => isLost }
}

/**
 * Decides whether to use colours, as https://no-color.org and https://force-color.org describe: NO_COLOR comes first,
 * then FORCE_COLOR, then whether the stream is a terminal.
 */
function hasColor(env: Io['env'], stream: 'stdout' | 'stderr'): boolean {
  if ((env['NO_COLOR'] ?? '') !== '') return false
  const force = env['FORCE_COLOR']
  if (force !== undefined && force !== '') return force !== '0' && force !== 'false'
  return isTerminal(stream) && env['TERM'] !== 'dumb'
}
