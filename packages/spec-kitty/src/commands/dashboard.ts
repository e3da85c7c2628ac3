import { EXIT, readOptions, readPort, runCommand, UsageError, type Io } from 'familiar/cli'
import { runtimeRoot } from '../cli/runtime-root.js'
import { currentProject } from '../daemons/project-directory.js'
import { dashboardDaemon } from '../daemons/daemons.js'

export const help = `Usage: spec-kitty dashboard [--open] [--port N] [--json]
       spec-kitty dashboard --foreground [--port N]
       spec-kitty dashboard --status [--check] | --stop [--json]
       spec-kitty dashboard --cleanup-all [--force] [--port N] [--dry-run] [--yes] [--json]

Starts or finds the dashboard of this project and prints its URL.

Options:
  --open         also open it in the browser
  --port N       start it on this port, or not at all
  --foreground   run it in this process, until Ctrl+C
  --status       show whether it runs
  --check        with --status: exit 0 only when it runs
  --stop         stop it; nothing to stop is no failure
  --cleanup-all  end the orphaned dashboards of all projects; asks first
  --force        with --cleanup-all: also those that need a decision
  --port N       with --cleanup-all: only the one on this port
  --dry-run      with --cleanup-all: say what would be done, do nothing
  --yes          with --cleanup-all: do not ask
  --json         print one JSON document
  --help         show this
`

const MODES = ['foreground', 'status', 'stop', 'cleanup-all'] as const

/** The options that each mode allows: all others are refused. */
const ALLOWED: Readonly<Record<(typeof MODES)[number] | 'start', readonly string[]>> = {
  start: ['open', 'port', 'json'],
  foreground: ['foreground', 'port'],
  status: ['status', 'check', 'json'],
  stop: ['stop', 'json'],
  'cleanup-all': ['cleanup-all', 'force', 'port', 'dry-run', 'yes', 'json'],
}

/** Starts or finds the dashboard, or does what the mode says. Loads only the code of that mode. */
export async function run(args: readonly string[], io: Io): Promise<number> {
  const flag = { type: 'boolean', default: false } as const
  const values = readOptions(args, {
    open: flag,
    foreground: flag,
    status: flag,
    check: flag,
    stop: flag,
    'cleanup-all': flag,
    force: flag,
    'dry-run': flag,
    yes: flag,
    json: flag,
    port: { type: 'string' },
  })
  const mode = MODES.find((name) => values[name]) ?? 'start'
  for (const [name, value] of Object.entries(values)) {
    if (value === false || ALLOWED[mode].includes(name)) continue
    throw new UsageError(
      mode === 'start'
        ? `--${name} needs ${name === 'check' ? '--status' : '--cleanup-all'}`
        : `--${mode} and --${name} exclude each other`,
    )
  }
  const port = readPort(values.port, dashboardDaemon)
  // Wrong values of the environment are reported before anything is done.
  runtimeRoot(io)
  if (mode === 'cleanup-all') {
    const { cleanUpDashboards } = await import('../dashboard/clean-up.js')
    const { force, yes, json } = values
    return cleanUpDashboards({ port, force, yes, json, dryRun: values['dry-run'] }, io)
  }
  const project = currentProject(io)
  if (mode === 'foreground') {
    const { runInForeground } = await import('../dashboard/foreground.js')
    return runInForeground(project, port, io)
  }
  if (mode === 'status') {
    const { dashboardStatus } = await import('../dashboard/status.js')
    const options = { io, status: dashboardStatus(project) }
    return runCommand(dashboardDaemon.at(project), ['status', ...flags(values, 'check', 'json')], options)
  }
  if (mode === 'stop') {
    return runCommand(dashboardDaemon.at(project), ['stop', ...flags(values, 'json')], { io })
  }
  const { startDashboard } = await import('../dashboard/start.js')
  await startDashboard({ project, port, isOpened: values.open, isJson: values.json }, io)
  return EXIT.ok
}

/** Returns those of the flags that are set, as they are written. */
function flags<Name extends string>(
  values: Readonly<Record<Name, boolean>>,
  ...names: readonly Name[]
): readonly string[] {
  return names.filter((name) => values[name]).map((name) => `--${name}`)
}
