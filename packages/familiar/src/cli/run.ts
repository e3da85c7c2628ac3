import {
  definitionOf,
  type CliOptions,
  type Commands,
  type Daemon,
  type ScanOptions,
} from '../define/define-daemon.js'
import type { Words } from '../define/options.js'
import type { DoctorExtension } from '../doctor/document.js'
import type { Obstacle } from '../doctor/remedy.js'
import type { StatusExtension } from './commands/status.js'
import { EXIT } from './exit-codes.js'
import { readingTerminal, type Io } from './io.js'
import { asksForHelp, isFlag, takeCommonFlags, takeWord } from './arguments.js'
import { runOnProcess } from './process-io.js'
import { UsageError } from './command-errors.js'

/** Options that a tool with its own command line may pass to the commands. */
export interface RunOptions extends CliOptions {
  /**
   * The `Io` of a command that is already running (`runOnProcess`). If it is given, errors are thrown instead of printed.
   */
  readonly io?: Io
  /** What the tool adds to `status`. */
  readonly status?: StatusExtension
  /** What the tool adds to `doctor`. */
  readonly doctor?: DoctorExtension
  /** Returns what keeps every command from changing anything in the scope of `doctor`; null if nothing does. */
  readonly obstacle?: (scope: string) => Obstacle | null
  /** Other ports that the scan of `doctor` looks at. */
  readonly beside?: ScanOptions['beside']
}

/** What a command receives in addition to its arguments. */
export interface CommandContext extends Pick<RunOptions, 'status' | 'doctor' | 'obstacle' | 'beside'> {
  readonly daemon: Daemon
  readonly words: Words
  readonly io: Io
}

interface Command {
  readonly run: (args: readonly string[], context: CommandContext) => Promise<number>
}

/** The modules of the commands. Each is loaded only when its command runs. */
const COMMANDS = {
  start: () => import('./commands/start.js'),
  stop: () => import('./commands/stop.js'),
  restart: () => import('./commands/restart.js'),
  status: () => import('./commands/status.js'),
  logs: () => import('./commands/logs.js'),
  doctor: () => import('./commands/doctor.js'),
  explain: () => import('./commands/explain.js'),
} satisfies Record<string, () => Promise<Command>>

type CommandName = keyof typeof COMMANDS

/** The options of these commands that take a value. They may stand before the name of the command. */
const VALUED: ReadonlySet<string> = new Set(['--lines', '-n', '--since', '--port'])

const isCommand = (word: string | null): word is CommandName => word !== null && Object.hasOwn(COMMANDS, word)

/**
 * Runs one of the commands `start`, `stop`, `restart`, `status`, `logs`, `doctor` and `explain`, or prints help, and
 * returns the exit code. If the first word is none of these and not `help`, prints nothing and returns null. If the tool
 * has passed its `commands`, a missing word prints the help, and a misspelled command is an error that names the right one.
 */
export async function runCommand(
  daemon: Daemon,
  argv: readonly [CommandName, ...(readonly string[])],
  options?: RunOptions,
): Promise<number>
export async function runCommand(
  daemon: Daemon,
  argv: readonly string[],
  options?: RunOptions,
): Promise<number | null>
export async function runCommand(
  daemon: Daemon,
  argv: readonly string[],
  { io, commands, ...extensions }: RunOptions = {},
): Promise<number | null> {
  const { options, words } = definitionOf(daemon)
  const { args: seen } = takeCommonFlags(argv)
  const { word } = takeWord(seen, VALUED)
  if ((await choose(seen, commands)) === null) return null
  const command = async (args: readonly string[], own: Io): Promise<number> => {
    const choice = await choose(args, commands)
    if (choice?.mistake !== undefined) throw new UsageError(choice.mistake)
    if (choice?.name === undefined) {
      const { topicHelp } = await import('./help-topic.js')
      own.out(topicHelp(daemon, choice?.topic ?? null, commands ?? {}, readingTerminal(own)))
      return EXIT.ok
    }
    const { run } = await COMMANDS[choice.name]()
    return run(choice.args, { daemon, words, io: own, ...extensions })
  }
  if (io !== undefined) return command(argv, io)
  const help = `${words.command} ${isCommand(word) ? `${word} ` : ''}--help`
  const program = words.command.split(' ')[0] ?? options.name
  return runOnProcess({ program, help, argv }, command)
}

/** What a command line asks for: a command to run, help for one command or for all, or an error about a word. */
type Choice =
  | { readonly name: CommandName; readonly args: readonly string[]; readonly mistake?: never }
  | { readonly topic: string | null; readonly name?: never; readonly mistake?: never }
  | { readonly mistake: string; readonly name?: never; readonly topic?: never }

/** Returns what the command line asks for; null if the tool must decide. */
async function choose(args: readonly string[], own: Commands | undefined): Promise<Choice | null> {
  const { word, rest } = takeWord(args, VALUED)
  const isHelp = asksForHelp(rest)
  if (isCommand(word)) return isHelp ? { topic: word } : { name: word, args: rest }
  const known = Object.keys(own ?? {}).map((name) => name.split(' ')[0] ?? '')
  if (word !== null && known.includes(word)) return null
  if (word === 'help') return { topic: takeWord(rest, VALUED).word }
  if (word === null && (isHelp || (own !== undefined && rest.length === 0))) return { topic: null }
  const typed = word ?? rest[0]
  if (own === undefined || typed === undefined) return null
  return mistyped(typed, [...Object.keys(COMMANDS), 'help', ...known])
}

/** A word that resembles a command counts as a mistake. Any other word is left to the tool. */
async function mistyped(typed: string, known: readonly string[]): Promise<Choice | null> {
  const { didYouMean, nearest } = await import('./nearest.js')
  const near = isFlag(typed) ? nearest(typed, ['help']).map((name) => `--${name}`) : nearest(typed, known)
  return near.length === 0 ? null : { mistake: `there is no command '${typed}'${didYouMean(near)}` }
}

/** Returns the commands that can follow the name of the tool, as text with a line feed at its end. */
export async function usageOf(daemon: Daemon, { commands = {} }: CliOptions): Promise<string> {
  const { topicHelp } = await import('./help-topic.js')
  return topicHelp(daemon, null, commands, { hasColor: false, columns: null })
}
