import { definitionOf, type Commands, type Daemon } from '../define/define-daemon.js'
import type { Words } from '../define/options.js'
import { daemonCommands, daemonSummaries } from './daemon-commands.js'
import { COMMON_ENVIRONMENT } from './grammar.js'
import { blocks, commandHelp, sections, wrap, type Entry, type Terminal } from './help.js'
import { didYouMean, nearest } from './nearest.js'
import { UsageError } from './command-errors.js'

/** Returns the help of a command or, for null, the list of all commands. Throws `UsageError` for a word that is not a command. */
export function topicHelp(daemon: Daemon, topic: string | null, own: Commands, terminal: Terminal): string {
  const { words, options } = definitionOf(daemon)
  if (topic === null || topic === 'help') return usageText(words, own, terminal)
  const spec = Object.entries(daemonCommands(words)).find(([name]) => name === topic)?.[1]
  if (spec !== undefined) {
    const switches = switchesOf(options.name)
    const command = `${words.command} ${topic}`
    const environment = { ...switches, ...COMMON_ENVIRONMENT }
    return commandHelp({ ...spec, environment: Object.keys(switches) }, { command, environment }, terminal)
  }
  const found = Object.entries(own).find(([name]) => name.split(' ')[0] === topic)
  if (found !== undefined) return ownHelp(words.command, found)
  const known = [
    ...Object.keys(daemonSummaries(words)),
    ...Object.keys(own).map((name) => name.split(' ')[0] ?? ''),
  ]
  throw new UsageError(`there is no command '${topic}'${didYouMean(nearest(topic, known))}`)
}

/** The environment variables that switch the daemon off (`disabledBy`). */
function switchesOf(name: string): Readonly<Record<string, string>> {
  return {
    FAMILIAR_DISABLE: 'neither start nor use a daemon',
    [`${name.toUpperCase().replaceAll('-', '_')}_NO_DAEMON`]: 'the same, for this daemon alone',
  }
}

/** A command of the tool itself. The library knows only its name and its description. */
function ownHelp(command: string, [name, text]: Entry): string {
  return blocks([`Usage: ${command} ${name}`, `${text.charAt(0).toUpperCase()}${text.slice(1)}.`])
}

/** Returns the list of commands: first those of the tool itself, then those for its daemon. */
function usageText(words: Words, own: Commands, terminal: Terminal): string {
  const { command, title } = words
  const ofTool = Object.entries(own)
  const ofDaemon = Object.entries(daemonSummaries(words))
  const more = `'${command} help COMMAND' tells more about these: options, examples, environment, exit codes.`
  return blocks([
    `Usage: ${command} <command> [options]`,
    ...sections(
      ofTool.length === 0
        ? [['Commands', ofDaemon]]
        : [
            ['Commands', ofTool],
            [`The ${title}`, ofDaemon],
          ],
      terminal,
    ),
    wrap(more, terminal).join('\n'),
  ])
}
