import { EXIT } from './cli/exit-codes.js'
import { reportFailure } from './cli/failure.js'
import { homeDirectory } from './cli/home.js'
import { isTruthy, printableLines, printableStyled, type Io } from './cli/io.js'
import { confirm } from './cli/prompt.js'
import { watchReader } from './cli/reader.js'
import { UsageError } from './cli/usage.js'
import { VERSION } from './version.js'

interface Command {
  readonly help: string
  run(args: readonly string[], io: Io): Promise<number>
}

/** Every command: its words, a one-line summary, and its module, which is loaded only when the command runs. */
const COMMANDS: readonly {
  readonly words: readonly string[]
  readonly summary: string
  readonly load: () => Promise<Command>
}[] = [
  {
    words: ['auth', 'doctor'],
    summary: 'show every listener in the sync range; --reset cleans up',
    load: () => import('./commands/auth-doctor.js'),
  },
  {
    words: ['sync', 'start'],
    summary: 'start the sync daemon, or find the one that runs',
    load: () => import('./commands/sync-start.js'),
  },
  {
    words: ['sync', 'stop'],
    summary: 'stop it, whatever its version',
    load: () => import('./commands/sync-stop.js'),
  },
  {
    words: ['sync', 'restart'],
    summary: 'stop it and start a new one',
    load: () => import('./commands/sync-restart.js'),
  },
  {
    words: ['sync', 'status'],
    summary: 'show it: versions, uptime, the last stop and why',
    load: () => import('./commands/sync-status.js'),
  },
  {
    words: ['sync', 'logs'],
    summary: 'print its log; --follow goes on',
    load: () => import('./commands/sync-logs.js'),
  },
  {
    words: ['dashboard'],
    summary: 'start or find the dashboard of this project; --status, --stop, --cleanup-all',
    load: () => import('./commands/dashboard.js'),
  },
  {
    words: ['init'],
    summary: 'make a directory a project and start its dashboard',
    load: () => import('./commands/init.js'),
  },
  {
    words: ['upgrade-hook'],
    summary: 'for installers: retire a daemon of an older version; never fails',
    load: () => import('./commands/upgrade-hook.js'),
  },
]

const args = process.argv.slice(2)
/** `upgrade-hook` always exits with 0: an upgrade must not fail because of a daemon. */
const isHook = args[0] === 'upgrade-hook'
let hasOutputFailed = false
const io = makeIo()

process.once('SIGINT', interrupted)

void main()

/**
 * The failure report is imported at the top and not on demand: a command may have waited for half a minute, and the package
 * may have been replaced meanwhile.
 */
async function main(): Promise<void> {
  try {
    process.exitCode = await dispatch()
  } catch (error) {
    const exit = reportFailure(error, io, args.includes('--json'), args.includes('--verbose'))
    process.exitCode = isHook ? EXIT.ok : exit
  }
}

async function dispatch(): Promise<number> {
  if (args[0] === '--version') {
    io.out(`${VERSION}\n`)
    return EXIT.ok
  }
  if (args.length === 0 || args[0] === '--help' || args[0] === '-h' || args[0] === 'help') {
    io.out(usage())
    return args.length === 0 ? EXIT.error : EXIT.ok
  }
  const found = COMMANDS.find(({ words }) => words.every((word, index) => args[index] === word))
  if (found === undefined) return explainGroup()
  const command = await found.load()
  const rest = args.slice(found.words.length)
  if (rest.includes('--help') || rest.includes('-h')) {
    io.out(command.help)
    return EXIT.ok
  }
  return command.run(
    rest.filter((argument) => argument !== '--verbose'),
    io,
  )
}

/** `sync --help` lists the commands of the group; `sync` alone or with an unknown word is wrong usage and names them. */
function explainGroup(): number {
  const group = COMMANDS.filter(({ words }) => words[0] === args[0])
  if (group.length === 0) throw new UsageError(`unknown command '${args.slice(0, 2).join(' ')}'`)
  if (!args.includes('--help') && !args.includes('-h')) {
    throw new UsageError(`'${args[0]}' needs one of: ${group.map(({ words }) => words[1]).join(', ')}`)
  }
  io.out(usage(group))
  return EXIT.ok
}

function usage(commands = COMMANDS): string {
  const width = Math.max(...commands.map(({ words }) => words.join(' ').length))
  const lines = commands.map(({ words, summary }) => `  ${words.join(' ').padEnd(width)}  ${summary}`)
  return `Usage: spec-kitty <command> [options]\n\nCommands:\n${lines.join('\n')}\n\nspec-kitty <command> --help tells more; spec-kitty --version tells the version.\n`
}

/** Opening a standard stream takes some milliseconds, so each is opened only when it is needed. */
function makeIo(): Io {
  const { env } = process
  return {
    env,
    get home() {
      return homeDirectory()
    },
    executable: process.execPath,
    cwd: () => process.cwd(),
    get isInteractive() {
      const isQuiet = isTruthy(env['CI']) || isTruthy(env['SPEC_KITTY_NON_INTERACTIVE'])
      return !isQuiet && process.stdin.isTTY && process.stderr.isTTY
    },
    get columns() {
      return process.stdout.isTTY && process.stdout.columns > 0 ? process.stdout.columns : null
    },
    get hasColor() {
      return hasColor()
    },
    get isOutputClosed() {
      return hasOutputFailed
    },
    watchOutput: () => {
      const isReaderGone = watchReader(process.stdout.fd)
      return () => hasOutputFailed || isReaderGone()
    },
    out: (text) => void openStdout().write(printableStyled(text, hasColor())),
    flushed: () => new Promise((resolve) => openStdout().write('', () => resolve())),
    err: (text) => void openStderr().write(printableLines(text)),
    confirm: (question) => confirm(question, process.stdin, process.stderr),
    releaseInterrupt: () => {
      process.off('SIGINT', interrupted)
      openStdout()
      openStderr()
    },
    exit: (code) => process.exit(code),
  }
}

function openOnce(
  name: 'stdout' | 'stderr',
  onError: (error: NodeJS.ErrnoException) => void,
): NodeJS.WriteStream {
  const stream = process[name]
  if (stream.listenerCount('error') === 0) stream.on('error', onError)
  return stream
}

function openStdout(): NodeJS.WriteStream {
  return openOnce('stdout', onWriteError)
}

/** Errors of stderr are ignored: there is nowhere else to report them. */
function openStderr(): NodeJS.WriteStream {
  return openOnce('stderr', () => undefined)
}

/** https://no-color.org and https://force-color.org: NO_COLOR wins, then FORCE_COLOR, then whether it is a terminal. */
function hasColor(): boolean {
  if ((process.env['NO_COLOR'] ?? '') !== '') return false
  const force = process.env['FORCE_COLOR']
  if (force !== undefined && force !== '') return force !== '0' && force !== 'false'
  return process.stdout.isTTY && process.env['TERM'] !== 'dumb'
}

function interrupted(): never {
  io.err('spec-kitty: interrupted; what was already done stays done\n')
  process.exit(EXIT.interrupted)
}

/**
 * EPIPE is no failure: the reader (`| head`) had enough. Any other error, such as a full disk, is one, even if all else
 * went well.
 */
function onWriteError(error: NodeJS.ErrnoException): void {
  if (hasOutputFailed) return
  hasOutputFailed = true
  if (error.code === 'EPIPE') return
  io.err(`spec-kitty: cannot write the output: ${error.code ?? error.message}\n`)
  process.once('exit', () => {
    if (!isHook) process.exitCode ||= EXIT.error
  })
}
