import { FamiliarError } from 'familiar'
import { assertPortFree, CommandError, EXIT, type Io } from 'familiar/cli'
import { dashboardDaemon } from '../daemons/define-daemons.js'
import { WORDS } from '../daemons/user-words.js'
import { dashboardPages } from './page-routes.js'

/**
 * Runs the dashboard in this process, for containers, tests and debugging. It runs until Ctrl+C, SIGTERM or `--stop`,
 * until its terminal is closed, or until it retires itself, and then exits with 0. No other dashboard of the project may
 * run at the same time. Never returns; throws if the dashboard could not start.
 */
export async function runInForeground(project: string, port: number | null, io: Io): Promise<number> {
  io.releaseInterrupt()
  try {
    return await serve(project, port, io)
  } catch (error) {
    throw await explain(error, project, port)
  }
}

function serve(project: string, port: number | null, io: Io): Promise<number> {
  return new Promise((_resolve, reject) => {
    const foreground = {
      ...(port === null ? {} : { port }),
      onReady: ({ url }: { readonly url: string }) => io.out(`${url}/\n`),
      onFailure: reject,
      exit: (code: number) => io.exit(code === 0 ? EXIT.ok : EXIT.problem),
    }
    dashboardDaemon
      .at(project)
      .serve(null, { pages: dashboardPages(project), foreground })
      .catch(reject)
  })
}

/** The states in which another attempt may succeed: the other dashboard cannot be used, or is about to exit. */
const PASSING: ReadonlySet<string> = new Set(['none', 'starting', 'stopping', 'stopped', 'crashed'])

/** Adds to the error how to find the other dashboard of the project. */
async function explain(error: unknown, project: string, wanted: number | null): Promise<unknown> {
  if (!(error instanceof FamiliarError)) return error
  const daemon = dashboardDaemon.at(project)
  if (error.code === 'E_PORT_IN_USE' && wanted !== null) await assertPortFree(daemon, wanted)
  if (error.code !== 'E_DAEMON_RUNNING') return error
  const { state, why, pid, port } = await daemon.status()
  if (PASSING.has(state)) return error
  const where = port === null ? state : `http://127.0.0.1:${port}/${state === 'running' ? '' : `, ${state}`}`
  if (wanted !== null && wanted !== port)
    await assertPortFree(daemon, wanted, `the dashboard of this project: ${where}`)
  return new CommandError(
    'E_DASHBOARD_RUNNING',
    `this project has a dashboard already: ${where} (process ${pid ?? 'unknown'})`,
    { hint: state === 'elsewhere' ? why : `to run it here, first: ${WORDS.dashboard.stop}`, cause: error },
  )
}
