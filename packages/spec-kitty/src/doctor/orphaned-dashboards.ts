import {
  describeCandidate,
  lookCommandOf,
  needsDecision,
  remediationOf,
  type DoctorAddition,
  type Io,
  type Obstacle,
  type Remedy,
} from 'familiar/cli'
import { dashboardDaemon } from '../daemons/define-daemons.js'
import { projectHere } from '../daemons/project-directory.js'
import { WORDS } from '../daemons/user-words.js'
import type { Form } from './form-remedy.js'

type Finding = NonNullable<DoctorAddition['findings']>[number]

/** The maximum number of ports that are named. */
const NAMED = 8

/** The ports of the dashboards that nothing is known to use. */
export interface OrphanedDashboards {
  /** Those that a clean-up would end now. */
  readonly stale: readonly number[]
  /** Those that need a decision. */
  readonly open: readonly number[]
}

const NONE: OrphanedDashboards = { stale: [], open: [] }

/** Looks for orphaned dashboards beside the scan of the sync daemons. */
export interface DashboardSearch {
  /** For the scan of the sync daemons: begins the search if anything listens on a port of the dashboards. */
  readonly beside: { readonly ports: typeof dashboardDaemon.ports; readonly onListener: () => void }
  /** Returns what was found; nothing if the search failed. */
  readonly found: () => Promise<OrphanedDashboards>
}

/** Returns a search that has not begun. It never fails, because the doctor is about more than dashboards. */
export function searchDashboards(io: Pick<Io, 'cwd'>): DashboardSearch {
  let found: Promise<OrphanedDashboards> | null = null
  return {
    beside: {
      ports: dashboardDaemon.ports,
      onListener: () => {
        found ??= orphansIn(io).catch(() => NONE)
      },
    },
    found: async () => found ?? NONE,
  }
}

async function orphansIn(io: Pick<Io, 'cwd'>): Promise<OrphanedDashboards> {
  const dashboard = dashboardDaemon.at(projectHere(io) ?? io.cwd())
  const seen = await dashboard.scan()
  const portsOf = (candidates: typeof seen.candidates): readonly number[] =>
    candidates.flatMap(({ observation }) => observation.port ?? [])
  return {
    stale: portsOf(
      seen.candidates.filter(({ verdict, proof }) => verdict.class === 'safe_auto' && proof !== null),
    ),
    open: portsOf(
      seen.candidates.filter((one) =>
        needsDecision(describeCandidate(dashboard, one, seen), WORDS.dashboard),
      ),
    ),
  }
}

/**
 * Returns the finding about these dashboards; null if there are none. A script gets the command without the question.
 * `obstacle`: what keeps that command from working.
 */
export function dashboardFinding(
  { stale, open }: OrphanedDashboards,
  form: Form,
  obstacle: Obstacle | null = null,
): Finding | null {
  const ports = [...stale, ...open]
  if (ports.length === 0) return null
  const more = ports.length > NAMED ? ` and ${ports.length - NAMED} more` : ''
  const where = `${ports.length === 1 ? 'port' : 'ports'} ${ports.slice(0, NAMED).join(', ')}${more}`
  const need = `${open.length} ${open.length === 1 ? 'needs' : 'need'} a decision`
  const kinds =
    open.length === 0 ? '' : `: ${stale.length === 0 ? '' : `${stale.length} can be ended, `}${need}`
  const remedy = obstacle === null ? remedyFor({ stale, open }, form) : mended(obstacle)
  return {
    id: 'F-024',
    severity: 'info',
    summary: `${ports.length} orphaned ${ports.length === 1 ? 'dashboard' : 'dashboards'} on ${where}${kinds}`,
    // Like every clean-up without force: it ends nothing but what is proven stale.
    remediation: remediationOf({ ...remedy, safe: true }),
  }
}

function remedyFor(
  { stale, open }: OrphanedDashboards,
  form: Form,
): Pick<Remedy, 'commands' | 'description'> {
  const [it, each] = open.length === 1 ? ['it', 'it'] : ['them', 'each']
  if (stale.length === 0)
    return {
      commands: [lookCommandOf(WORDS.dashboard)],
      description: `shows ${it}, and the command for ${each}`,
    }
  const [clean, asks] =
    form === 'people' ? ['spec-kitty dashboard clean-up', '; asks first'] : [WORDS.dashboard.clean, '']
  if (open.length === 0)
    return { commands: [clean], description: `ends ${stale.length === 1 ? 'it' : 'them'}${asks}` }
  return {
    commands: [clean],
    description: `ends what is proven stale${asks}; shows the command for the rest`,
  }
}

/** The doctor has no finding of that id if only the directory of the dashboards is closed, so the problem is named here. */
function mended({ id, problem }: Obstacle): Pick<Remedy, 'commands' | 'description'> {
  const description = `nothing can be done about it now: ${problem}`
  return { commands: [`spec-kitty explain ${id}`], description }
}
