import {
  cleanUpAll,
  UsageError,
  type CleanUpAllOptions,
  type CleanUpQuestion,
  type Io,
  type Obstacle,
} from 'familiar/cli'
import { dashboardDaemon } from '../daemons/define-daemons.js'
import { ownerDetails } from '../daemons/health-details.js'
import { findProject, workingDirectory } from '../daemons/project-directory.js'

export interface CleanUpOptions {
  readonly port: number | null
  readonly force: boolean
  readonly dryRun: boolean
  readonly yes: boolean
  readonly json: boolean
  /** What keeps the clean-up from working; null if nothing does. */
  readonly obstacle: Obstacle | null
}

/** Ends the orphaned dashboards of every project. */
export async function cleanUpDashboards(options: CleanUpOptions, io: Io): Promise<number> {
  const here = workingDirectory(io)
  const dashboard = dashboardDaemon.at(findProject(here) ?? here)
  const ask = async (asked: CleanUpQuestion): Promise<boolean> => isAllowed(options, asked, io)
  const words = wordsFor(dashboard.ports)
  return cleanUpAll(dashboard, { ...options, words, record: ownerDetails, ask }, io)
}

function wordsFor({ from, to }: { readonly from: number; readonly to: number }): CleanUpAllOptions['words'] {
  const ports = `on ports ${from}-${to - 1}`
  return {
    found: (count, others) =>
      count === 0
        ? others === ''
          ? `No orphaned dashboard processes ${ports}`
          : `Found no dashboard process to end now ${ports}: ${others}`
        : `Found ${count} orphaned dashboard ${count === 1 ? 'process' : 'processes'} ${ports}`,
    killed: (count) => `Killed ${count} ${count === 1 ? 'process' : 'processes'}`,
    tidied: (count) => `Cleaned up ${count} .dashboard ${count === 1 ? 'file' : 'files'}`,
  }
}

/** The question says "all" only if no other dashboard may be an orphan too. */
async function isAllowed(
  { dryRun, yes, json }: CleanUpOptions,
  { count, isAll }: CleanUpQuestion,
  io: Io,
): Promise<boolean> {
  if (dryRun || yes) return true
  if (json || !io.isInteractive) throw new UsageError('not a terminal: add --yes to confirm')
  const which = isAll
    ? 'all orphaned dashboards'
    : count === 1
      ? 'this 1 dashboard'
      : `these ${count} dashboards`
  return io.confirm(`Kill ${which}?`, 'nothing was ended')
}
