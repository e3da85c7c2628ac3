/** A word as a shell reads it, with quotes. */
const WORD = String.raw`(?:'[^']*'|\\.|[^\s'\\])+`

/** What may stand before a command for the shell. */
const BEFORE = String.raw`(?:[A-Z_]+=${WORD} |cd ${WORD} && )*`

/**
 * Returns the text with `paint` applied to the command of `program` in it: it goes on to the end of the text or, in quotes, to
 * the end of those.
 */
export function withCommand(text: string, program: string, paint: (command: string) => string): string {
  const name = program.replaceAll(/[^\w-]/g, String.raw`\$&`)
  const found = new RegExp(`(^|[ '])${BEFORE}${name} `).exec(text)
  if (found === null) return text
  const [, before = ''] = found
  const begin = found.index + before.length
  const quote = before === "'" ? text.indexOf("'", begin) : -1
  const end = quote < 0 ? text.length : quote
  return `${text.slice(0, begin)}${paint(text.slice(begin, end))}${text.slice(end)}`
}
