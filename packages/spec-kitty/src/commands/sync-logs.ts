import { FamiliarError } from 'familiar'
import { EXIT } from '../cli/exit-codes.js'
import type { Io } from '../cli/io.js'
import { runtimeRoot } from '../cli/runtime-root.js'
import { readOptions, UsageError } from '../cli/usage.js'
import { printJson } from '../cli/json.js'
import { followFile, lastLines } from '../sync/tail.js'
import { logFile } from '../sync/launch.js'

export const help = `Usage: spec-kitty sync logs [--lines N] [--follow | --json]

Prints the last lines (50) of the sync daemon's log: a JSON object a line, and what the
runtime itself had to say. --follow goes on until Ctrl+C; --json prints one document.
`

const DEFAULT_LINES = '50'

/** Prints the log of the sync daemon. */
export async function run(args: readonly string[], io: Io): Promise<number> {
  const options = readOptions(args, {
    lines: { type: 'string', default: DEFAULT_LINES },
    follow: { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
  })
  if (!/^\d{1,6}$/.test(options.lines)) {
    throw new UsageError(`--lines must be a whole number, not '${options.lines}'`)
  }
  if (options.follow && options.json) throw new UsageError('--follow and --json exclude each other')
  const path = logFile(runtimeRoot(io))
  const { text, end } = readLog(path, Number(options.lines))
  if (options.json) {
    printJson({ log: path, lines: text === null ? [] : text.split('\n').slice(0, -1) }, io)
    return EXIT.ok
  }
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
