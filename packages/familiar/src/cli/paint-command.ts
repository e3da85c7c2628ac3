/** A word as a shell reads it, with quotes. */
const WORD = String.raw`(?:'[^']*'|\\.|[^\s'\\])+`

/** Matches what may precede a command in a shell line. */
const BEFORE = String.raw`(?:[A-Z_]+=${WORD} |cd ${WORD} && )*`

/**
 * Matches words that cannot be part of a command: a verb (`tool queue shows why`), a conjunction, or the end of a
 * sentence.
 */
const PROSE = /[;,]| (?!(?:status|logs)(?: |$))(?:[a-z]{3,}s|again|and|or|to)(?= |$)/

/**
 * Returns the text with `paint` applied to the command of `program` that it contains. The command ends at the first word
 * that can only be prose, at the closing quote if it is quoted, or at the end of the text.
 */
export function withCommand(text: string, program: string, paint: (command: string) => string): string {
  const name = program.replaceAll(/[^\w-]/g, String.raw`\$&`)
  const found = new RegExp(`(^|[ '])${BEFORE}${name} `).exec(text)
  if (found === null) return text
  const [, before = ''] = found
  const begin = found.index + before.length
  const after = text.slice(begin)
  const length = before === "'" ? after.indexOf("'") : after.search(PROSE)
  const end = length < 0 ? text.length : begin + length
  return `${text.slice(0, begin)}${paint(text.slice(begin, end))}${text.slice(end)}`
}
