import { definitionOf, type CliOptions, type Daemon } from '../define/daemon.js'
import type { Words } from '../define/options.js'
import type { DoctorExtension } from '../doctor/document.js'
import type { StatusExtension } from './status.js'
import { EXIT } from './exit-codes.js'
import type { Io } from './io.js'
import { runOnProcess } from './process-io.js'

/** What a tool with a command line of its own may pass to the commands. */
export interface RunOptions extends CliOptions {
  /** The terminal of a command that runs already (`runOnProcess`): then errors are thrown, not printed. */
  readonly io?: Io
  /** What `status` shows besides. */
  readonly status?: StatusExtension
  /** What `doctor` shows besides. */
  readonly doctor?: DoctorExtension
}

/** What a command gets besides its arguments. */
export interface CommandContext extends Pick<RunOptions, 'status' | 'doctor'> {
  readonly daemon: Daemon
  readonly words: Words
  readonly io: Io
}

interface Command {
  readonly run: (args: readonly string[], context: CommandContext) => Promise<number>
}

/** Each is loaded only when it runs. */
const COMMANDS: ReadonlyMap<string, () => Promise<Command>> = new Map([
  ['start', () => import('./start.js')],
  ['stop', () => import('./stop.js')],
  ['restart', () => import('./restart.js')],
  ['status', () => import('./status.js')],
  ['logs', () => import('./logs.js')],
  ['doctor', () => import('./doctor.js')],
  ['explain', () => import('./explain.js')],
])

type CommandName = 'start' | 'stop' | 'restart' | 'status' | 'logs' | 'doctor' | 'explain'

const isHelp = (word: string | undefined): boolean => word === '--help' || word === '-h'

/**
 * Runs one of the commands `start`, `stop`, `restart`, `status`, `logs`, `doctor` and `explain`, or prints their help, and returns the
 * exit code. Null, with nothing printed or done, if the first word is none of them.
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
  { io, commands = {}, ...extensions }: RunOptions = {},
): Promise<number | null> {
  const [word = ''] = argv
  if (!COMMANDS.has(word) && !isHelp(word)) return null
  const { options, words } = definitionOf(daemon)
  const command = async ([, ...args]: readonly string[], own: Io): Promise<number> => {
    const load = COMMANDS.get(word)
    if (load === undefined || args.some(isHelp)) {
      own.out(load === undefined ? await usageOf(daemon, { commands }) : await helpOf(word, words))
      return EXIT.ok
    }
    const { run } = await load()
    return run(args, { daemon, words, io: own, ...extensions })
  }
  if (io !== undefined) return command(argv, io)
  const help = `${words.command} ${isHelp(word) ? '' : `${word} `}--help`
  const program = words.command.split(' ')[0] ?? options.name
  return runOnProcess({ program, help, argv }, command)
}

/** Returns the commands that can be typed after the name of the tool, as text with a line feed at its end. */
export async function usageOf(daemon: Daemon, { commands = {} }: CliOptions): Promise<string> {
  const { usageText } = await import('./help.js')
  return usageText(definitionOf(daemon).words, commands)
}

async function helpOf(command: string, words: Words): Promise<string> {
  const { helpText } = await import('./help.js')
  return helpText(command, words)
}
