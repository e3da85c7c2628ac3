import { connectDaemon, connectionJson, printJson, type Io } from 'familiar/cli'
import { dashboardDaemon } from '../daemons/daemons.js'

export interface StartOptions {
  readonly project: string
  readonly port: number | null
  readonly isOpened: boolean
  readonly isJson: boolean
}

/** Finds or starts the dashboard of the project, prints its URL, and opens it in a browser if requested. */
export async function startDashboard(options: StartOptions, io: Io): Promise<void> {
  const { project, port, isOpened, isJson } = options
  // Import this before anything that may wait: the package may be replaced meanwhile.
  const opener = isOpened ? await import('../cli/open-browser.js') : null
  const wanted = port === null ? {} : { port }
  const dashboard = await connectDaemon(dashboardDaemon.at(project), io, wanted)
  const url = `${dashboard.url}/`
  if (port !== null && dashboard.port !== port) {
    io.err(`spec-kitty: the dashboard of this project runs already, on port ${dashboard.port}\n`)
  }
  if (isJson) printJson(connectionJson(dashboard, { project, url }), io)
  else io.out(`${url}\n`)
  if (opener !== null && !(await opener.openInBrowser(url, io.env))) {
    io.err(`spec-kitty: no browser could be started; open ${url} in one\n`)
  }
}
