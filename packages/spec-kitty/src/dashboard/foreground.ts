import { EXIT } from '../cli/exit-codes.js'
import type { Io } from '../cli/io.js'
import { dashboardDaemon } from '../daemons/dashboard.js'
import { runDaemon } from '../daemons/serve.js'
import { dashboardPages } from './pages.js'
import { urlOf } from './start.js'

/**
 * Runs the dashboard in this process until Ctrl+C, until its terminal is closed, or until it retires itself: for
 * containers, tests and debugging. No other dashboard of the project may run at the same time. Never returns; throws if
 * it could not start.
 */
export function runInForeground(project: string, root: string, port: number | null, io: Io): Promise<number> {
  io.releaseInterrupt()
  return new Promise((_resolve, reject) => {
    void runDaemon(dashboardDaemon(root), {
      scope: project,
      port,
      pagesOf: (scope, platform) => dashboardPages(scope, root, platform),
      reportedVersion: undefined,
      mayHavePipe: false,
      isForeground: true,
      exit: (code) => io.exit(code === 0 ? EXIT.ok : EXIT.problem),
      onReady: (record) => io.out(`${urlOf(record.port)}\n`),
      onFailure: reject,
    })
  })
}
