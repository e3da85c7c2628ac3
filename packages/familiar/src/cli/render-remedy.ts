import type { Remedy } from '../doctor/remedy.js'
import { paint, type Io } from './io.js'
import { printable } from './printable.js'
import { columnsOf, wrapComment, wrapWords } from './text-width.js'

export type Terminal = Pick<Io, 'hasColor' | 'columns' | 'isQuiet'>

export const INDENT = '    '

/**
 * Returns the commands with what they do, each on its own line that can be run as printed. What must be done by hand, and
 * the command that shows the process if the user must look at it first, come before them.
 */
export function renderRemedy({ look, before, ...remedy }: Remedy, terminal: Terminal): readonly string[] {
  return [
    ...indented(before === undefined ? null : `${capital(printable(before))}:`, terminal),
    ...(look === undefined ? [] : renderCommands({ commands: [look], description: 'look first' }, terminal)),
    ...renderCommands(remedy, terminal),
  ]
}

/** Matches a command that explains an id. */
const EXPLAINING = / explain \S+$/

const SAYS = 'says more about it'

function renderCommands(
  { commands, description }: Pick<Remedy, 'commands' | 'description'>,
  terminal: Terminal,
): readonly string[] {
  if (commands.length === 0) return advice(description, terminal)
  // What only explains does not do what its description says: that is what the user can do.
  if (isExplained(commands) && !description.startsWith('says '))
    return [...advice(description, terminal), ...renderCommands({ commands, description: SAYS }, terminal)]
  const [only = ''] = commands
  const after = description === '' ? '' : `  # ${printable(description)}`
  const isShort = terminal.columns === null || columnsOf(`${INDENT}${only}${after}`) <= terminal.columns
  if (commands.length === 1 && isShort) {
    return [`${INDENT}${paint(terminal, 'cyan', printable(only))}${paint(terminal, 'dim', after)}`]
  }
  return [
    ...(description === '' ? [] : comment(printable(description), terminal)),
    ...commands.map((command) => `${INDENT}${paint(terminal, 'cyan', printable(command))}`),
  ]
}

/** A description above its commands is a comment too, so that the lines can be pasted together. */
function comment(text: string, terminal: Terminal): readonly string[] {
  const { columns } = terminal
  const lines = columns === null ? [`# ${text}`] : wrapComment(text, columns - INDENT.length)
  return lines.map((line) => `${INDENT}${paint(terminal, 'dim', line)}`)
}

/** Returns whether the commands only explain. */
export function isExplained(commands: readonly string[]): boolean {
  return commands.every((one) => EXPLAINING.test(one))
}

/** Returns the description of a remedy that only explains, as a sentence: it is what the user can do. */
export function advice(description: string, terminal: Terminal): readonly string[] {
  return indented(description === '' ? null : `${capital(printable(description))}.`, terminal)
}

function capital(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}`
}

export function indented(text: string | null, { columns }: Terminal): readonly string[] {
  if (text === null) return []
  return wrapWords(text, columns === null ? null : columns - INDENT.length).map((line) => `${INDENT}${line}`)
}
