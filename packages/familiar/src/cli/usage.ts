import { parseArgs, type ParseArgsConfig } from 'node:util'

/** Wrong usage: one line that says what is wrong. */
export class UsageError extends Error {
  override readonly name = 'UsageError'
}

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

/** Keeps only the error: Node goes on to explain how to pass a positional argument that begins with a dash. */
function firstSentence(message: string): string {
  return (message.split(/\. |\n/)[0] ?? message).replace(/\.$/, '')
}
