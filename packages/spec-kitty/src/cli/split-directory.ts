import { parseArgs } from 'node:util'
import { UsageError } from 'familiar/cli'

/** The one directory that a command may be given, null if it is not, and its other arguments. */
export interface SplitDirectory {
  readonly directory: string | null
  readonly rest: readonly string[]
}

/** Separates the directory from the options. Throws `UsageError` for more than one, and for an empty one. */
export function splitDirectory(command: string, args: readonly string[]): SplitDirectory {
  const { positionals } = parseArgs({ args: [...args], strict: false, allowPositionals: true })
  if (positionals.length > 1) {
    throw new UsageError(`${command} takes one directory, not ${positionals.length}`)
  }
  const [directory] = positionals
  if (directory === '') throw new UsageError('the directory must not be empty')
  return { directory: directory ?? null, rest: args.filter((argument) => !positionals.includes(argument)) }
}
