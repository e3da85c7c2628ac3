import { remediationOf, type DoctorExtension } from 'familiar/cli'
import { counted, describeAge, secondsSince } from '../sync/ages.js'
import { fullText, reasonOfRejected } from '../sync/status-lines.js'
import { namesText, syncNow, whoHasPorts } from '../sync/why-daemon.js'
import { configList } from '../sync/why-backing-off.js'
import { isSignInBlocked } from '../sync/sign-in-obstacle.js'
import { unsafeUrls } from '../sync/unsafe-urls.js'
import { whyHeld } from '../sync/why-held.js'
import { whyText } from '../sync/why-nothing-leaves.js'
import { syncRestart } from '../sync/why-restart.js'
import type { Why } from '../sync/why-types.js'
import type { WorkView } from '../sync/work-view.js'
import { isOfAnother, problemsSeen } from '../sync/hidden-files.js'
import { isSilent, sendingText } from '../sync/sending-text.js'
import { remedyOfCommands, type Form } from './form-remedy.js'
import { remedyOf } from './remedy-of-why.js'
import { damagedQueues, lostEvents, unreadableQueue } from './queue-findings.js'
import { inHome } from '../cli/in-home.js'

type Finding = NonNullable<Awaited<ReturnType<DoctorExtension>>['findings']>[number]

/** Events that wait for longer than this are a finding. A day and a night without a network connection are normal. */
const LONG_SECONDS = 24 * 60 * 60

/** Returns the problems with the queue and the settings, and what keeps events from leaving. */
export function workFindings(
  view: WorkView,
  ofProject: string | null,
  now: number,
  form: Form = 'script',
): readonly Finding[] {
  const long = waitingLong(view, now, form)
  return [
    ...long,
    ...unwritableHome(view, form),
    ...wrongSettings(view, ofProject, form),
    ...unreadableQueue(view, form),
    ...lostEvents(view, form),
    ...damagedQueues(view, form),
    ...(long.length > 0 || isFull(view) ? [] : nothingLeaves(view, form)),
    ...(long.length > 0 ? [] : silentServer(view, now)),
    ...sendingAnyway(view),
    ...fullQueue(view, form, long.length === 0),
    ...rejectedEvents(view),
  ]
}

function waitingLong(view: WorkView, now: number, form: Form): readonly Finding[] {
  const { queue, why, isDaemonRunning } = view
  const age = secondsSince(queue?.oldestAt ?? null, now)
  if (queue === null || age === null || age <= LONG_SECONDS) return []
  const waiting = `${counted(queue.queued, 'event')} queued, the oldest for ${describeAge(age)}`
  return [
    {
      id: 'F-009',
      severity: why === null ? 'warn' : severityOf(why, view),
      summary:
        why === null ? `${waiting}, and nothing is known to be in the way` : `${waiting}: ${why.sentence}`,
      remediation:
        why === null
          ? remediationOf({
              commands: [syncNow()],
              description: 'tries to send them, and says what becomes of each batch',
              safe: !isDaemonRunning,
            })
          : remedyOf(why, isDaemonRunning, form),
    },
  ]
}

/** A session that the server has rejected is as good as expired (F-001): no events leave until the user signs in again. */
function severityOf({ reason }: Why, { isHostedHere }: WorkView): Finding['severity'] {
  return reason === 'session_refused' && isHostedHere ? 'critical' : 'warn'
}

/** Reasons with a separate finding: F-001, F-005, F-012, F-013 to F-017, F-021. */
const TOLD_ELSEWHERE: ReadonlySet<Why['reason']> = new Set([
  'no_session',
  'session_unreadable',
  'config_unreadable',
  'insecure_server',
  'queue_unusable',
  'daemon_wedged',
  'home_unwritable',
])

/**
 * F-001 reports a missing session as a problem only if hosted sync is on here. A daemon that was started with it on needs
 * one for what waits.
 */
function isSessionMissed({ reason }: Why, { isHostedHere, queue }: WorkView): boolean {
  return reason === 'no_session' && !isHostedHere && (queue?.queued ?? 0) > 0
}

/** The reasons that F-012 gives. */
const OF_SETTINGS: ReadonlySet<Why['reason']> = new Set(['config_unreadable', 'insecure_server'])

/** The server of a session may be unsafe too, but that is no setting. */
function wrongHere({ settings }: WorkView, reason: Why['reason']): readonly string[] {
  return reason === 'insecure_server' ? unsafeUrls(settings) : settings.problems
}

/** F-012 reports settings that are wrong here, but not those that only the daemon was started with. */
function isToldElsewhere(why: Why, view: WorkView): boolean {
  const { reason, command } = why
  if (isSessionMissed(why, view)) return false
  // F-015 has the same command.
  if (reason === 'no_daemon' && view.isDaemonCrashed) return true
  if (OF_SETTINGS.has(reason) && (wrongHere(view, reason).length === 0 || command.endsWith(syncRestart())))
    return false
  return TOLD_ELSEWHERE.has(reason)
}

/** The reasons that mean that the directory is gone, or contains another project now. */
const GONE: ReadonlySet<Why['reason']> = new Set(['project_missing', 'other_project'])

/**
 * Returns why events of a project that no longer exists stay here. The user did not choose this, so it is reported even
 * if the events of other projects leave or stay by choice.
 */
function goneProject({ why, further }: WorkView): Why | null {
  if (why === null) return null
  if (why.isAll && why.reason !== 'no_consent' && !GONE.has(why.reason)) return null
  return [why, ...further].find(({ reason }) => GONE.has(reason)) ?? null
}

/**
 * Returns the finding for events that stay although they should leave, with the words of `sync status`. If the user chose
 * that they stay, the finding is only information, and only while events wait.
 */
function nothingLeaves(view: WorkView, form: Form): readonly Finding[] {
  const { queue, isDaemonRunning, isHostedHere } = view
  const gone = goneProject(view)
  if (gone !== null) {
    const summary = gone === view.why ? whyText(gone) : `events stay: ${gone.sentence}`
    return [{ id: 'F-018', severity: 'warn', summary, remediation: remedyOf(gone, isDaemonRunning, form) }]
  }
  const { why } = view
  if (why === null || !why.isAll || isToldElsewhere(why, view)) return []
  const isChosen = why.reason === 'no_consent' || (why.reason === 'hosted_sync_disabled' && !isHostedHere)
  const queued = queue?.queued ?? 0
  if (isChosen && queued === 0) return []
  const waits = `${counted(queued, 'event')} ${queued === 1 ? 'waits' : 'wait'}`
  return [
    {
      id: 'F-018',
      severity: isChosen ? 'info' : severityOf(why, view),
      summary: isChosen ? `${waits}: ${why.sentence}` : whyText(why),
      remediation: remedyOf(withoutDoctor(why), isDaemonRunning, form),
    },
  ]
}

/** Nothing is known to be in the way but a server that keeps the daemon waiting. It may only be slow. */
function silentServer(view: WorkView, now: number): readonly Finding[] {
  if (view.why !== null || (view.queue?.queued ?? 0) === 0 || !isSilent(view, now)) return []
  const summary = `${counted(view.queue?.queued ?? 0, 'event')} queued: ${sendingText(view, now)}`
  const command = 'spec-kitty explain backing_off'
  const remediation = remediationOf({
    commands: [command],
    description: 'nothing to do: if the server does not answer, the daemon tries again by itself',
    safe: true,
  })
  return [{ id: 'F-018', severity: 'info', summary, remediation }]
}

/** F-010 names the programs, so the doctor does not send the user to itself. */
function withoutDoctor({ also, ...why }: Why): Why {
  if (also === undefined || why.shown?.startsWith(whoHasPorts()) !== true)
    return also === undefined ? why : { ...why, also }
  return {
    ...why,
    shown: also,
    before: 'end one of the programs that have the ports, if you do not need it, and try again',
  }
}

function sendingAnyway({ isSendingAnyway }: WorkView): readonly Finding[] {
  if (!isSendingAnyway) return []
  const remediation = remediationOf({
    commands: [syncRestart()],
    description: 'starts the daemon anew, with what is set here: then nothing leaves',
    safe: false,
  })
  const summary =
    'SPEC_KITTY_ENABLE_SAAS_SYNC turns hosted sync off here, but not for the sync daemon that runs'
  return [{ id: 'F-023', severity: 'info', summary, remediation }]
}

/** Returns whether F-019 says why nothing leaves, so that one cause is one problem with one command. */
function isFull({ queue, maxQueueSize, why }: WorkView): boolean {
  return why?.isAll === true && fullText(queue?.queued ?? 0, maxQueueSize) !== null
}

/** `isWhyDue`: whether no other finding says why the events wait. */
function fullQueue(view: WorkView, form: Form, isWhyDue: boolean): readonly Finding[] {
  const { queue, maxQueueSize, why, isDaemonRunning } = view
  const full = fullText(queue?.queued ?? 0, maxQueueSize)
  if (full === null) return []
  if (why !== null && isFull(view)) {
    const summary = `the queue is ${full}${isWhyDue ? `; ${whyText(why)}` : ''}`
    const remediation = remedyOf(why, isDaemonRunning, form)
    return [{ id: 'F-019', severity: 'warn', summary, remediation }]
  }
  const remediation = remediationOf({
    commands: [inHome`spec-kitty sync queue`],
    description: 'shows what waits and why; max_queue_size in config.toml sets the limit',
    safe: true,
  })
  return [{ id: 'F-019', severity: 'warn', summary: `the queue is ${full}`, remediation }]
}

/**
 * A daemon is needed only if hosted sync is on. A running daemon does not need the permission that this command lacks,
 * but a command needs it to end or replace that daemon, and no event can be queued on a full disk.
 */
function unwritableHome(view: WorkView, form: Form): readonly Finding[] {
  const { homeProblem, diskProblem, queueProblem, isDaemonRunning, isHostedHere, signInObstacle } = view
  const ofSession = signInObstacle?.id === 'F-021' ? signInObstacle : null
  const problem = homeProblem ?? diskProblem ?? ofSession?.problem ?? null
  const homeCommand = view.homeCommand ?? ofSession?.remedy.shown ?? null
  if (problem === null) return []
  const isCritical = isHostedHere && isSignInBlocked(view, 'F-021')
  const isInTheWay = isCritical || !isDaemonRunning || diskProblem !== null || queueProblem === homeProblem
  const severity = isInTheWay ? (isCritical ? 'critical' : 'warn') : 'info'
  const shown = homeCommand === null ? {} : { shown: homeCommand }
  const remediation = remedyOfCommands(
    { command: 'spec-kitty explain F-021', ...shown },
    {
      description: 'says what can be done about it',
      ...(homeCommand === null ? {} : { forPeople: 'makes it writable for you' }),
      form,
    },
  )
  return [{ id: 'F-021', severity, summary: problem, remediation }]
}

function rejectedEvents({ queue }: WorkView): readonly Finding[] {
  const count = queue?.deadLetters ?? 0
  if (queue === null || count === 0) return []
  const remediation = remediationOf({
    commands: [inHome`spec-kitty sync queue --dead`],
    description: 'shows them with the reasons, and the commands that send them again or drop them',
    safe: true,
  })
  const summary = `${counted(count, 'event')} ${count === 1 ? 'was' : 'were'} rejected by the server${reasonOfRejected(queue)}`
  return [{ id: 'F-020', severity: 'warn', summary, remediation }]
}

/** The same as in `sync status`, if events of the project wait. */
function ofConsent(
  { queue, isDaemonRunning }: WorkView,
  problem: string | null,
  form: Form,
): ReturnType<typeof remediationOf> {
  const held = queue?.held.find(
    ({ project, reason }) => reason === 'consent_unreadable' && problem?.startsWith(`${project}/`) === true,
  )
  if (held !== undefined) return remedyOf(whyHeld(held), isDaemonRunning, form)
  const command = 'spec-kitty explain consent_unreadable'
  return remediationOf({ commands: [command], description: 'says what can be done', safe: true })
}

/** Returns what must be corrected if it is only variables; undefined otherwise. */
function ofVariables(problems: readonly string[]): string | undefined {
  const names = problems.flatMap((one) => (IN_FILE.test(one) ? [] : (VARIABLE.exec(one)?.[0] ?? [])))
  const isAll = problems.length > 0 && names.length === problems.length
  return isAll ? `correct ${namesText(names)} in this shell, and look whether that is right` : undefined
}

/** Matches the place of a setting in a file, and the name of a variable, in the text about a wrong setting. */
const IN_FILE = /config\.toml/
const VARIABLE = /\b[A-Z]+(?:_[A-Z]+)+\b/

function wrongSettings(view: WorkView, ofProject: string | null, form: Form): readonly Finding[] {
  const { settings, why } = view
  const ofSettings = [...problemsSeen(view), ...unsafeUrls(settings)]
  const problems = [...ofSettings, ...(ofProject === null ? [] : [ofProject])]
  if (problems.length === 0) return []
  const isInTheWay = why !== null && OF_SETTINGS.has(why.reason) && isToldElsewhere(why, view)
  // The same as in `sync status`, which knows the line that must be corrected first.
  const byHand = isInTheWay ? why.before : ofVariables(ofSettings)
  const cure =
    byHand === undefined ? settings.fileCure : isInTheWay ? (why.shown ?? configList()) : configList()
  return [
    {
      id: 'F-012',
      severity: view.isHostedHere && isSignInBlocked(view, 'F-012') ? 'critical' : 'warn',
      summary: `${problems.join('; ')}${isInTheWay ? '; nothing leaves until that is corrected' : ''}`,
      remediation:
        ofSettings.length === 0
          ? ofConsent(view, ofProject, form)
          : isOfAnother(view)
            ? null
            : remedyOfCommands(
                { command: configList(), ...(cure === null ? {} : { shown: cure }) },
                {
                  description: 'shows every setting and where it comes from; correct what is wrong there',
                  before: byHand,
                  // What must be done by hand also says what the command is for.
                  ...(cure === null
                    ? {}
                    : { forPeople: byHand === undefined ? 'lets the file be read, or one be written' : '' }),
                  form,
                },
              ),
    },
  ]
}
