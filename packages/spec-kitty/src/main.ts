import { EXIT, parseOptions, readingTerminal, runOnProcess, UsageError, type Io } from 'familiar/cli'
import { route, type Route } from './cli/find-command.js'
import { isGroup, type CommandWords } from './cli/command-table.js'
import { withHome } from './cli/in-home.js'
import { VERSION } from './version.js'

type Run = (args: readonly string[], io: Io) => Promise<number>

const dashboard = async () => import('./commands/dashboard.js')

/** The modules that run the commands, each loaded only when it runs. `route` answers `help` itself. */
const RUN: Readonly<Record<Exclude<CommandWords, 'help'>, () => Promise<Run>>> = {
  init: async () => (await import('./commands/init.js')).run,
  dashboard: async () => (await dashboard()).run,
  'dashboard status': async () => (await dashboard()).runStatus,
  'dashboard stop': async () => (await dashboard()).runStop,
  'dashboard restart': async () => (await dashboard()).runRestart,
  'dashboard logs': async () => (await import('./commands/dashboard-logs.js')).run,
  'dashboard clean-up': async () => (await dashboard()).runCleanUp,
  'auth doctor': async () => (await import('./commands/auth-doctor.js')).run,
  'auth login': async () => (await import('./commands/auth-login.js')).run,
  'auth logout': async () => (await import('./commands/auth-logout.js')).run,
  'auth status': async () => (await import('./commands/auth-status.js')).run,
  'sync start': async () => (await import('./commands/sync-start.js')).run,
  'sync stop': async () => (await import('./commands/sync-stop.js')).run,
  'sync restart': async () => (await import('./commands/sync-restart.js')).run,
  'sync status': async () => (await import('./commands/sync-status.js')).run,
  'sync list': async () => (await import('./commands/sync-list.js')).run,
  'sync logs': async () => (await import('./commands/sync-logs.js')).run,
  'sync opt-in': async () => (await import('./commands/sync-opt-in.js')).run,
  'sync opt-out': async () => (await import('./commands/sync-opt-out.js')).run,
  'sync publish': async () => (await import('./commands/sync-publish.js')).run,
  'sync now': async () => (await import('./commands/sync-now.js')).run,
  'sync queue': async () => (await import('./commands/sync-queue.js')).run,
  'sync queue retry': async () => (await import('./commands/sync-queue-retry.js')).run,
  'sync queue drop': async () => (await import('./commands/sync-queue-drop.js')).run,
  explain: async () => (await import('./commands/explain.js')).run,
  'config list': async () => (await import('./commands/config-list.js')).run,
  'config get': async () => (await import('./commands/config-get.js')).run,
  version: async () => (await import('./commands/version.js')).run,
  completion: async () => (await import('./commands/completion.js')).run,
  'upgrade-hook': async () => (await import('./commands/upgrade-hook.js')).run,
}

const CONSENT = 'spec-kitty config get project.consent'

/**
 * The commands that change something besides daemons, and the one that shows what was done, which Ctrl+C names. The others only
 * look, or name it themselves.
 */
const CHANGING: Readonly<Record<string, string>> = {
  init: 'spec-kitty dashboard status',
  'auth login': 'spec-kitty auth status',
  'auth logout': 'spec-kitty auth status',
  'sync opt-in': CONSENT,
  'sync opt-out': CONSENT,
  'sync publish': 'spec-kitty sync status',
  'sync queue retry': 'spec-kitty sync queue',
  'sync queue drop': 'spec-kitty sync queue',
  'upgrade-hook': 'spec-kitty sync status',
}

/** Only the scripts of `completion` call this command, never a user, so no list contains it. */
const COMPLETE = '__complete'

void main()

/** `upgrade-hook` always exits with 0, because an upgrade must not fail because of a daemon. */
async function main(): Promise<void> {
  const argv = process.argv.slice(2)
  let help = 'spec-kitty --help'
  const settings = {
    program: 'spec-kitty',
    get help() {
      return help
    },
    argv,
    quietVariables: ['SPEC_KITTY_NON_INTERACTIVE'],
  }
  const code = await runOnProcess(settings, async (args, io) => {
    if (args[0] === COMPLETE) return (await import('./commands/complete.js')).run(args.slice(1), io)
    const asked = await route(args, isValued)
    help = `spec-kitty ${helpWords(asked)}--help`
    return dispatch(asked, io)
  })
  // Not `process.exit`: what Node takes down at its end closes the queue, which is then whole in its one file.
  process.exitCode = argv.find((word) => !word.startsWith('-')) === 'upgrade-hook' ? EXIT.ok : code
}

/** Returns the words whose help is suggested for a wrong command line, followed by a blank. */
function helpWords(asked: Route): string {
  if (asked.kind === 'run') return `${asked.command} `
  const [group = ''] = asked.kind === 'unknown' ? asked.typed : []
  return isGroup(group) ? `${group} ` : ''
}

/**
 * The table of flags is loaded only if it is needed. Usually the only flag before a command is `--json`, which is known
 * here.
 */
async function isValued(flag: string): Promise<boolean> {
  return flag !== '--json' && (await import('./cli/flags.js')).isValuedFlag(flag)
}

async function dispatch(asked: Route, io: Io): Promise<number> {
  if (asked.kind === 'run') return run(asked, io)
  if (asked.kind === 'version') {
    if (asked.args.length > 0) return (await RUN.version())(asked.args, io)
    io.out(`${VERSION}\n`)
    return EXIT.ok
  }
  if (asked.kind !== 'help') throw (await import('./cli/mistakes.js')).mistake(asked)
  // `X --help` shows the help whatever stands beside it; `help X` is a command like any other.
  if (asked.flags !== undefined)
    parseOptions((await import('./cli/describe/tool.js')).HELP, asked.flags, { command: 'help' })
  io.out(await (await import('./cli/help.js')).helpText(asked.words, readingTerminal(io)))
  return EXIT.ok
}

async function run({ command, name, args }: Route & { readonly kind: 'run' }, io: Io): Promise<number> {
  const load = await RUN[command]()
  const look = CHANGING[command]
  if (look !== undefined) io.mayEnd?.(withHome(look), false)
  try {
    return await load(args, io)
  } catch (error) {
    if (!(error instanceof UsageError)) throw error
    throw await (await import('./cli/mistakes.js')).withGuess(error, name, args)
  }
}
