import { isOn } from '../define/environment.js'
import { EXIT } from './exit-codes.js'
import { reportFailure } from './failure.js'
import type { Io } from './io.js'
import { printable, printableStyled } from './printable.js'
import { confirm } from './prompt.js'
import { watchReader } from './watch-reader.js'
import { shortenEnd } from './width.js'
import { asksForJson, takeCommonFlags, type CommonFlags } from './arguments.js'

export interface ProcessSettings {
  /** What users call the tool: stands before its messages on stderr. */
  readonly program: string
  /** The command that shows how to use the tool. It is read only when an error is reported, so it may be a getter. */
  readonly help: string
  readonly argv: readonly string[]
  /** Environment variables besides `CI` that mean that no question can be answered. */
  readonly quietVariables?: readonly string[]
}

/**
 * Runs a command on the standard streams of this process, and returns its exit code. Prints a failure as one line on stderr
 * and, with `--json`, as an object on stdout. Reads the flags of every command and does not pass them on: `--verbose` adds a
 * stack trace, `--no-color` takes the colours away, `-q` or `--quiet` leaves results and errors only. Ctrl+C ends the process
 * with exit code 130 and one line. A reader that closes the pipe (`| head`) is no failure; any other error while writing
 * is. What it installs on the process it removes before it returns.
 */
export async function runOnProcess(
  settings: ProcessSettings,
  command: (args: readonly string[], io: Io) => Promise<number>,
): Promise<number> {
  const { program } = settings
  const interrupted = (): never => {
    io.err(`${program}: interrupted; what was already done stays done\n`)
    process.exit(EXIT.interrupted)
  }
  const output = openOutput(program, (text) => io.err(text))
  const errors = lazyStream(
    () => process.stderr,
    // An error of stderr is ignored, because there is no other place to report it.
    () => undefined,
  )
  const flags = takeCommonFlags(settings.argv)
  const io = makeIo(settings, flags, { output, errors, interrupted })
  process.once('SIGINT', interrupted)
  try {
    const code = await runReported(flags, command, io)
    await output.close()
    return output.isLost() ? code || EXIT.error : code
  } finally {
    process.off('SIGINT', interrupted)
    await errors.close()
  }
}

/** Everything that runs a command is imported statically, because the package may be replaced while the command waits. */
async function runReported(
  { args, isVerbose }: CommonFlags,
  command: (args: readonly string[], io: Io) => Promise<number>,
  io: Io,
): Promise<number> {
  try {
    return await command(args, io)
  } catch (error) {
    return reportFailure(error, io, asksForJson(args), isVerbose)
  }
}

interface Streams {
  readonly output: ReturnType<typeof openOutput>
  readonly errors: LazyStream
  readonly interrupted: () => never
}

function makeIo(
  settings: ProcessSettings,
  { isQuiet, isVerbose, hasNoColor }: CommonFlags,
  { output, errors, interrupted }: Streams,
): Io {
  const env = process.env
  const isPainted = (stream: 'stdout' | 'stderr'): boolean => !hasNoColor && hasColor(env, stream)
  let isLineShown = false
  const endLine = (): void => {
    if (!isLineShown) return
    isLineShown = false
    errors.open().write(CLEARED)
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
      return !isUnattended && process.stdin.isTTY && process.stderr.isTTY
    },
    get isTerminal() {
      return process.stdout.isTTY
    },
    get columns() {
      return columnsOf(process.stdout)
    },
    get errorColumns() {
      return columnsOf(process.stderr)
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
      const isReaderGone = watchReader(process.stdout.fd)
      return () => output.hasFailed() || isReaderGone()
    },
    out: (text) => {
      endLine()
      output.open().write(printableStyled(text, isPainted('stdout')))
    },
    flushed: () => output.flushed(),
    err: (text) => {
      endLine()
      errors.open().write(printableStyled(text, isPainted('stderr')))
    },
    get rewriteLine() {
      if (isQuiet || !process.stderr.isTTY || env['TERM'] === 'dumb') return null
      return (text: string) => {
        endLine()
        if (text === '') return
        isLineShown = true
        errors.open().write(fitting(printable(text), process.stderr.columns))
      }
    },
    confirm: (question) => confirm(question, process.stdin, process.stderr),
    releaseInterrupt: () => {
      process.off('SIGINT', interrupted)
      output.open()
      errors.open()
    },
    exit: (code) => process.exit(output.isLost() ? code || EXIT.error : code),
  }
}

function columnsOf({ isTTY, columns }: NodeJS.WriteStream): number | null {
  return isTTY && columns > 0 ? columns : null
}

/** The control sequence that moves the cursor to the start of the line and clears the line. */
const CLEARED = '\r\u001B[2K'

/** The text is shortened to one line, because a line that wraps could not be replaced. */
function fitting(text: string, columns: number): string {
  return columns > 0 ? shortenEnd(text, columns - 1) : text
}

interface LazyStream {
  open(): NodeJS.WriteStream
  /** Resolves when everything written has been handed to the operating system, or is lost. */
  flushed(): Promise<void>
  /** Waits for what was written, and no longer handles the errors of the stream. */
  close(): Promise<void>
}

/** Opening a standard stream takes some milliseconds, so each is opened only when it is needed. */
function lazyStream(
  find: () => NodeJS.WriteStream,
  onError: (error: NodeJS.ErrnoException) => void,
): LazyStream {
  let stream: NodeJS.WriteStream | null = null
  const open = (): NodeJS.WriteStream => {
    if (stream === null) {
      stream = find()
      stream.on('error', onError)
    }
    return stream
  }
  const flushed = (): Promise<void> => new Promise((resolve) => open().write('', () => resolve()))
  return {
    open,
    flushed,
    close: async () => {
      if (stream === null) return
      await flushed()
      // The handler stays until the `error` event, which a stream emits after the callback of a failed write. Without a
      // handler, that event would end the process.
      await new Promise((resolve) => setImmediate(resolve))
      stream.off('error', onError)
      stream = null
    },
  }
}

/**
 * Returns stdout. A reader that has closed the pipe (EPIPE) needs no more output, so that is not an error. After any
 * other error, such as a full disk, output is lost: that is reported, and the command has failed even if all else went
 * well.
 */
function openOutput(
  program: string,
  report: (text: string) => void,
): LazyStream & { hasFailed(): boolean; isLost(): boolean } {
  let hasFailed = false
  let isLost = false
  const onError = (error: NodeJS.ErrnoException): void => {
    if (hasFailed) return
    hasFailed = true
    if (error.code === 'EPIPE') return
    isLost = true
    report(`${program}: cannot write the output: ${error.code ?? error.message}\n`)
  }
  const stream = lazyStream(() => process.stdout, onError)
  return { ...stream, hasFailed: () => hasFailed, isLost: () => isLost }
}

/**
 * Decides about colours as https://no-color.org and https://force-color.org describe: by NO_COLOR, then FORCE_COLOR, then
 * whether the stream is a terminal.
 */
function hasColor(env: Io['env'], stream: 'stdout' | 'stderr'): boolean {
  if ((env['NO_COLOR'] ?? '') !== '') return false
  const force = env['FORCE_COLOR']
  if (force !== undefined && force !== '') return force !== '0' && force !== 'false'
  return process[stream].isTTY && env['TERM'] !== 'dumb'
}
