import { EXIT } from '../cli/exit-codes.js'
import { printable, type Io } from '../cli/io.js'
import { printJson } from '../cli/json.js'
import { findDaemon } from '../daemon-status.js'
import { forceDashboardCommand } from '../doctor/remedies.js'
import { dashboardFamily } from '../families/families.js'
import { VERSION } from '../version.js'
import { logFile } from './launch.js'
import { urlOf } from './start.js'

interface DashboardStatus {
  /** `unresponsive`: recorded as running, and silent. */
  readonly state: 'running' | 'stopped' | 'unresponsive'
  readonly project: string
  readonly url: string | null
  readonly is_predecessor: boolean
  readonly pid: number | null
  readonly port: number | null
  readonly package_version: string | null
  readonly protocol_version: number | null
  readonly cli_version: string
  readonly started_at: string | null
  readonly last_stop: { readonly at: string | null; readonly reason: string } | null
  readonly log: string
}

/** Shows whether the dashboard of the project runs. Exit 1 when it is there and does not answer. */
export async function showDashboard(project: string, root: string, isJson: boolean, io: Io): Promise<number> {
  const status = await readStatus(project, root)
  if (isJson) printJson(status, io)
  else io.out(`${render(status).map(printable).join('\n')}\n`)
  return status.state === 'unresponsive' ? EXIT.problem : EXIT.ok
}

async function readStatus(project: string, root: string): Promise<DashboardStatus> {
  const { own, found } = await findDaemon(dashboardFamily, project)
  const isRunning = found?.report != null
  return {
    state: isRunning ? 'running' : found?.isMute === true ? 'unresponsive' : 'stopped',
    project,
    url: isRunning ? urlOf(found.record.port) : null,
    is_predecessor: found?.record.lineage === 'predecessor',
    pid: found?.record.pid ?? null,
    port: found?.record.port ?? null,
    package_version: found?.report?.packageVersion ?? found?.record.packageVersion ?? null,
    protocol_version: found?.report?.protocolVersion ?? found?.record.protocolVersion ?? null,
    cli_version: VERSION,
    started_at: found?.record.startedAt ?? null,
    last_stop: own?.stopReason == null ? null : { at: own.stoppedAt, reason: own.stopReason },
    log: logFile(root, project),
  }
}

function render(status: DashboardStatus): readonly string[] {
  const { state, last_stop, package_version, protocol_version } = status
  return [
    `dashboard  ${describe(status)}`,
    ...(state === 'stopped'
      ? []
      : [`version    ${package_version ?? 'unknown'}, protocol ${protocol_version ?? 'unknown'}`]),
    `command    ${status.cli_version}`,
    ...(last_stop === null ? [] : [`last stop  ${last_stop.at ?? 'unknown'}: ${last_stop.reason}`]),
    `project    ${status.project}`,
    `log        ${status.log}`,
  ]
}

function describe({ state, url, pid, port, is_predecessor }: DashboardStatus): string {
  if (state === 'stopped') return 'not running'
  const at = `process ${pid ?? 'unknown'}, port ${port}`
  if (state === 'unresponsive') return `${at}, does not answer: ${forceDashboardCommand(port)}`
  return `${url} (${at}${is_predecessor ? ', the Python spec-kitty' : ''})`
}
