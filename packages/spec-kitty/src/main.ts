import { EXIT, runOnProcess, UsageError, type Io } from 'familiar/cli'
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
    words: ['auth', 'login'],
    summary: 'sign in to a sync server',
    load: () => import('./commands/auth-login.js'),
  },
  {
    words: ['auth', 'logout'],
    summary: 'sign out: revoke the tokens and delete the session',
    load: () => import('./commands/auth-logout.js'),
  },
  {
    words: ['auth', 'status'],
    summary: 'show who is signed in, and until when',
    load: () => import('./commands/auth-status.js'),
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
    words: ['sync', 'list'],
    summary: 'show every home of yours on this machine that has a sync daemon',
    load: () => import('./commands/sync-list.js'),
  },
  {
    words: ['sync', 'opt-in'],
    summary: 'let the events of a project leave this machine',
    load: () => import('./commands/sync-opt-in.js'),
  },
  {
    words: ['sync', 'opt-out'],
    summary: 'keep them on this machine',
    load: () => import('./commands/sync-opt-out.js'),
  },
  {
    words: ['config', 'list'],
    summary: 'show every setting and where its value comes from',
    load: () => import('./commands/config-list.js'),
  },
  {
    words: ['config', 'get'],
    summary: 'print one setting',
    load: () => import('./commands/config-get.js'),
  },
  {
    words: ['sync', 'now'],
    summary: 'send what waits now, and show how it goes on',
    load: () => import('./commands/sync-now.js'),
  },
  {
    words: ['sync', 'publish'],
    summary: 'queue events to be sent; they are on disk when it says so',
    load: () => import('./commands/sync-publish.js'),
  },
  {
    words: ['sync', 'queue', 'retry'],
    summary: 'let events that the server rejected wait again',
    load: () => import('./commands/sync-queue-retry.js'),
  },
  {
    words: ['sync', 'queue', 'drop'],
    summary: 'remove events that the server rejected',
    load: () => import('./commands/sync-queue-drop.js'),
  },
  {
    words: ['sync', 'queue'],
    summary: 'show which events wait and why; --dead, --export',
    load: () => import('./commands/sync-queue.js'),
  },
  {
    words: ['dashboard', 'logs'],
    summary: 'print the log of the dashboard; --follow goes on',
    load: () => import('./commands/dashboard-logs.js'),
  },
  {
    words: ['dashboard'],
    summary: 'start or find the dashboard of this project; --status, --stop, --cleanup-all',
    load: () => import('./commands/dashboard.js'),
  },
  {
    words: ['explain'],
    summary: 'explain an id that a command names: F-002, cross_root; alone: list them all',
    load: () => import('./commands/explain.js'),
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

void main()

/** `upgrade-hook` always exits with 0: an upgrade must not fail because of a daemon. */
async function main(): Promise<void> {
  const argv = process.argv.slice(2)
  const settings = {
    program: 'spec-kitty',
    help: 'spec-kitty --help',
    argv,
    quietVariables: ['SPEC_KITTY_NON_INTERACTIVE'],
  }
  const code = await runOnProcess(settings, dispatch)
  process.exitCode = argv[0] === 'upgrade-hook' ? EXIT.ok : code
}

async function dispatch(args: readonly string[], io: Io): Promise<number> {
  if (args[0] === '--version') {
    io.out(`${VERSION}\n`)
    return EXIT.ok
  }
  if (args.length === 0 || args[0] === '--help' || args[0] === '-h' || args[0] === 'help') {
    io.out(usage())
    return args.length === 0 ? EXIT.error : EXIT.ok
  }
  const found = COMMANDS.find(({ words }) => words.every((word, index) => args[index] === word))
  if (found === undefined) return explainGroup(args, io)
  const command = await found.load()
  const rest = args.slice(found.words.length)
  if (rest.includes('--help') || rest.includes('-h')) {
    io.out(command.help)
    return EXIT.ok
  }
  return command.run(rest, io)
}

/** `sync --help` lists the commands of the group; `sync` alone or with an unknown word is wrong usage and names them. */
function explainGroup(args: readonly string[], io: Io): number {
  const group = COMMANDS.filter(({ words }) => words[0] === args[0])
  if (group.length === 0) throw new UsageError(`unknown command '${args.slice(0, 2).join(' ')}'`)
  if (!args.includes('--help') && !args.includes('-h')) {
    const names = new Set(group.map(({ words }) => words[1]))
    throw new UsageError(`'${args[0]}' needs one of: ${[...names].join(', ')}`)
  }
  io.out(usage(group))
  return EXIT.ok
}

function usage(commands = COMMANDS): string {
  const width = Math.max(...commands.map(({ words }) => words.join(' ').length))
  const lines = commands.map(({ words, summary }) => `  ${words.join(' ').padEnd(width)}  ${summary}`)
  return `Usage: spec-kitty <command> [options]\n\nCommands:\n${lines.join('\n')}\n\nspec-kitty <command> --help tells more; spec-kitty --version tells the version.\n`
}
