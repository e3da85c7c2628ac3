/** A word of a shell command, with its quotes. */
const WORD = String.raw`(?:'[^']*'|\\.|[^\s'\\])+`

/** Matches what may precede a command in a shell line. */
const BEFORE = String.raw`(?:nsenter(?: -\w(?: \d+)?)+ -- )?(?:env (?:-C ${WORD} )?)?(?:[A-Z_]+=${WORD} |cd ${WORD} && )*`

/**
 * Matches what cannot be part of a command: a verb (`tool queue shows why`), a conjunction, the end of a sentence, or a
 * comment.
 */
const PROSE = /[;,]| +# | (?!(?:status|logs)(?: |$))(?:[a-z]{3,}s|again|and|or|to)(?= |$)/

/** What may stand between two commands in a shell line. */
const JOINED = /(?:\||&&) $/

/**
 * Returns the lines of a remedy that is a command of `program` or ends with one. The command is the last line, so that it
 * can be copied; its explanation (`to make one: tool init`) stands before it. Null for a sentence that only mentions a
 * command.
 */
export function commandLines(text: string, program: string): readonly string[] | null {
  const begin = beginOf(text, program)
  if (begin === null) return null
  const colon = text.lastIndexOf(': ', begin)
  const start = colon < 0 ? 0 : colon + 2
  if (begin > start && !JOINED.test(text.slice(start, begin))) return null
  return colon < 0 ? [text] : [text.slice(0, colon + 1), text.slice(start)]
}

/** Returns where the command begins, including prefixes that belong to it; null if there is no command. */
function beginOf(text: string, program: string): number | null {
  const name = program.replaceAll(/[^\w-]/g, String.raw`\$&`)
  const found = new RegExp(`(^|[ '])${BEFORE}${name} `).exec(withoutWords(text, program))
  return found === null ? null : found.index + (found[1] ?? '').length
}

/** Returns the text with the letters of its quoted words blotted out: the path of a command may contain another command. */
function withoutWords(text: string, program: string): string {
  return text.replaceAll(/(?<=^|[ =])'([^']*)'/g, (word: string, inner: string) =>
    inner.startsWith(`${program} `) ? word : `'${'_'.repeat(inner.length)}'`,
  )
}

/**
 * Returns the text with `paint` applied to the command of `program` that it contains. The command ends at the first word
 * that can only be prose, at the closing quote if it is quoted, or at the end of the text.
 */
export function withCommand(text: string, program: string, paint: (command: string) => string): string {
  const begin = beginOf(text, program)
  if (begin === null) return text
  const after = text.slice(begin)
  const length = text[begin - 1] === "'" ? after.indexOf("'") : after.search(PROSE)
  const end = length < 0 ? text.length : begin + length
  return `${text.slice(0, begin)}${paint(text.slice(begin, end))}${text.slice(end)}`
}
