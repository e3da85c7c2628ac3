import { EXIT, type Io } from 'familiar/cli'
import { dashboardDaemon } from '../daemons/daemons.js'
import { dashboardPages } from './pages.js'

/**
 * Runs the dashboard in this process until Ctrl+C, until its terminal is closed, or until it retires itself: for
 * containers, tests and debugging. No other dashboard of the project may run at the same time. Never returns; throws if
 * it could not start.
 */
export function runInForeground(project: string, port: number | null, io: Io): Promise<number> {
  io.releaseInterrupt()
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
