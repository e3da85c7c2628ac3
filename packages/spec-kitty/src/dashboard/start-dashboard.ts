import {
  assertPortFree,
  connectDaemon,
  connectionJson,
  note,
  printJson,
  type Io,
  type Obstacle,
} from 'familiar/cli'
import { dashboardDaemon } from '../daemons/define-daemons.js'
import { WORDS } from '../daemons/user-words.js'

export interface StartOptions {
  readonly project: string
  readonly port: number | null
  readonly isOpened: boolean
  readonly isJson: boolean
  /** True to stop a running dashboard first. */
  readonly isRestart?: boolean
  /** Why neither the log nor the token of the dashboard can be stored; null if they can. */
  readonly obstacle: Obstacle | null
}

/** Finds or starts the dashboard of the project, prints its URL, and opens it in a browser if requested. */
export async function startDashboard(options: StartOptions, io: Io): Promise<void> {
  const { project, port, isOpened, isJson } = options
  // Imported before anything that may wait, because the package may be replaced meanwhile.
  const opener = isOpened ? await import('../cli/open-browser.js') : null
  const wanted = port === null ? {} : { port }
  const daemon = dashboardDaemon.at(project)
  if (options.isRestart) io.mayEnd?.(WORDS.dashboard.status)
  const dashboard = options.isRestart
    ? await daemon.restart({ onWait: (message) => note(io, message) })
    : await connectDaemon(daemon, io, wanted)
  const url = `${dashboard.url}/`
  const { obstacle } = options
  if (dashboard.started && obstacle !== null)
    note(
      io,
      `spec-kitty: it has no log, and only a command that sees its whole process can stop it, because its token is not stored: ${obstacle.problem} (${obstacle.id})`,
    )
  if (port !== null && dashboard.port !== port) {
    await assertPortFree(daemon, port, `the dashboard of this project: ${url}`)
    const { stop, start } = WORDS.dashboard
    note(io, `spec-kitty: the dashboard of this project runs already, on port ${dashboard.port}; to move it:`)
    // A command is not wrapped, whatever the width of the terminal, so that it can be copied.
    if (io.isQuiet !== true) io.err(`${stop} && ${start} --port ${port}\n`)
  }
  if (isJson) printJson(connectionJson(dashboard, { project, url }), io)
  else io.out(`${url}\n`)
  if (opener !== null && !(await opener.openInBrowser(url, io.env))) {
    note(io, `spec-kitty: no browser could be started; open ${url} in one`)
  }
}
