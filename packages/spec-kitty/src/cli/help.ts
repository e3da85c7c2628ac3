import {
  blocks,
  commandHelp,
  examplesBlock,
  sections,
  wrap,
  type Entry,
  type Example,
  type Terminal,
} from 'familiar/cli'
import { commandNamed, commandsBelow, isGroup, listed, SECTIONS, type Listed } from './command-table.js'
import { isTopic, TOPICS } from './topic-names.js'

const PROGRAM = 'spec-kitty'

/**
 * Returns the help for a command, a group or a topic; without words, for the whole tool. Throws `UsageError` with the
 * most similar name if no such name exists.
 */
export async function helpText(words: readonly string[], terminal: Terminal): Promise<string> {
  const name = words.join(' ')
  if (name === '') return allHelp(terminal)
  const command = commandNamed(name)
  if (command !== null) return helpOf(listed(command), terminal)
  if (isGroup(name)) return groupHelp(name, terminal)
  if (isTopic(name)) return (await import('./topics.js')).topicHelp(name, terminal)
  throw (await import('./mistakes.js')).noHelp(words, Object.keys(TOPICS))
}

/** The commands that a newcomer needs first. */
const FIRST_STEPS: readonly Example[] = [
  ['spec-kitty init', 'make this directory a project'],
  ['spec-kitty doctor', 'see what is wrong, and the command for it'],
  ['spec-kitty doctor --reset', 'clean up old daemons'],
]

/** Returns a paragraph, wrapped to the terminal. */
function paragraph(text: string, terminal: Terminal): string {
  return wrap(text, terminal).join('\n')
}

function allHelp(terminal: Terminal): string {
  const topics = Object.entries(TOPICS).map(([topic, text]) => [`help ${topic}`, text] as const)
  return blocks([
    `Usage: ${PROGRAM} <command> [options]`,
    ...sections([...sectionsOf(''), ['Topics', topics]], terminal),
    examplesBlock(FIRST_STEPS, terminal),
    wrap(`'${PROGRAM} help COMMAND' tells more: options, examples, environment, exit codes.`, terminal).join(
      '\n',
    ),
  ])
}

/** Returns the commands of a group, by section, without empty sections. */
function sectionsOf(group: string): readonly (readonly [title: string, commands: readonly Entry[]])[] {
  const commands = commandsBelow(group)
  return Object.entries(SECTIONS).flatMap(([key, title]) => {
    const entries = commands.filter((one) => one.section === key).map(entryOf)
    return entries.length === 0 ? [] : [[title, entries] as const]
  })
}

function entryOf({ words, aliases = [], summary }: Listed): Entry {
  const [alias] = aliases
  return [words, alias !== undefined && !alias.includes(' ') ? `${summary} (or: ${alias})` : summary]
}

function groupHelp(group: string, terminal: Terminal): string {
  return blocks([
    `Usage: ${PROGRAM} ${group} <command> [options]`,
    ...sections(sectionsOf(group), terminal),
    paragraph(`'${PROGRAM} help ${group} COMMAND' tells more about one of them.`, terminal),
  ])
}

async function helpOf(one: Listed, terminal: Terminal): Promise<string> {
  const spec = await one.describe()
  const further = commandsBelow(one.words).filter(({ words }) => words !== one.words)
  const { aliases = [] } = one
  const notes = [
    ...aliases.map((alias) => `'${PROGRAM} ${alias}' is the same.`),
    ...(further.length > 0
      ? [`See also: ${further.map(({ words }) => `${PROGRAM} ${words}`).join(', ')}.`]
      : []),
  ]
  const { ENVIRONMENT } = await import('./topics.js')
  const context = { command: `${PROGRAM} ${one.words}`, environment: ENVIRONMENT }
  return commandHelp(spec, notes.length > 0 ? { ...context, footer: notes.join(' ') } : context, terminal)
}
