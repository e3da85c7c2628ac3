import { parseArgs, type ParseArgsConfig } from 'node:util'
import { UsageError } from 'familiar/cli'

type Options = NonNullable<ParseArgsConfig['options']>

/** Returns options and words of a command that takes words. Throws `UsageError` with one line for an unknown option. */
export function readArguments<T extends Options>(
  args: readonly string[],
  options: T,
): ReturnType<typeof parseArgs<{ options: T; strict: true; allowPositionals: true }>> {
  try {
    return parseArgs({ args: [...args], options, strict: true, allowPositionals: true })
  } catch (error) {
    const [first = ''] = (error instanceof Error ? error.message : String(error)).split(/\. |\n/)
    throw new UsageError(first.replace(/\.$/, ''))
  }
}
