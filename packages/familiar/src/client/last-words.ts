const LINES = 5
const LINE_CHARS = 500

/** Node's last line when an error has ended the process. */
const VERSION = /^Node\.js v\d/
/** Node shows where the error was thrown: the file and line, that line, a caret below it, and then the error. */
const LOCATION = /^\S.*:\d+$/
const CARET = /^\s*\^+\s*$/
const FRAME = /^\s+(?:at |\.\.\. \d+ lines? matching cause)/
const ADVICE = /^\(Use `node --trace-/
/** The first line of the properties of an error: its last stack frame or, if it has none, its message in brackets. */
const PROPERTIES = /^(?:\s+at .*|\[.*\]) \{$/
const CAUSE = /^\s+\[cause\]: (.*?)(?: \{)?$/

/**
 * Returns why a process ended, in a few lines, from what it wrote to stderr. If an error ended it, that is the beginning of
 * its message, and its causes; otherwise the last lines. Stack frames and the properties of errors are omitted, because
 * they would push out the message.
 */
export function lastWords(text: string): readonly string[] {
  const lines = text.split('\n').map((line) => line.trimEnd())
  const end = lines.findLastIndex((line) => VERSION.test(line))
  const caret = caretBefore(lines, end)
  const words =
    caret < 0 ? withoutDumps(lines).slice(-LINES) : withoutDumps(lines.slice(caret + 1, end)).slice(0, LINES)
  return words.map((line) => (line.length > LINE_CHARS ? `${line.slice(0, LINE_CHARS)}...` : line))
}

/**
 * Returns the index of the line with Node's caret; -1 if there is none. If the location is cut off, takes the first caret,
 * because the message may contain others.
 */
function caretBefore(lines: readonly string[], end: number): number {
  const isCaret = (line: string, at: number): boolean => at < end && CARET.test(line)
  const last = lines.findLastIndex((line, at) => isCaret(line, at) && LOCATION.test(lines[at - 2] ?? ''))
  return last < 0 ? lines.findIndex(isCaret) : last
}

/** Returns the lines without stack frames, blank lines, and the properties of errors except their causes. */
function withoutDumps(lines: readonly string[]): readonly string[] {
  const kept: string[] = []
  let closing = -1
  for (const [at, line] of lines.entries()) {
    const isProperty = at <= closing
    if (!isProperty && PROPERTIES.test(line)) closing = lines.indexOf('}', at)
    if (isProperty) kept.push(...causeIn(line))
    else if (!FRAME.test(line)) kept.push(closing > at ? line.replace(/ \{$/, '') : line)
  }
  return kept.filter((line) => line !== '' && !VERSION.test(line) && !ADVICE.test(line))
}

function causeIn(line: string): readonly string[] {
  const cause = CAUSE.exec(line)?.[1]
  return cause === undefined ? [] : [`caused by: ${cause}`]
}
