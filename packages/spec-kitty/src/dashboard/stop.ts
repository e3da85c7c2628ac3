import { selectPlatform, stopDaemon } from 'familiar'
import { EXIT } from '../cli/exit-codes.js'
import { note, type Io } from '../cli/io.js'
import { printStop } from '../cli/print-stop.js'
import { dashboardFamily } from '../families/families.js'

/** Stops the dashboard of the project, of any version, and prints the result. */
export async function stopDashboard(project: string, root: string, isJson: boolean, io: Io): Promise<number> {
  const result = await stopDaemon({
    family: dashboardFamily(root),
    scope: project,
    platform: await selectPlatform(),
    reason: 'operator_stop',
    onWait: (message) => note(io, message),
  })
  printStop(result, 'dashboard', io, isJson)
  return result.outcome === 'failed' ? EXIT.problem : EXIT.ok
}
