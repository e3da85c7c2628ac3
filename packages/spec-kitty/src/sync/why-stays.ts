import type { DaemonStatus } from 'familiar'
import type { Io } from 'familiar/cli'
import { syncDaemon } from '../daemons/define-daemons.js'
import { readConsent, whyNoConsent } from './consent-file.js'
import { gateSession } from './gate-session.js'
import { isSessionRefused } from './last-work.js'
import { readSettings } from './settings-table.js'
import { disabledBy, disablingVariables, startForbiddenBy } from './start-policy.js'
import { startedWith } from './start-environment.js'
import { inspectGate } from './upload/gate.js'
import { forbidText, NONE_RUNS } from './why-daemon.js'
import { reasonText, skipText } from './why-nothing-leaves.js'
import { OPTED_OUT } from './why-types.js'
import { knownReport, type KnownReport } from './work-report.js'

/**
 * Returns why events of a project stay here for now, in a few words; null if nothing is in the way that the settings, the
 * session and the consent tell. A daemon is asked only if something is, because it may have been started with other variables,
 * or if `isTold`: it has just answered.
 */
export async function whyStays(
  root: string,
  env: Io['env'],
  project: string,
  isTold = false,
): Promise<string | null> {
  const here = await inTheWay(root, env, project, knownReport(null))
  const unstarted = await whyUnstarted(root, env)
  if (!isTold && here === null && unstarted === null) return null
  const status = await statusOf(root)
  if (status?.state !== 'running') return here ?? unstarted
  const report = knownReport(status.report?.details ?? null)
  const { environment } = report
  const envThere = environment === null ? env : { ...env, ...startedWith(environment) }
  return inTheWay(root, envThere, project, report)
}

/** Returns the reason of the gate or the project that comes first in `sync status`; null if there is none. */
async function inTheWay(
  root: string,
  env: Io['env'],
  project: string,
  report: KnownReport,
): Promise<string | null> {
  const { gate } = await inspectGate({ root, env, session: () => gateSession(root) })
  // The status names the variable, too.
  if (gate.state === 'closed') return reasonText(gate.reason).replace(/ \(\w+\)$/, '')
  if (isSessionRefused(root, report)) return reasonText('session_refused')
  const consent = await readConsent(project)
  if (consent === 'yes') return null
  if (consent !== 'no') return 'the consent of this project cannot be read'
  return (await whyNoConsent(project)) === OPTED_OUT
    ? `this project ${OPTED_OUT}`
    : 'this project has not opted in'
}

/** Returns why commands start no daemon on their own; null if they do. */
async function whyUnstarted(root: string, env: Io['env']): Promise<string | null> {
  if (disabledBy(env) !== null) return `${NONE_RUNS}, and ${forbidText(disablingVariables(env))} to start one`
  const settings = await readSettings(root, env)
  const reason = startForbiddenBy(settings)
  return reason === null ? null : `${NONE_RUNS}, and none starts by itself: ${skipText(reason, settings)}`
}

/** Never throws: what is recorded or queued stays so. */
async function statusOf(root: string): Promise<DaemonStatus | null> {
  try {
    return await syncDaemon.at(root).status()
  } catch {
    return null
  }
}
