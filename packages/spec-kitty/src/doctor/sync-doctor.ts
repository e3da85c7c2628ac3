import { inHome } from '../cli/in-home.js'
import { type DoctorExtension, type Io, type Remediation } from 'familiar/cli'
import { ownerDetails, syncDetails } from '../daemons/health-details.js'
import { projectHere } from '../daemons/project-directory.js'
import { counted } from '../sync/ages.js'
import { lastAlive } from '../sync/last-alive.js'
import { dashboardsObstacle, lifecycleObstacle } from '../sync/home-problem.js'
import type { SessionCure } from '../sync/gate-session.js'
import { isHidden, isOfAnother, isOnlyFull } from '../sync/hidden-files.js'
import { loginCommands } from '../sync/login-command.js'
import { remedyOfCommands, type Form } from './form-remedy.js'
import { dashboardFinding, type DashboardSearch } from './orphaned-dashboards.js'
import { isSwitchedOn } from '../sync/settings-table.js'
import { fullText } from '../sync/status-lines.js'
import { OVER, readSession, type SessionRead } from '../sync/session/session-state.js'
import { afterCure } from '../sync/why-nothing-leaves.js'
import { viewWork, type WorkView } from '../sync/work-view.js'
import { DISK_FULL, MAY_BE_USED, NO_SESSION_STORED, NOTHING_WORKS, WHY_IT_MATTERS } from './why-it-matters.js'
import type { Why } from '../sync/why-types.js'
import { remedyOf } from './remedy-of-why.js'
import { workFindings } from './work-findings.js'

type Finding = NonNullable<Awaited<ReturnType<DoctorExtension>>['findings']>[number]

/**
 * Returns what `auth doctor` shows in addition to the daemons: the root, the session, the queue, and their problems.
 * `form`: who reads the result. `dashboards`: the search for orphaned ones, which the scan may have begun.
 */
export function syncDoctor(
  io: Pick<Io, 'env' | 'cwd'>,
  form: Form,
  dashboards: Pick<DashboardSearch, 'found'>,
): DoctorExtension {
  return async ({ scope: root, status }) => {
    const session = readSession(root)
    const [view, ofProject, orphaned] = await Promise.all([
      viewWork(root, io.env, status),
      projectProblem(io),
      dashboards.found(),
    ])
    const ofDashboards = dashboardFinding(orphaned, form, dashboardsObstacle(root))
    const queued = view.queue?.queued ?? null
    const obstacle = lifecycleObstacle(root)
    return {
      head: [
        ['home', root],
        ['session', view.isRefused ? 'refused by the server' : wordFor(session)],
        ...(queued === null || queued === 0
          ? []
          : [['queue', fullText(queued, view.maxQueueSize) ?? counted(queued, 'event')] as const]),
      ],
      document: { auth_root: root, session: sessionView(session) },
      daemon: { ...syncDetails(status.report?.details ?? null), queued },
      record: ownerDetails,
      lastAlive: lastAlive(status, view.lastSync),
      why: {
        ...WHY_IT_MATTERS,
        ...(view.homeProblem === null ? { 'F-021': NO_SESSION_STORED } : {}),
        ...(isOnlyFull(view) ? { 'F-021': DISK_FULL } : {}),
        ...(obstacle === null ? {} : { 'F-021': NOTHING_WORKS }),
        ...(orphaned.open.length === 0 ? {} : { 'F-024': MAY_BE_USED }),
      },
      remedies: obstacle === null ? daemonRemedies(view, form) : {},
      findings: [
        ...sessionFindings(session, view, form),
        ...workFindings(view, ofProject, Date.now(), form),
        ...(ofDashboards === null ? [] : [ofDashboards]),
      ],
    }
  }
}

/** While events wait, the findings about the daemon have the command of `sync status`, which also sends them. */
function daemonRemedies(view: WorkView, form: Form): Readonly<Record<string, Remediation>> {
  const { why, further, isDaemonRunning, isDaemonCrashed } = view
  const all = why === null ? [] : [why, ...further]
  const wedged = all.find(({ reason, shown }) => reason === 'daemon_wedged' && shown !== undefined)
  // If something else keeps the events here too, what sends them starts no daemon.
  const crashed = isDaemonCrashed && why?.reason === 'no_daemon' ? why : undefined
  const told = (one: Why) => remedyOf(one, isDaemonRunning, form)
  return {
    ...(wedged === undefined ? {} : { 'F-005': told(wedged) }),
    ...(crashed === undefined ? {} : { 'F-015': told(crashed) }),
  }
}

/** Returns the problem with the configuration of the project in which the command runs; null if there is none. */
async function projectProblem(io: Pick<Io, 'cwd'>): Promise<string | null> {
  const project = projectHere(io)
  if (project === null) return null
  const { consentProblem } = await import('../sync/list-settings.js')
  return consentProblem(project)
}

/** The `session` block of the document; null if there is no session. A session that cannot be read counts as missing. */
interface SessionView {
  readonly present: boolean
  readonly server_url: string | null
  readonly principal: string | null
  readonly team: string | null
  readonly auth_scope: string | null
}

function sessionView(read: SessionRead): SessionView | null {
  if (read.state === 'absent') return null
  const session = read.state === 'readable' ? read.session : null
  return {
    present: session !== null,
    server_url: session?.server_url ?? null,
    principal: session?.principal ?? null,
    team: session?.team ?? null,
    auth_scope: session?.auth_scope ?? null,
  }
}

function wordFor(read: SessionRead): string {
  if (read.state === 'absent') return 'none'
  if (read.state === 'unreadable') return `cannot be read: ${read.why}`
  const { over, principal } = read.session
  return over === null ? (principal ?? 'present') : OVER[over]
}

/** A session is needed only if hosted sync is on. */
function sessionFindings(read: SessionRead, view: WorkView, form: Form): readonly Finding[] {
  const { settings, loginServer, signInObstacle, sessionCure: cure } = view
  const problem = problemOf(read)
  if (problem === null || (read.state === 'unreadable' && isHidden(view))) return []
  const isNeeded = isSwitchedOn(settings, 'sync.hosted')
  const isGiven = read.state === 'readable' && read.session.kind === 'token'
  const isUnreadable = read.state === 'unreadable'
  const isCured = isUnreadable && cure?.isEnough === true
  const isFirst = signInObstacle === null || isCured
  const id = isUnreadable ? 'F-016' : 'F-001'
  return [
    {
      id,
      // If no sign-in works here, the finding about the cause is the critical one, and has the only remedy.
      severity: isNeeded ? (isFirst ? 'critical' : 'warn') : isUnreadable ? 'warn' : 'info',
      summary: isNeeded ? `${problem}, but hosted sync is on` : problem,
      remediation:
        (isNeeded || isUnreadable) && isFirst && !isOfAnother(view)
          ? signIn(loginServer, { id, isGiven, isNeeded, cure }, form)
          : null,
    },
  ]
}

interface SignIn {
  readonly id: string
  readonly isGiven: boolean
  readonly isNeeded: boolean
  /** The command that lets the session be read, or stored; null if there is none. */
  readonly cure: SessionCure | null
}

function signIn(server: string | null, { id, isGiven, isNeeded, cure }: SignIn, form: Form): Remediation {
  const login = loginCommands(server, id, isGiven, null)
  const commands = cure === null ? login : afterCure(cure, id, login)
  const off = isNeeded ? '; or unset SPEC_KITTY_ENABLE_SAAS_SYNC to turn hosted sync off' : ''
  if (cure?.isEnough === true) {
    const description = 'says how the session can be read again'
    return remedyOfCommands(commands, { description, forPeople: `lets the session be read${off}`, form })
  }
  if (server !== null) return remedyOfCommands(commands, { description: `signs in to ${server}${off}`, form })
  const asked = "ask your team for the server's address, then"
  return remedyOfCommands(commands, {
    description: inHome`${asked}: spec-kitty auth login --server https://HOST${off}`,
    forPeople: `${asked} put it in the place of https://HOST${off}`,
    form,
  })
}

function problemOf(read: SessionRead): string | null {
  if (read.state === 'absent') return 'no session'
  if (read.state === 'unreadable') return `the session ${read.path} cannot be read (${read.why})`
  return read.session.over === null ? null : OVER[read.session.over]
}
