import { EXIT, parseOptions, runCommand, type Io, type Values } from 'familiar/cli'
import {
  DASHBOARD,
  DASHBOARD_CLEAN_UP,
  DASHBOARD_RESTART,
  DASHBOARD_STATUS,
  DASHBOARD_STOP,
} from '../cli/describe/dashboard.js'
import { runtimeRoot } from '../cli/runtime-root.js'
import { dashboardDaemon } from '../daemons/define-daemons.js'
import type { StartOptions } from '../dashboard/start-dashboard.js'
import { currentProject } from '../daemons/project-directory.js'

const { ports } = dashboardDaemon

/** Starts or finds the dashboard, or does what `--status`, `--stop`, `--cleanup-all` or `--foreground` asks for. */
export async function run(args: readonly string[], io: Io): Promise<number> {
  const values = parseOptions(DASHBOARD, args, { command: 'dashboard', ports })
  if (values['cleanup-all']) return cleanUp(values, io)
  const json = values.json ? ['--json'] : []
  if (values.status) return runStatus([...json, ...(values.check ? ['--check'] : [])], io)
  if (values.stop) return runStop(json, io)
  const project = projectHere(io)
  const port = values.port ?? null
  if (values.foreground) {
    const { runInForeground } = await import('../dashboard/foreground.js')
    return runInForeground(project, port, io)
  }
  return start({ project, port, isOpened: values.open, isJson: values.json }, io)
}

async function start(options: Omit<StartOptions, 'obstacle'>, io: Io): Promise<number> {
  const [{ startDashboard }, { dashboardsObstacle }] = await Promise.all([
    import('../dashboard/start-dashboard.js'),
    import('../sync/home-problem.js'),
  ])
  await startDashboard({ ...options, obstacle: dashboardsObstacle(runtimeRoot(io)) }, io)
  return EXIT.ok
}

/** Shows whether the dashboard of this project runs. */
export async function runStatus(args: readonly string[], io: Io): Promise<number> {
  // A wrong flag is reported before a missing project.
  parseOptions(DASHBOARD_STATUS, args, { command: 'status' })
  const project = projectHere(io)
  const { dashboardStatus } = await import('../dashboard/dashboard-status.js')
  return runCommand(dashboardDaemon.at(project), ['status', ...args], {
    io,
    status: dashboardStatus(project),
  })
}

/** Stops the dashboard of this project. */
export async function runStop(args: readonly string[], io: Io): Promise<number> {
  parseOptions(DASHBOARD_STOP, args, { command: 'stop' })
  return runCommand(dashboardDaemon.at(projectHere(io)), ['stop', ...args], { io })
}

/** Ends the orphaned dashboards of every project. */
export async function runCleanUp(args: readonly string[], io: Io): Promise<number> {
  return cleanUp(parseOptions(DASHBOARD_CLEAN_UP, args, { command: 'dashboard clean-up', ports }), io)
}

/** Stops the dashboard of this project, starts a new one, and prints its URL. */
export async function runRestart(args: readonly string[], io: Io): Promise<number> {
  const { open, json } = parseOptions(DASHBOARD_RESTART, args, { command: 'dashboard restart' })
  return start({ project: projectHere(io), port: null, isOpened: open, isJson: json, isRestart: true }, io)
}

/** Reports wrong values in the environment before doing anything. */
function projectHere(io: Io): string {
  runtimeRoot(io)
  return currentProject(io)
}

async function cleanUp(
  { port, force, yes, json, 'dry-run': dryRun }: Values<typeof DASHBOARD_CLEAN_UP.options>,
  io: Io,
): Promise<number> {
  const root = runtimeRoot(io)
  const [{ cleanUpDashboards }, { dashboardsObstacle }] = await Promise.all([
    import('../dashboard/clean-up-dashboards.js'),
    import('../sync/home-problem.js'),
  ])
  const obstacle = dashboardsObstacle(root)
  return cleanUpDashboards({ port: port ?? null, force, yes, json, dryRun, obstacle }, io)
}
