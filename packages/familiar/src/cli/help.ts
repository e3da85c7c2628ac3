import {
  COMMON_ENVIRONMENT,
  COMMON_OPTIONS,
  EXIT_TEXTS,
  type CommandSpec,
  type Example,
  type OptionSpec,
  type OptionSpecs,
} from './grammar.js'
import { paint, type Io } from './io.js'
import { splitWords } from './text-width.js'

/**
 * The minimum and maximum width of help, and its width in a pipe. Longer lines are hard to read, and shorter ones leave
 * no room for the texts.
 */
const WIDTH = { most: 100, least: 30, pipe: 80 } as const

export type Terminal = Pick<Io, 'hasColor' | 'columns'>

/** An entry of a list: a name and its meaning. */
export type Entry = readonly [name: string, text: string]

/** What the help of a command contains in addition to its description. */
export interface HelpContext {
  /** The whole command, as it is typed: `spec-kitty auth doctor`. */
  readonly command: string
  /** The meaning of each environment variable that a description may name. */
  readonly environment: Readonly<Record<string, string>>
  /** A last paragraph that refers to other commands and topics. */
  readonly footer?: string
}

/** Returns the help of one command, wrapped to the terminal. */
export function commandHelp(spec: CommandSpec, context: HelpContext, terminal: Terminal): string {
  const variables = [...(spec.environment ?? []), ...Object.keys(COMMON_ENVIRONMENT)]
  const environment = variables.map((name): Entry => [name, context.environment[name] ?? ''])
  return blocks([
    usageBlock(spec, context.command, terminal),
    wrap(spec.about, terminal).join('\n'),
    ...(spec.more ?? []).map((text) => wrap(text, terminal).join('\n')),
    section('Options', optionEntries({ ...spec.options, ...COMMON_OPTIONS }), terminal),
    examplesBlock(spec.examples, terminal),
    section('Environment', environment, terminal),
    section('Exit codes', exitEntries(spec), terminal),
    ...(context.footer === undefined ? [] : [wrap(context.footer, terminal).join('\n')]),
  ])
}

/** Returns the blocks of text separated by empty lines, with a line feed at the end. */
export function blocks(texts: readonly string[]): string {
  return `${texts.join('\n\n')}\n`
}

function usageBlock(spec: CommandSpec, command: string, terminal: Terminal): string {
  const label = 'Usage: '
  return usageLines(spec)
    .map((rest, index) => {
      const begin = `${index === 0 ? label : ' '.repeat(label.length)}${command}`
      const lines = wrapWords(usageParts(rest), room(terminal) - begin.length - 1)
      const indent = `\n${' '.repeat(begin.length + 1)}`
      return rest === '' ? begin : `${begin} ${lines.join(indent)}`
    })
    .join('\n')
}

/** Splits `[--port N] [DIR]` at the blanks outside brackets. */
function usageParts(text: string): readonly string[] {
  return text.match(/\[[^\]]*\]|\S+/g) ?? []
}

/** Returns the usage of a command: one line for each form. */
export function usageLines({ usage, forms, options, operands }: CommandSpec): readonly string[] {
  if (usage !== undefined) return usage
  const all = forms ?? [{ may: Object.keys(options) }]
  const words = operands === undefined ? [] : [operandText(operands)]
  return all.map(({ lead, may }) => {
    const optional = may.map((name) => `[${flagText(name, options[name])}]`)
    return [...(lead === undefined ? [] : [flagText(lead, options[lead])]), ...words, ...optional].join(' ')
  })
}

function operandText({ name, min, max }: NonNullable<CommandSpec['operands']>): string {
  const text = max > 1 ? `${name}...` : name
  return min === 0 ? `[${text}]` : text
}

/** Returns `--port N` or `--json`. */
export function flagText(name: string, option: OptionSpec | undefined): string {
  return option?.value === undefined ? `--${name}` : `--${name} ${option.value.name}`
}

/** Returns the options as a list: `-n, --lines N` with its text. */
export function optionEntries(options: OptionSpecs): readonly Entry[] {
  const hasShort = Object.values(options).some(({ short }) => short !== undefined)
  return Object.entries(options).map(([name, option]) => {
    const short = option.short === undefined ? '    ' : `-${option.short}, `
    return [`${hasShort ? short : ''}${flagText(name, option)}`, option.text]
  })
}

/** Returns the examples: the purpose of each as a shell comment, and the line to paste. */
export function examplesBlock(examples: readonly Example[], terminal: Terminal): string {
  const lines = examples.flatMap(([command, text]) => [
    ...wrap(text, terminal, '  # ').map((line) => paint(terminal, 'dim', line)),
    `  ${paint(terminal, 'cyan', command)}`,
  ])
  return [heading('Examples', terminal), ...lines].join('\n')
}

/** Returns the meaning of each exit code for the command. */
export function exitEntries({ exits }: Pick<CommandSpec, 'exits'>): readonly Entry[] {
  return Object.entries({ ...EXIT_TEXTS, ...exits })
}

export function heading(title: string, terminal: Terminal): string {
  return paint(terminal, 'bold', `${title}:`)
}

/** Returns a heading and a list below it. */
export function section(title: string, entries: readonly Entry[], terminal: Terminal): string {
  return sections([[title, entries]], terminal).join('\n')
}

/** The share of the width that names may take. A longer name gets its own line. */
const NAMES = 0.36

/** Returns lists with their headings. The texts of all lists are aligned. */
export function sections(
  lists: readonly (readonly [title: string, entries: readonly Entry[]])[],
  terminal: Terminal,
): readonly string[] {
  const column = columnOf(
    lists.flatMap(([, entries]) => entries),
    terminal,
  )
  return lists.map(([title, entries]) =>
    [heading(title, terminal), ...aligned(entries, column, terminal)].join('\n'),
  )
}

function columnOf(entries: readonly Entry[], terminal: Terminal): number {
  const most = Math.floor(room(terminal) * NAMES)
  return Math.max(0, ...entries.map(([name]) => name.length).filter((length) => length <= most)) + 2
}

function aligned(entries: readonly Entry[], column: number, terminal: Terminal): readonly string[] {
  const indent = ' '.repeat(column + 2)
  return entries.flatMap(([name, text]) => {
    const [first = '', ...rest] = wrapWords(splitWords(text), room(terminal) - indent.length)
    const painted = paint(terminal, 'cyan', name)
    const isLong = name.length + 2 > column
    const lines = isLong
      ? [`  ${painted}`, `${indent}${first}`]
      : [`  ${painted}${' '.repeat(column - name.length)}${first}`]
    return [...lines, ...rest.map((line) => `${indent}${line}`)]
  })
}

function room({ columns }: Terminal): number {
  return Math.max(WIDTH.least, Math.min(WIDTH.most, columns ?? WIDTH.pipe))
}

/** Returns the text wrapped to the terminal. */
export function wrap(text: string, terminal: Terminal, indent = ''): readonly string[] {
  const lines = wrapWords(splitWords(text), room(terminal) - indent.length)
  return lines.map((line) => `${indent}${line}`)
}

function wrapWords(words: readonly string[], width: number): readonly string[] {
  const lines: string[] = []
  for (const word of words) {
    const last = lines.at(-1)
    if (last !== undefined && last.length + 1 + word.length <= width)
      lines[lines.length - 1] = `${last} ${word}`
    else lines.push(word)
  }
  return lines
}
