import { FamiliarError } from '../errors.js'
import { DAEMON_GRAMMARS } from './describe.js'
import { EXIT } from './exit-codes.js'
import { note, type Io } from './io.js'
import { printJsonLines } from './json.js'
import { printableLines } from './printable.js'
import { parseOptions } from './parse.js'
import type { CommandContext } from './run.js'
import { followLog, openTail, type Tail } from './tail.js'
import { UsageError } from './usage.js'

const DEFAULT_LINES = 50

/** Prints the last lines of the daemon's log. */
export async function run(args: readonly string[], { daemon, io }: CommandContext): Promise<number> {
  const options = parseOptions(DAEMON_GRAMMARS.logs, args, { command: 'logs' })
  if (options.follow && options.json) throw new UsageError('use either --follow or --json')
  const path = daemon.logFile
  const count = options.lines ?? DEFAULT_LINES
  try {
    if (options.follow) await follow(path, count, io)
    else await printLast(path, count, options.json, io)
    return EXIT.ok
  } catch (error) {
    throw unreadable(path, error)
  }
}

async function follow(path: string, count: number, io: Io): Promise<void> {
  const isReaderGone = io.watchOutput()
  await print(followLog(path, await openAtLastLines(path, count), isReaderGone), io)
}

async function printLast(path: string, count: number, isJson: boolean, io: Io): Promise<void> {
  const tail = await openAtLastLines(path, count)
  try {
    if (isJson) return await printJsonLines({ log: path }, 'lines', tail?.read() ?? [], io)
    if (tail === null) return note(io, `there is no log yet: ${path}`)
    const last = await print(tail.read(), io)
    if (last !== '' && !last.endsWith('\n')) io.out('\n')
  } finally {
    await tail?.close()
  }
}

async function openAtLastLines(path: string, count: number): Promise<Tail | null> {
  const tail = await openTail(path)
  await tail?.seekLastLines(count)
  return tail
}

/**
 * Prints the pieces no faster than stdout's reader takes them; returns the last one. Replaces control characters, because a
 * log may hold text from other processes.
 */
async function print(pieces: AsyncIterable<string>, io: Io): Promise<string> {
  let last = ''
  for await (const piece of pieces) {
    if (piece === '') continue
    last = piece
    io.out(printableLines(piece))
    await io.flushed()
    if (io.isOutputClosed) break
  }
  return last
}

function unreadable(path: string, error: unknown): FamiliarError {
  const { code, message } =
    error instanceof Error ? (error as NodeJS.ErrnoException) : { message: String(error) }
  return new FamiliarError('E_SCOPE_UNUSABLE', `cannot read the log ${path}: ${code ?? message}`, {
    hint: 'make it a file that this user may read',
    cause: error,
  })
}
