/** A word as a shell reads it, with quotes. */
const WORD = String.raw`(?:'[^']*'|\\.|[^\s'\\])+`

/** What may stand before a command for the shell. */
const BEFORE = String.raw`(?:[A-Z_]+=${WORD} |cd ${WORD} && )*`

/** What cannot be a part of a command: a verb (`tool queue shows why`), a conjunction, or the end of a sentence. */
const PROSE = /[;,]| (?!(?:status|logs)(?: |$))(?:[a-z]{3,}s|again|and|or|to)(?= |$)/

/**
 * Returns the text with `paint` applied to the command of `program` in it: it goes on to the end of the text, to what can only
 * be prose or, in quotes, to the end of those.
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
