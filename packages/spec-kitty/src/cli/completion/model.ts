import { COMMON_OPTIONS, type CommandSpec, type OptionSpec } from 'familiar/cli'
import { commandNamed, commandsBelow, type CommandWords, type Listed } from '../command-table.js'
import { TOPICS } from '../topic-names.js'

/** A word that can be typed at a position, and its meaning. */
export type Word = readonly [word: string, text: string]

/** An option that can be typed at a position. */
export interface Flag {
  readonly name: string
  readonly short: string | null
  readonly text: string
  /** The kind of its value; null for a flag. */
  readonly value: 'port' | 'file' | 'directory' | 'other' | null
}

/** A position on the command line: after the words of a command or a group. */
export interface Place {
  /** The words before the position, separated by blanks; empty at the beginning. */
  readonly at: string
  readonly words: readonly Word[]
  /** The only operands that a command accepts. */
  readonly choices: readonly Word[]
  readonly flags: readonly Flag[]
  /** The kind of other operands that can be typed at the position. */
  readonly operand: 'directory' | null
}

/**
 * Returns every position on the command line of the tool, with the words that can be typed there. `choices`: the valid
 * operands of commands whose description does not list them, each with its meaning.
 */
export async function completionModel(
  choices: Readonly<Partial<Record<CommandWords, readonly Word[]>>>,
): Promise<readonly Place[]> {
  const all = commandsBelow('')
  const specs = new Map(await Promise.all(all.map(async (one) => [one.words, await one.describe()] as const)))
  const names = all.flatMap((one) => [one.words, ...(one.aliases ?? [])].map((name) => [name, one] as const))
  const ways = [...new Set(['', ...names.flatMap(([name]) => beginningsOf(name))])]
  const places = ways.map((at) => {
    const command = names.find(([name]) => name === at)?.[1]
    const spec = command === undefined ? undefined : specs.get(command.words)
    const found = place(at, wordsAfter(at, names), spec)
    const named = commandNamed(at)
    const known = named === null ? undefined : choices[named]
    return known === undefined ? found : { ...found, choices: known }
  })
  return [...places, ...helpPlaces(places)]
}

/** Returns the beginnings of a name: for `sync queue retry`, they are `sync`, `sync queue` and the name itself. */
function beginningsOf(name: string): readonly string[] {
  const words = name.split(' ')
  return words.map((_, index) => words.slice(0, index + 1).join(' '))
}

type Named = readonly (readonly [name: string, command: Listed])[]

function wordsAfter(at: string, names: Named): readonly Word[] {
  const begin = at === '' ? '' : `${at} `
  const found = new Map<string, string>()
  for (const [name, command] of names) {
    if (!name.startsWith(begin)) continue
    const [word = '', ...more] = name.slice(begin.length).split(' ')
    if (more.length === 0) found.set(word, command.summary)
    else if (!found.has(word)) found.set(word, `commands: ${groupText(`${begin}${word}`, names)}`)
  }
  return [...found]
}

function groupText(group: string, names: Named): string {
  const words = names.flatMap(([name]) =>
    name.startsWith(`${group} `) ? [name.slice(group.length + 1).split(' ')[0]] : [],
  )
  return [...new Set(words)].join(', ')
}

function place(at: string, words: readonly Word[], spec: CommandSpec | undefined): Place {
  const choices = spec?.operands?.choices ?? []
  const options = {
    ...(at === '' ? { version: { text: 'print the version' } } : {}),
    ...spec?.options,
    ...COMMON_OPTIONS,
  }
  return {
    at,
    words,
    choices: choices.map((choice) => [choice, '']),
    flags: Object.entries(options).map(([name, option]) => flagOf(name, option)),
    operand: spec?.operands?.kind === 'directory' ? 'directory' : null,
  }
}

function flagOf(name: string, { short, text, value }: OptionSpec): Flag {
  const kind = value?.kind
  const isKnown = kind === 'port' || kind === 'file' || kind === 'directory'
  return { name, short: short ?? null, text, value: kind === undefined ? null : isKnown ? kind : 'other' }
}

/** Returns the positions after `help`: the same words as without `help`, and the topics. */
function helpPlaces(places: readonly Place[]): readonly Place[] {
  const topics = Object.entries(TOPICS)
  const known = places.filter(({ at }) => at !== 'help' && !at.startsWith('help '))
  return known
    .filter(({ at, words }) => at === '' || words.length > 0)
    .map(({ at, words }) => ({
      at: at === '' ? 'help' : `help ${at}`,
      words: at === '' ? [...words.filter(([word]) => word !== 'help'), ...topics] : words,
      choices: [],
      flags: [],
      operand: null,
    }))
}

/** Returns the positions without duplicates; of those with the same words, the last one counts. */
export function byPlace(places: readonly Place[]): readonly Place[] {
  return [...new Map(places.map((one) => [one.at, one])).values()]
}

/** Returns every step from one position to the next, as `sync/status`. */
export function stepsOf(places: readonly Place[]): readonly string[] {
  return byPlace(places).flatMap(({ at }) => {
    const cut = at.lastIndexOf(' ')
    return at === '' ? [] : [cut < 0 ? `/${at}` : `${at.slice(0, cut)}/${at.slice(cut + 1)}`]
  })
}

/** Returns the flags of all positions that take a value of this kind, as they are typed. */
export function flagsWith(places: readonly Place[], kind: Flag['value']): readonly string[] {
  const flags = places.flatMap((one) => one.flags).filter(({ value }) => value === kind)
  return [
    ...new Set(flags.flatMap(({ name, short }) => [`--${name}`, ...(short === null ? [] : [`-${short}`])])),
  ]
}

/** Quotes a text for bash and zsh. */
export function quote(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`
}
