const PART_MISSING: ReadonlySet<unknown> = new Set(['MODULE_NOT_FOUND', 'ERR_MODULE_NOT_FOUND'])

/**
 * Returns whether the error, or one of its causes, is that a module of the program could not be loaded because it is not there, or only
 * in part: the package was replaced or removed while the command ran. Where a command goes on after an error, ask this first: what is
 * told of such a command is otherwise untrue.
 */
export function isPartMissing(error: unknown): boolean {
  if (!(error instanceof Error)) return false
  const { code } = error as NodeJS.ErrnoException
  return PART_MISSING.has(code) || isCutOff(error) || isGoneBetween(error) || isPartMissing(error.cause)
}

/** A module that is there in part. Only for code that does not compile, the stack begins with the place in its file. */
function isCutOff({ name, stack = name }: Error): boolean {
  return name === 'SyntaxError' && !stack.startsWith(name)
}

/**
 * A module that was there when Node looked for it, and not any more when Node opened it. Any other file that is not there was opened
 * by something else than Node's loader.
 */
function isGoneBetween(error: Error): boolean {
  const { code, stack = '' } = error as NodeJS.ErrnoException
  if (code !== 'ENOENT' && code !== 'ENOTDIR') return false
  const opener = stack
    .split('\n')
    .find((line) => /^\s+at /.test(line) && !/node:(?:internal\/)?fs\b/.test(line))
  return opener?.includes('node:internal/modules/') === true
}
