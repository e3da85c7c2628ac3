import { runCommand, type Io } from 'familiar/cli'
import { runtimeRoot } from '../cli/runtime-root.js'
import { syncDaemon } from '../daemons/define-daemons.js'
import { searchDashboards } from '../doctor/orphaned-dashboards.js'
import { lifecycleObstacle } from '../sync/home-problem.js'
import { syncDoctor } from '../doctor/sync-doctor.js'

/** Scans the sync range, cleans it up with `--reset`, and prints the state of the machine after that. */
export async function run(args: readonly string[], io: Io): Promise<number> {
  const form = args.includes('--json') ? 'script' : 'people'
  const dashboards = searchDashboards(io)
  return runCommand(syncDaemon.at(runtimeRoot(io)), ['doctor', ...args], {
    io,
    doctor: syncDoctor(io, form, dashboards),
    obstacle: lifecycleObstacle,
    beside: dashboards.beside,
  })
}
