import { parseArgs, type ParseArgsConfig } from 'node:util'
import type { Daemon } from '../define/define-daemon.js'
import { UsageError } from './command-errors.js'

type Options = NonNullable<ParseArgsConfig['options']>

/** Returns the values of the options. Throws `UsageError` with one line for anything else on the command line. */
export function readOptions<T extends Options>(
  args: readonly string[],
  options: T,
): ReturnType<typeof parseArgs<{ options: T; strict: true }>>['values'] {
  try {
    return parseArgs({ args: [...args], options, strict: true, allowPositionals: false }).values
  } catch (error) {
    throw new UsageError(firstSentence(error instanceof Error ? error.message : String(error)))
  }
}

/**
 * Returns the port that `--port` names; null if the option is not given. Throws `UsageError` if it is not a port of the
 * daemon.
 */
export function readPort(text: string | undefined, { ports }: Pick<Daemon, 'ports'>): number | null {
  if (text === undefined) return null
  const { from, to } = ports
  const port = /^[1-9]\d{0,4}$/.test(text) ? Number(text) : Number.NaN
  if (port >= from && port < to) return port
  throw new UsageError(`--port needs a port from ${from} to ${to - 1}, not '${text}'`)
}

/**
 * Keeps only the error itself. Node's message continues with an explanation of how to pass a positional argument that
 * begins with a dash.
 */
function firstSentence(message: string): string {
  return (message.split(/\. |\n/)[0] ?? message).replace(/\.$/, '')
}
