import { printable, type Io } from '../cli/io.js'
import { printJson } from '../cli/json.js'
import { dashboardDaemon } from '../daemons/dashboard.js'
import { describeState, isPresent, statusExit, statusHead, type StatusHead } from '../daemons/status.js'
import { WORDS } from '../daemons/words.js'
import { VERSION } from '../version.js'
import { urlOf } from './start.js'

interface DashboardStatus extends StatusHead {
  readonly project: string
  readonly url: string | null
  readonly cli_version: string
  readonly log: string
}

export interface StatusOptions {
  readonly isJson: boolean
  readonly isCheck: boolean
}

/** Shows whether the project's dashboard runs. Exit 1 if it runs but does not answer; with `isCheck`, also if none runs. */
export async function showDashboard(
  project: string,
  { isJson, isCheck }: StatusOptions,
  io: Io,
): Promise<number> {
  const status = await readStatus(project)
  if (isJson) printJson(status, io)
  else io.out(`${render(status).map(printable).join('\n')}\n`)
  return statusExit(status.state, isCheck)
}

async function readStatus(project: string): Promise<DashboardStatus> {
  const daemon = dashboardDaemon.at(project)
  const head = statusHead(await daemon.status())
  return {
    ...head,
    project,
    url: head.state === 'running' && head.port !== null ? urlOf(head.port) : null,
    cli_version: VERSION,
    log: daemon.logFile,
  }
}

function render(status: DashboardStatus): readonly string[] {
  const { state, last_stop, package_version, protocol_version } = status
  return [
    `dashboard  ${describe(status)}`,
    ...(isPresent(state)
      ? [`version    ${package_version ?? 'unknown'}, protocol ${protocol_version ?? 'unknown'}`]
      : []),
    `command    ${status.cli_version}`,
    ...(last_stop === null ? [] : [`last stop  ${last_stop.at ?? 'unknown'}: ${last_stop.reason}`]),
    `project    ${status.project}`,
    `log        ${status.log}`,
  ]
}

function describe(status: DashboardStatus): string {
  const { url, pid, port, is_predecessor } = status
  const python = is_predecessor ? ', the Python spec-kitty' : ''
  if (url !== null) return `${url} (process ${pid ?? 'unknown'}, port ${port}${python})`
  return `${describeState(status, WORDS.dashboard.stop)}${python}`
}
