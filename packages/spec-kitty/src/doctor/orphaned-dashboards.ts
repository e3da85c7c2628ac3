import { remediationOf, type DoctorAddition, type Io } from 'familiar/cli'
import { dashboardDaemon } from '../daemons/define-daemons.js'
import { projectHere } from '../daemons/project-directory.js'
import { WORDS } from '../daemons/user-words.js'
import type { Form } from './form-remedy.js'

type Finding = NonNullable<DoctorAddition['findings']>[number]

/** The maximum number of ports that are named. */
const NAMED = 8

/** Looks for orphaned dashboards beside the scan of the sync daemons. */
export interface DashboardSearch {
  /** For the scan of the sync daemons: begins the search if anything listens on a port of the dashboards. */
  readonly beside: { readonly ports: typeof dashboardDaemon.ports; readonly onListener: () => void }
  /** Returns the ports of the dashboards that a clean-up would end now; none if the search failed. */
  readonly ports: () => Promise<readonly number[]>
}

/** Returns a search that has not begun. It never fails, because the doctor is about more than dashboards. */
export function searchDashboards(io: Pick<Io, 'cwd'>): DashboardSearch {
  let found: Promise<readonly number[]> | null = null
  return {
    beside: {
      ports: dashboardDaemon.ports,
      onListener: () => {
        found ??= orphanedPorts(io).catch(() => [])
      },
    },
    ports: async () => found ?? [],
  }
}

async function orphanedPorts(io: Pick<Io, 'cwd'>): Promise<readonly number[]> {
  const { candidates } = await dashboardDaemon.at(projectHere(io) ?? io.cwd()).scan()
  return candidates
    .filter(({ verdict, proof }) => verdict.class === 'safe_auto' && proof !== null)
    .flatMap(({ observation }) => observation.port ?? [])
}

/** Returns the finding about these dashboards; null if there are none. A script gets the command without the question. */
export function dashboardFinding(ports: readonly number[], form: Form): Finding | null {
  if (ports.length === 0) return null
  const count =
    ports.length === 1 ? '1 orphaned dashboard on port' : `${ports.length} orphaned dashboards on ports`
  const more = ports.length > NAMED ? ` and ${ports.length - NAMED} more` : ''
  const [clean, asks] =
    form === 'people' ? ['spec-kitty dashboard clean-up', '; asks first'] : [WORDS.dashboard.clean, '']
  const them = ports.length === 1 ? 'it' : 'them'
  return {
    id: 'F-024',
    severity: 'info',
    summary: `${count} ${ports.slice(0, NAMED).join(', ')}${more}`,
    // Like every clean-up without force: it ends nothing but what is proven stale.
    remediation: remediationOf({ commands: [clean], description: `ends ${them}${asks}`, safe: true }),
  }
}
