const PART_MISSING: ReadonlySet<unknown> = new Set([
  'MODULE_NOT_FOUND',
  'ERR_MODULE_NOT_FOUND',
  // The package.json that gives the type of the module is incomplete.
  'ERR_INVALID_PACKAGE_CONFIG',
  'ERR_REQUIRE_ESM',
])

/**
 * Returns whether the error, or one of its causes, is that a module of the program could not be loaded because it is
 * missing or incomplete: the package was replaced or removed while the command ran. A command that continues after an
 * error must check this first. Otherwise it would report a wrong cause.
 */
export function isPartMissing(error: unknown): boolean {
  if (!(error instanceof Error)) return false
  const { code } = error as NodeJS.ErrnoException
  const isLost = PART_MISSING.has(code) || isCutOff(error) || isGoneBetween(error) || isTypeUnknown(error)
  return isLost || isPartMissing(error.cause)
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
 * modules, so any other missing file gives a different error. (Spec-kitty's own loader of chunks says `MODULE_NOT_FOUND`.)
 */
function isGoneBetween(error: Error): boolean {
  const { code, stack = '' } = error as NodeJS.ErrnoException
  if (code !== 'ENOENT' && code !== 'ENOTDIR') return false
  const opener = stack
    .split('\n')
    .find((line) => /^\s+at /.test(line) && !/node:(?:internal\/)?fs\b/.test(line))
  return opener?.includes('node:internal/modules/') === true
}

/** Returns whether the package.json that gives the type of a module was missing or incomplete when Node loaded the module. */
function isTypeUnknown({ name, message }: Error): boolean {
  const isTakenForOther = name === 'ReferenceError' && message.includes('not defined in ES module scope')
  return isTakenForOther || /^Error parsing .*[/\\]package\.json: /.test(message)
}
