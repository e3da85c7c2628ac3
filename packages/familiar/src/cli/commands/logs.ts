import { FamiliarError } from '../../errors.js'
import { DAEMON_GRAMMARS } from '../daemon-grammars.js'
import { EXIT } from '../exit-codes.js'
import { note, type Io } from '../io.js'
import { formatJson, SCHEMA_VERSION } from '../print-json.js'
import { asJson, asStored, asText, type LogFormat } from '../log-entry.js'
import { openLogFiles, type LogPart } from '../log-files.js'
import { splitLines } from '../log-lines.js'
import { parseOptions } from '../parse.js'
import type { CommandContext } from '../run.js'
import { localTime, momentOf, SINCE_EXAMPLES } from '../since.js'
import type { Tail } from '../tail.js'
import { followLog } from '../follow-log.js'
import { UsageError } from '../command-errors.js'

/** How many lines are shown if neither `--lines` nor `--since` is given. */
const DEFAULT_LINES = 50

interface Request {
  readonly part: LogPart
  readonly isFollowed: boolean
  readonly isJson: boolean
}

/**
 * Prints the last entries of the daemon's log: formatted on a terminal, as stored in a pipe, and as one document with
 * `--json`. With `--follow`, continues until the reader closes the output.
 */
export async function run(args: readonly string[], { daemon, io }: CommandContext): Promise<number> {
  const request = readRequest(args)
  const path = daemon.logFile
  const isReaderGone = request.isFollowed ? io.watchOutput() : () => false
  try {
    const tell = (text: string): void => note(io, `${io.program}: ${text}`)
    const files = await openLogFiles(path, request.part, {
      onUnreadable: (other, error) => tell(unreadable(other, error).message),
      onCut: (file) => tell(`only the last GiB of ${file} was read; older text in it is not shown`),
    })
    if (request.isFollowed) await follow(path, files, isReaderGone, { ...request, io })
    else await show(path, files, { ...request, io })
    return EXIT.ok
  } catch (error) {
    throw unreadable(path, error)
  }
}

function readRequest(args: readonly string[]): Request {
  const options = parseOptions(DAEMON_GRAMMARS.logs, args, { command: 'logs' })
  const since = options.since === undefined ? null : readSince(options.since)
  const all = since === null ? DEFAULT_LINES : Number.POSITIVE_INFINITY
  const count = options.lines ?? all
  return { part: { count, since }, isFollowed: options.follow, isJson: options.json }
}

function readSince(text: string): Date {
  const since = momentOf(text.trim(), new Date())
  if (since !== null) return since
  throw new UsageError(`--since needs a time such as ${SINCE_EXAMPLES}, not '${text}'`)
}

interface Shown extends Request {
  readonly io: Io
}

async function show(path: string, files: readonly Tail[], { io, isJson, part }: Shown): Promise<void> {
  const pieces = readAll(files)
  if (isJson) return showDocument(path, pieces, io)
  if (files.length === 0) return note(io, `there is no log yet: ${path}`)
  const isEmpty = await print(pieces, formatFor(io), io)
  if (isEmpty && part.since !== null) note(io, `nothing was logged since ${localTime(part.since)}: ${path}`)
}

async function follow(
  path: string,
  files: readonly Tail[],
  isReaderGone: () => boolean,
  { io, isJson }: Shown,
): Promise<void> {
  const format: LogFormat = isJson ? (part) => `${asJson(part)}${part.isLast ? '\n' : ''}` : formatFor(io)
  await print(readAll(files.slice(0, -1)), format, io)
  await print(followLog(path, files.at(-1) ?? null, isReaderGone), format, io)
}

function formatFor(io: Io): LogFormat {
  return io.isTerminal ? asText(io) : asStored
}

/** The document is as large as the log, so it is printed in parts and never held in memory as a whole. */
async function showDocument(path: string, pieces: AsyncIterable<string | null>, io: Io): Promise<void> {
  const whole = formatJson({ schema_version: SCHEMA_VERSION, log: path, lines: [] })
  const end = whole.lastIndexOf(']')
  io.out(whole.slice(0, end))
  let separator = ''
  const format: LogFormat = (part) => {
    const start = part.isFirst ? `${separator}\n    ` : ''
    separator = ','
    return `${start}${asJson(part)}`
  }
  const isEmpty = await print(pieces, format, io)
  if (!io.isOutputClosed) io.out(`${isEmpty ? '' : '\n  '}${whole.slice(end)}`)
}

/** Reads the files one after the other; null at the end of each. Closes them. */
async function* readAll(files: readonly Tail[]): AsyncGenerator<string | null> {
  try {
    for (const file of files) {
      yield* file.read()
      yield null
    }
  } finally {
    await Promise.all(files.map((file) => file.close()))
  }
}

/** Prints the pieces no faster than the reader takes them. Returns whether there were none. */
async function print(pieces: AsyncIterable<string | null>, format: LogFormat, io: Io): Promise<boolean> {
  const lines = splitLines()
  let isEmpty = true
  for await (const piece of pieces) {
    const text = (piece === null ? lines.end() : lines.add(piece)).map(format).join('')
    if (text === '') continue
    isEmpty = false
    io.out(text)
    await io.flushed()
    if (io.isOutputClosed) break
  }
  return isEmpty
}

function unreadable(path: string, error: unknown): FamiliarError {
  const { code, message } =
    error instanceof Error ? (error as NodeJS.ErrnoException) : { message: String(error) }
  return new FamiliarError('E_SCOPE_UNUSABLE', `cannot read the log ${path}: ${code ?? message}`, {
    hint: 'make it a file that this user may read',
    cause: error,
  })
}
