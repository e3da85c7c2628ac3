import { FamiliarError } from 'familiar'
import { EXIT } from '../cli/exit-codes.js'
import type { Io } from '../cli/io.js'
import { runtimeRoot } from '../cli/runtime-root.js'
import { readOptions, UsageError } from '../cli/usage.js'
import { followFile, lastLines } from '../sync/tail.js'
import { logFile } from '../sync/launch.js'

export const help = `Usage: spec-kitty sync logs [--lines N] [--follow]

Prints the last lines (50) of the sync daemon's log, one JSON object a line.
--follow goes on until Ctrl+C.
`

const DEFAULT_LINES = '50'

/** Prints the log of the sync daemon. */
export async function run(args: readonly string[], io: Io): Promise<number> {
  const options = readOptions(args, {
    lines: { type: 'string', default: DEFAULT_LINES },
    follow: { type: 'boolean', default: false },
  })
  if (!/^\d{1,6}$/.test(options.lines)) {
    throw new UsageError(`--lines must be a whole number, not '${options.lines}'`)
  }
  const path = logFile(runtimeRoot(io))
  const { text, end } = readLog(path, Number(options.lines))
  if (text === null && !options.follow) io.err(`there is no log yet: ${path}\n`)
  io.out(text ?? '')
  if (options.follow) await followFile(path, end, (more) => io.out(more))
  return EXIT.ok
}

function readLog(path: string, count: number): ReturnType<typeof lastLines> {
  try {
    return lastLines(path, count)
  } catch (error) {
    const why = (error as NodeJS.ErrnoException).code ?? String(error)
    throw new FamiliarError('E_SCOPE_UNUSABLE', `cannot read the log ${path}: ${why}`, {
      hint: 'make it a file that this user may read',
      cause: error,
    })
  }
}
