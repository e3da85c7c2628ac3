import { definitionOf } from '../../define/define-daemon.js'
import { catalogueOf } from '../../doctor/explain/catalogue.js'
import type { Explanation } from '../../doctor/explain/explanation.js'
import { OTHER_FORMS } from '../../doctor/explain/words.js'
import { DAEMON_GRAMMARS } from '../daemon-grammars.js'
import { EXIT } from '../exit-codes.js'
import { paint, readingTerminal, type Io } from '../io.js'
import { printJson } from '../print-json.js'
import { didYouMean, nearest } from '../nearest.js'
import { parseCommand } from '../parse.js'
import type { CommandContext } from '../run.js'
import { UsageError } from '../command-errors.js'
import { shortenEnd, wrapWords } from '../text-width.js'

/** Explains an id that the doctor or another command named, or lists them all. */
export async function run(args: readonly string[], { daemon, words, io }: CommandContext): Promise<number> {
  const { rules } = definitionOf(daemon).family
  return explain(args, catalogueOf([{ words, rules }]), words.explain, io)
}

/** Like `run`, but with the ids of a whole tool. `command` is the command that users type before an id. */
export function explain(
  args: readonly string[],
  catalogue: readonly Explanation[],
  command: string,
  io: Pick<Io, 'out' | 'hasColor' | 'columns'> & Partial<Pick<Io, 'env'>>,
): number {
  const { values, operands } = parseCommand(DAEMON_GRAMMARS.explain, args, { command: 'explain' })
  const { json } = values
  const id = operands.join(' ')
  const found = (id === '' ? catalogue : explanationsOf(id, catalogue, command)).map((one) => ({
    ...one,
    whatToDo: adviceFor(process.geteuid?.(), one.whatToDo),
  }))
  if (json) printJson({ explanations: found.map(documentOf) }, io)
  else if (id === '') io.out(listText(catalogue, command, io))
  else {
    const { hasColor, columns } = readingTerminal(io)
    const screen = { hasColor, columns: columns ?? PIPE_COLUMNS }
    io.out(found.map((one) => fullText(one, screen)).join('\n'))
  }
  return EXIT.ok
}

/** Returns the advice without what the user does already: nothing more is seen as root by root. Pure. */
export function adviceFor(user: number | undefined, whatToDo: string): string {
  return user === 0 ? whatToDo.replaceAll(', or as root', '') : whatToDo
}

function explanationsOf(
  id: string,
  catalogue: readonly Explanation[],
  command: string,
): readonly Explanation[] {
  const wanted = OTHER_FORMS.get(plain(id)) ?? plain(id)
  const isIt = (one: Explanation): boolean => plain(one.id) === wanted
  const found = catalogue.filter(isIt)
  if (found.length > 0) return found
  const ids = catalogue.map((one) => one.id)
  const near = ids.includes(padded(id)) ? [padded(id)] : nearest(id, ids)
  const help = near.length === 0 ? `: '${command}' lists every id` : didYouMean(near)
  throw new UsageError(`nothing is called '${id}'${help}`)
}

/** `F-2` probably means `F-002`, and not a row. */
function padded(id: string): string {
  return id.replace(/^f-?(\d{1,3})$/i, (_, number: string) => `F-${number.padStart(3, '0')}`)
}

/** The words of an id may be separated by a blank or an underscore. */
function plain(id: string): string {
  return id.toLowerCase().replaceAll(' ', '_')
}

function documentOf({ id, kind, summary, why, whatToDo, conditions }: Explanation): object {
  return { id, kind, summary, why, what_to_do: whatToDo, conditions }
}

const INDENT = '  '

/** The width of an explanation in a pipe, the same as that of the help: a paragraph in one long line is hard to read. */
const PIPE_COLUMNS = 80

/** Replaces the blanks inside a command, so that no line breaks there and the command can be copied. */
const KEPT = '\u00a0'

const HEADINGS: Readonly<Record<Explanation['kind'], string>> = {
  finding: 'Findings of the doctor',
  class: 'Classes: what a clean-up may do',
  reason: 'Reasons why something is not ended without asking',
  evidence: 'Signs that a daemon is stale',
  state: 'States of a daemon',
  sync: 'Why events stay, or no daemon is started',
  row: 'Rows of the decision tables',
  path: 'How a process was ended',
  failure: 'Why a process could not be ended',
  outcome: 'What became of a process in a clean-up',
  cause: 'Why a daemon was started, or stopped',
  source: 'From what it is known who a listener is',
  event: 'Events in the log of a daemon',
  word: 'Words of the output',
  error: 'Codes of errors, in JSON',
}

const NAMES: Readonly<Record<Explanation['kind'], string>> = {
  finding: 'finding',
  class: 'class',
  reason: 'reason',
  evidence: 'sign',
  state: 'state',
  sync: 'reason of sync',
  row: 'row of a decision table',
  path: 'way to end a process',
  failure: 'reason why a process could not be ended',
  outcome: 'outcome of a clean-up',
  cause: 'reason of a start or a stop',
  source: 'source of an identity',
  event: 'event in the log',
  word: 'word',
  error: 'code of an error',
}

type Terminal = Pick<Io, 'hasColor' | 'columns'>

/** Returns one line for each id. On a terminal, lines that do not fit are cut off; a pipe gets whole lines, for `grep`. */
function listText(catalogue: readonly Explanation[], command: string, io: Terminal): string {
  const kinds = [...new Set(catalogue.map(({ kind }) => kind))]
  const blocks = kinds.map((kind) => {
    // An id of several words would make the column too wide for the others, so it stands below them.
    const [words, ids] = [true, false].map((isSeveral) =>
      catalogue.filter((one) => one.kind === kind && one.id.includes(' ') === isSeveral),
    )
    const ofKind = [...(ids ?? []), ...(words ?? [])]
    const width = Math.max(...(ids ?? []).map(({ id }) => id.length))
    const lines = ofKind.map(({ id, summary }) => {
      const line = `  ${id.padEnd(width)}  ${summary}`
      return `${io.columns === null ? line : shortenEnd(line, io.columns)}\n`
    })
    return `${paint(io, 'bold', HEADINGS[kind])}\n${lines.join('')}`
  })
  return [...blocks, `${command} ID tells why, and what to do.\n`].join('\n')
}

function fullText({ id, kind, summary, why, whatToDo, conditions }: Explanation, io: Terminal): string {
  const lines = [
    `${paint(io, 'bold', id)} (${NAMES[kind]})`,
    indented(summary, io),
    ...conditions.flatMap((one, index) => conditionLines(index === 0 ? 'it matches if' : 'or if', one, io)),
    '',
    indented(kind === 'error' ? why : `Why: ${why}`, io),
    indented(`What to do: ${whatToDo}`, io),
  ]
  return `${lines.join('\n')}\n`
}

/** How people are told what a row requires of a fact. The document has `the fact: no or unknown`. */
const REQUIRED: Readonly<Record<string, string>> = {
  yes: '',
  no: 'it is not so that ',
  unknown: 'it is not known whether ',
  'yes or no': 'it is known whether ',
  'no or unknown': 'it is not proven that ',
  'yes or unknown': 'it is not disproven that ',
}

function spoken(fact: string): string {
  const [, text = '', values = ''] = /^(.*): ([a-z ]+)$/.exec(fact) ?? []
  const lead = REQUIRED[values]
  return lead === undefined ? fact : `${lead}${text}`
}

/** Returns one line for each fact that a row requires, if it requires several. */
function conditionLines(begin: string, condition: string, io: Terminal): readonly string[] {
  const facts = condition.split('; ').map(spoken)
  if (facts.length === 1) return [indented(`${begin}: ${facts[0]}`, io)]
  const narrow = { ...io, columns: io.columns === null ? null : io.columns - INDENT.length }
  const items = facts.map((fact) => indented(`- ${fact}`, narrow).replaceAll('\n', `\n${INDENT}`))
  return [indented(`${begin}:`, io), ...items]
}

/** Matches a command in backticks. In its quoted words, a backtick is one of a path. */
const COMMAND = /`(?:'[^']*'|"[^"]*"|[^`'"])+`/g

function indented(text: string, io: Terminal): string {
  const columns = io.columns === null ? null : io.columns - INDENT.length
  const whole = text.replaceAll(COMMAND, (command) => command.replaceAll(' ', KEPT))
  const paragraphs = whole.split('\n').flatMap((line) => wrapWords(line, columns))
  const lines = paragraphs.map((line) => line.replaceAll(KEPT, ' '))
  return colourCommands(`${INDENT}${lines.join(`\n${INDENT}`)}`, io)
}

/** Colours the commands in a text. Without colours, they keep their backticks. */
function colourCommands(text: string, io: Terminal): string {
  if (!io.hasColor) return text
  return text.replaceAll(COMMAND, (command) => paint(io, 'cyan', command.slice(1, -1)))
}
