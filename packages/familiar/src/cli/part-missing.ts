const PART_MISSING: ReadonlySet<unknown> = new Set(['MODULE_NOT_FOUND', 'ERR_MODULE_NOT_FOUND'])

/**
 * Returns whether the error, or one of its causes, is that a module of the program could not be loaded because it is
 * missing or incomplete: the package was replaced or removed while the command ran. A command that continues after an
 * error must check this first. Otherwise it would report a wrong cause.
 */
export function isPartMissing(error: unknown): boolean {
  if (!(error instanceof Error)) return false
  const { code } = error as NodeJS.ErrnoException
  return PART_MISSING.has(code) || isCutOff(error) || isGoneBetween(error) || isPartMissing(error.cause)
}

/**
 * Returns whether a module is incomplete. Its code then does not compile, and only for such code does the stack begin
 * with a position in the file.
 */
function isCutOff({ name, stack = name }: Error): boolean {
  return name === 'SyntaxError' && !stack.startsWith(name)
}

/**
 * Returns whether a module disappeared after Node had found it and before Node opened it. Node's loader opens only
 * modules, so any other missing file gives a different error.
 */
function isGoneBetween(error: Error): boolean {
  const { code, stack = '' } = error as NodeJS.ErrnoException
  if (code !== 'ENOENT' && code !== 'ENOTDIR') return false
  const opener = stack
    .split('\n')
    .find((line) => /^\s+at /.test(line) && !/node:(?:internal\/)?fs\b/.test(line))
  return opener?.includes('node:internal/modules/') === true
}
