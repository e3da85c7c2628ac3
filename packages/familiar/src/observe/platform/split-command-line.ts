/**
 * Returns the arguments that a program started with this Windows command line sees in its argument vector. Windows passes
 * one string, and each program splits it itself. These are the rules of the Microsoft C runtime, which Python and Node
 * are built with. Unquoted spaces and tabs separate arguments. A backslash is literal, except before a quote: there, each
 * pair of backslashes gives one backslash, and an odd one makes the quote literal. Inside quotes, two quotes give one. In
 * the program name (the first argument) a backslash is always literal. The end of the text closes an open quote.
 */
export function splitCommandLine(line: string): readonly string[] {
  const name = /^(?:"[^"]*"?|[^ \t"])*/.exec(line)?.[0] ?? ''
  const args = [name.replaceAll('"', '')]
  let at = skipBlanks(line, name.length)
  while (at < line.length) {
    const [argument, end] = readArgument(line, at)
    args.push(argument)
    at = skipBlanks(line, end)
  }
  return args
}

function isBlank(char: string | undefined): boolean {
  return char === ' ' || char === '\t'
}

function skipBlanks(line: string, from: number): number {
  let at = from
  while (isBlank(line[at])) at += 1
  return at
}

/** Returns the argument that begins at `from`, and the position after it. */
function readArgument(line: string, from: number): readonly [string, number] {
  let text = ''
  let at = from
  for (let quoted = false; at < line.length && (quoted || !isBlank(line[at])); at += 1) {
    if (line[at] === '\\') {
      const slashes = countBackslashes(line, at)
      at += slashes - 1
      const escapes = line[at + 1] === '"'
      text += '\\'.repeat(escapes ? slashes >> 1 : slashes)
      if (!escapes || slashes % 2 === 0) continue
      at += 1
      text += '"'
    } else if (line[at] !== '"') {
      text += line[at]
    } else if (quoted && line[at + 1] === '"') {
      at += 1
      text += '"'
    } else {
      quoted = !quoted
    }
  }
  return [text, at]
}

function countBackslashes(line: string, from: number): number {
  let at = from
  while (line[at] === '\\') at += 1
  return at - from
}
