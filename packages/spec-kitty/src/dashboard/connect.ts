import { connect, selectPlatform, type Connection } from 'familiar'
import { note, type Io } from '../cli/io.js'
import { noticeVersions } from '../cli/notices.js'
import { forceDashboardCommand } from '../doctor/remedies.js'
import { dashboardFamily } from '../families/families.js'
import { installedSelf, VERSION_VARIABLE } from '../installation.js'
import { launchDashboard } from './launch.js'

/** A running dashboard. */
export type Dashboard = Extract<Connection, { outcome: 'connected' }>

/** Returns the project's dashboard, starting one if none runs. If `port` is given, a new one must get that very port. */
export async function connectDashboard(
  project: string,
  root: string,
  io: Pick<Io, 'env' | 'err' | 'executable'>,
  port: number | null = null,
): Promise<Dashboard> {
  const connection = await connect({
    family: dashboardFamily(root),
    scope: project,
    platform: await selectPlatform(),
    launch: { ...launchDashboard(project, root, io.env), ...(port === null ? {} : { port }) },
    policy: null,
    self: installedSelf(io.executable),
    versionVariable: VERSION_VARIABLE,
    doctorCommand: forceDashboardCommand,
    stopCommand: 'spec-kitty dashboard --stop',
    onWait: (message) => note(io, message),
  })
  noticeVersions(connection, 'dashboard', io)
  if (connection.outcome === 'skipped')
    throw new Error(`a start without a policy was skipped: ${connection.reason}`)
  return connection
}
