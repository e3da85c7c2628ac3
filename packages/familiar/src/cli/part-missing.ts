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

/**
 * Returns whether a module was only partly there. Only for code that does not compile does the stack begin with a place
 * in its file.
 */
function isCutOff({ name, stack = name }: Error): boolean {
  return name === 'SyntaxError' && !stack.startsWith(name)
}

/**
 * Returns whether a module disappeared between Node finding it and opening it. Any other missing file was not opened by
 * Node's loader.
 */
function isGoneBetween(error: Error): boolean {
  const { code, stack = '' } = error as NodeJS.ErrnoException
  if (code !== 'ENOENT' && code !== 'ENOTDIR') return false
  const opener = stack
    .split('\n')
    .find((line) => /^\s+at /.test(line) && !/node:(?:internal\/)?fs\b/.test(line))
  return opener?.includes('node:internal/modules/') === true
}
