import type {
  CommandSpec,
  Form,
  Grammar,
  Operands,
  OptionSpec,
  OptionSpecs,
  OptionValue,
  ParseContext,
  Parsed,
  Values,
} from './grammar.js'
import { COMMON_OPTIONS } from './grammar.js'
import { isFaithful } from '../identity/path-text.js'
import { didYouMean, nearest } from './nearest.js'
import { UnexpectedWordError, UsageError } from './command-errors.js'
import { FOREIGN_DASH, isFlag } from './arguments.js'

/**
 * Parses the arguments after the words of a command. Throws `UsageError` with one line that names the first mistake and
 * the correct form.
 */
export function parseCommand<T extends OptionSpecs>(
  grammar: Grammar<T>,
  args: readonly string[],
  context: ParseContext,
): Parsed<T> {
  const { given, operands } = scan(grammar, args, context)
  checkForms(grammar, new Set(given.keys()))
  refuseExamples(grammar, given, operands)
  checkOperands(grammar.operands, operands, context.command)
  const names = Object.entries(grammar.options)
  const values = Object.fromEntries(
    names.map(([name, { value }]) => [name, given.get(name) ?? (value === undefined ? false : undefined)]),
  )
  return { values: values as Values<T>, operands }
}

/** Like `parseCommand`, but for a command without operands. */
export function parseOptions<T extends OptionSpecs>(
  grammar: Grammar<T>,
  args: readonly string[],
  context: ParseContext,
): Values<T> {
  return parseCommand(grammar, args, context).values
}

type Given = Map<string, string | number | true>

interface Scanned {
  readonly given: Given
  readonly operands: readonly string[]
}

function scan(grammar: Grammar, args: readonly string[], context: ParseContext): Scanned {
  const given: Given = new Map()
  const operands: string[] = []
  for (let index = 0; index < args.length; index++) {
    const word = args[index] ?? ''
    if (word === '--') {
      operands.push(...args.slice(index + 1))
      break
    }
    if (!isFlag(word)) {
      operands.push(word)
      continue
    }
    const flags = flagsOf(word, grammar.options)
    for (const { name, written, attached } of flags) {
      const spec = grammar.options[name]
      if (spec === undefined) {
        const isCommon = attached !== null && Object.hasOwn(COMMON_OPTIONS, written.slice(2))
        throw isCommon ? new UsageError(`${written} takes no value`) : unknownFlag(written, grammar.options)
      }
      if (given.has(name)) throw new UsageError(`${written} is given twice`)
      const isNext = spec.value !== undefined && attached === null && mayBeValue(spec.value, args[index + 1])
      given.set(name, valueOf({ spec, written, text: isNext ? args[++index] : attached }, context))
    }
  }
  return { given, operands }
}

/**
 * Returns whether the next word may be the value. A word that begins with a hyphen is a flag. But `-5` and `-1h` count as
 * (mostly wrong) values, unless the value is a file.
 */
function mayBeValue({ kind }: OptionValue, next: string | undefined): boolean {
  if (next === undefined) return false
  const isName = kind === 'file' || kind === 'directory'
  return !isFlag(next) || (!isName && /^-\d/.test(next))
}

interface Flag {
  readonly name: string
  /** The flag as the user typed it. */
  readonly written: string
  /** The value after `=` or directly after the letter; null if there is none. */
  readonly attached: string | null
}

function flagsOf(word: string, options: OptionSpecs): readonly Flag[] {
  if (FOREIGN_DASH.test(word)) throw foreignDash(word, options)
  if (word.startsWith('--')) {
    const [written, ...rest] = word.split('=')
    const name = (written ?? '').slice(2)
    return [
      {
        name: Object.hasOwn(options, name) ? name : '',
        written: written ?? '',
        attached: rest.length > 0 ? rest.join('=') : null,
      },
    ]
  }
  return lettersOf(word, options)
}

/** Splits letters after one hyphen; the last one may have a value: `-fn 5`, `-n5`. */
function lettersOf(word: string, options: OptionSpecs): readonly Flag[] {
  const flags: Flag[] = []
  for (let at = 1; at < word.length; at++) {
    const letter = word[at] ?? ''
    const found = Object.entries(options).find(([, { short }]) => short === letter)
    if (found === undefined) throw unknownFlag(flags.length === 0 ? word : `-${letter}`, options)
    const [name, spec] = found
    const rest = word.slice(at + 1)
    const hasValue = spec.value !== undefined && rest !== ''
    flags.push({ name, written: `-${letter}`, attached: hasValue ? rest.replace(/^=/, '') : null })
    if (hasValue) break
  }
  return flags
}

function unknownFlag(written: string, options: OptionSpecs): UsageError {
  return new UsageError(`unknown option '${written}'${didYouMean(nearestFlags(written, options))}`)
}

/** Finds the flag that was probably meant if there is one hyphen too few or too many, as in `-json` and `--n`. */
function nearestFlags(written: string, options: OptionSpecs): readonly string[] {
  const bare = written.replace(/^-+/, '').replace(/=.*/s, '')
  const all = { ...options, ...COMMON_OPTIONS }
  const short = Object.values(all).find((one: OptionSpec) => one.short === bare)
  if (short !== undefined && written.startsWith('--')) return [`-${bare}`]
  return nearest(bare, Object.keys(all)).map((name) => `--${name}`)
}

function foreignDash(word: string, options: OptionSpecs): UsageError {
  const bare = word.replace(FOREIGN_DASH, '')
  const [meant = `--${bare}`] = nearestFlags(`--${bare}`, options)
  return new UsageError(`'${word}' begins with a dash that is no hyphen: write ${meant}`)
}

function assertFaithfulPath(name: string, path: string): void {
  if (!isFaithful(path)) throw new UsageError(`${name} is '${path}', which is not UTF-8`)
}

interface Written {
  readonly spec: OptionSpec
  readonly written: string
  readonly text: string | null | undefined
}

function valueOf({ spec, written, text }: Written, context: ParseContext): string | number | true {
  const { value } = spec
  if (value === undefined) {
    if (text === null || text === undefined) return true
    throw new UsageError(`${written} takes no value`)
  }
  const needs = `${written} needs ${needsOf(value, context)}`
  if (text === null || text === undefined) throw new UsageError(needs)
  if (value.kind === 'text' || value.kind === 'file' || value.kind === 'directory') {
    if (text === '') throw new UsageError(needs)
    if (value.kind !== 'text') assertFaithfulPath(written, text)
    return text
  }
  const number = numberOf(value, text, context)
  if (number === null) throw new UsageError(`${needs}, not '${text}'`)
  return number
}

/** A number without leading zeros: one with a leading zero may be meant as octal, or be a typing mistake. */
const WHOLE = /^(?:0|[1-9]\d{0,8})$/
const MAX_SECONDS = 1_000_000
const DECIMAL = /^(?:0|[1-9]\d{0,5})(?:\.\d+)?$/

function numberOf(value: OptionValue, text: string, { ports }: ParseContext): number | null {
  if (value.kind === 'seconds') return DECIMAL.test(text) && Number(text) > 0 ? Number(text) : null
  const number = WHOLE.test(text) ? Number(text) : Number.NaN
  const [from, to] =
    value.kind === 'number' ? [value.from, value.to] : [ports?.from ?? 1, (ports?.to ?? 65_536) - 1]
  return number >= from && number <= to ? number : null
}

function needsOf(value: OptionValue, { ports }: ParseContext): string {
  if (value.kind === 'number') return `a number from ${value.from} to ${value.to}`
  if (value.kind === 'seconds') return `a number of seconds above 0 and below ${MAX_SECONDS}`
  if (value.kind !== 'port') return value.needs
  return ports === undefined ? 'a port' : `a port from ${ports.from} to ${ports.to - 1}`
}

/** A name of one letter may be meant: an event type may be `T`. */
const EXAMPLE = /^[A-Z]{2,}$/

/**
 * Throws if a value is the name that stands for it in the help. Printed commands use the same names, and some users run a
 * command as it is printed: `--export FILE` would leave a file named FILE.
 */
function refuseExamples({ options, operands }: Grammar, given: Given, words: readonly string[]): void {
  for (const [name, text] of given)
    if (isExample(text, options[name]?.value?.name))
      throw new UsageError(`'--${name} ${text}' is an example: replace ${text} by what you mean`)
  const word = words.find((one) => isExample(one, operands?.name))
  if (word !== undefined) throw new UsageError(`'${word}' is an example: replace it by what you mean`)
}

function isExample(text: unknown, name: string | undefined): boolean {
  return name !== undefined && text === name && EXAMPLE.test(name)
}

/** Throws unless a single form allows all the given options. */
function checkForms({ forms = [] }: Pick<CommandSpec, 'forms'>, given: ReadonlySet<string>): void {
  const leads = forms.flatMap(({ lead }) => (lead !== undefined && given.has(lead) ? [lead] : []))
  const [lead, other] = leads
  if (lead !== undefined && other !== undefined) throw new UsageError(`use either --${lead} or --${other}`)
  const form = forms.find((one) => one.lead === lead)
  if (form === undefined) return
  for (const name of given) if (name !== lead && !form.may.includes(name)) throw misplaced(name, lead, forms)
}

function misplaced(name: string, lead: string | undefined, forms: readonly Form[]): UsageError {
  const owners = forms.filter(({ may }) => may.includes(name)).flatMap((one) => one.lead ?? [])
  const isPlain = forms.some((one) => one.lead === undefined && one.may.includes(name))
  if (lead !== undefined && (isPlain || owners.length === 0))
    return new UsageError(`use either --${lead} or --${name}`)
  return new UsageError(`--${name} needs ${owners.map((one) => `--${one}`).join(' or ')}`)
}

function checkOperands(operands: Operands | undefined, words: readonly string[], command: string): void {
  const extra = words[operands?.max ?? 0]
  if (extra !== undefined) throw new UnexpectedWordError(extra, command)
  if (operands === undefined) return
  if (words.length < operands.min) throw new UsageError(`${command} needs ${operands.needs}`)
  if (words.includes('')) throw new UsageError(`${operands.name} must not be empty`)
  if (operands.kind === 'directory') for (const word of words) assertFaithfulPath(operands.name, word)
  const { choices } = operands
  const wrong = choices === undefined ? undefined : words.find((word) => !choices.includes(word))
  if (wrong === undefined || choices === undefined) return
  const near = didYouMean(nearest(wrong, choices))
  throw new UsageError(`${command} needs ${operands.needs}, not '${wrong}'${near}`)
}
