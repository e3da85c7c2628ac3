import { runCommand, type Io } from 'familiar/cli'
import { runtimeRoot } from '../cli/runtime-root.js'
import { syncDaemon } from '../daemons/define-daemons.js'
import { searchDashboards } from '../doctor/orphaned-dashboards.js'
import { lifecycleObstacle } from '../sync/home-problem.js'
import { syncDoctor } from '../doctor/sync-doctor.js'

/** A scan that takes longer than this has many listeners to ask, or waits for silent ones. */
const LONG_MS = 40

/**
 * From now on, V8 optimises no function any more. What a scan does takes milliseconds, and the optimising compiler would need
 * 3 MB for it. Not before everything is loaded: with other options, V8 refuses what is shipped compiled.
 */
function forbidOptimising(): void {
  process.getBuiltinModule('node:v8').setFlagsFromString('--no-opt')
}

/** Scans the sync range, cleans it up with `--reset`, and prints the state of the machine after that. */
export async function run(args: readonly string[], io: Io): Promise<number> {
  setTimeout(forbidOptimising, LONG_MS).unref()
  const form = args.includes('--json') ? 'script' : 'people'
  const dashboards = searchDashboards(io)
  return runCommand(syncDaemon.at(runtimeRoot(io)), ['doctor', ...args], {
    io,
    doctor: syncDoctor(io, form, dashboards),
    obstacle: lifecycleObstacle,
    beside: dashboards.beside,
  })
}
