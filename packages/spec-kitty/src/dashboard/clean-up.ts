import { cleanUpAll, UsageError, type Io } from 'familiar/cli'
import { dashboardDaemon } from '../daemons/daemons.js'
import { ownerDetails } from '../daemons/health-details.js'
import { findProject, workingDirectory } from '../daemons/project-directory.js'

export interface CleanUpOptions {
  readonly port: number | null
  readonly force: boolean
  readonly dryRun: boolean
  readonly yes: boolean
  readonly json: boolean
}

/** Ends the orphaned dashboards of every project. */
export async function cleanUpDashboards(options: CleanUpOptions, io: Io): Promise<number> {
  const here = workingDirectory(io)
  const dashboard = dashboardDaemon.at(findProject(here) ?? here)
  const mayEnd = async (): Promise<boolean> => isAllowed(options, io)
  return cleanUpAll(dashboard, { ...options, record: ownerDetails, mayEnd }, io)
}

async function isAllowed({ dryRun, yes, json }: CleanUpOptions, io: Io): Promise<boolean> {
  if (dryRun || yes) return true
  if (json || !io.isInteractive) throw new UsageError('--cleanup-all needs --yes where nobody can be asked')
  return io.confirm('Kill all orphaned dashboards?')
}
