import type { DaemonStatus } from 'familiar'
import { clockText, describeWait, type Io, type Line } from 'familiar/cli'
import { counted, describeAge, secondsSince } from './ages.js'
import { problemsSeen } from './hidden-files.js'
import { remediesOf } from './lost-events.js'
import { WRONG, withoutSecrets } from './url-text.js'
import { knownSize } from './queue/damaged-note.js'
import { isMarkedUnreadable, isSaved, removeCommand, saveCommand } from './queue/quarantined-databases.js'
import { nameIn, type Difference } from './start-environment.js'
import { syncNow } from './why-daemon.js'
import { configList, TRYING } from './why-backing-off.js'
import { isHeld } from './why-held.js'
import { FOR_THIS_SHELL, reasonText, whyText } from './why-nothing-leaves.js'
import { syncRestart, SWITCH_ON } from './why-restart.js'
import type { Why } from './why-types.js'
import type { QueueView } from './read-queue.js'
import { sendingText } from './sending-text.js'
import { TIMING } from './upload/upload-timing.js'
import type { WorkView } from './work-view.js'
import { inHome } from '../cli/in-home.js'

const LOOK_MINUTES = TIMING.lookEveryMs / 60_000

interface Here {
  readonly env: Io['env']
  /** Why events of the project of the working directory would stay, and the command that changes this; null if they may leave. */
  readonly heldHere: HeldHere | null
}

/** The project of the working directory has no usable consent. */
export interface HeldHere {
  readonly text: string
  readonly command: string
}

export function workLines(
  view: WorkView,
  now: number,
  status: DaemonStatus,
  { env, heldHere }: Here,
): readonly Line[] {
  const age = secondsSince(view.lastSync, now)
  const last = view.lastSync === null ? lastUnknown(status, view) : clockText(new Date(view.lastSync))
  return [
    ['queue', describeQueue(view, now)],
    ...fullDiskLines(view),
    ...lostLines(view),
    ...damagedLines(view),
    ...serverLines(view),
    [
      'last sync',
      age === null
        ? last
        : isFuture(view.lastSync, now)
          ? `${last}, ${SET_BACK}`
          : `${last}, ${describeAge(age)} ago`,
    ],
    ...failureLines(view),
    ...problemsSeen(view).map((problem) => ['wrong', problem, 'yellow'] as const),
    ...uploadLines(view, now, heldHere),
    ...view.differences.map(
      ({ variable, daemon, command }) =>
        [
          'differs',
          `${variable} is ${valueText(daemon)} for the daemon, and ${hereText(variable, command, env)} here`,
        ] as const,
    ),
    ...takeOverLines(view),
  ]
}

const SET_BACK = 'which is in the future: the clock of this machine was set back'

/** Clocks are corrected by some seconds all the time. */
const SLEW_MS = 60_000

function isFuture(time: string | null, now: number): boolean {
  return Date.parse(time ?? '') > now + SLEW_MS
}

/** A daemon does not report a wrong value, because every user may read its report. */
function valueText(value: string | null, given?: string): string {
  if (value !== WRONG) return value ?? 'not set'
  const shown = withoutSecrets(given)
  return shown === null ? 'wrong' : `wrong (${JSON.stringify(shown)})`
}

/** A proxy may have another name here than in the daemon. */
function hereText(variable: string, value: string | null, env: Io['env']): string {
  const name = nameIn(env, variable)
  const text = valueText(value, env[name])
  return value === null || name === variable ? text : `${name} is ${text}`
}

/**
 * Says that the daemon keeps the variables of its start, and how to give it those that are set here. A restart also loses
 * the variables that only the daemon has, so it is not proposed if one of them is the switch of hosted sync, while events leave, or if nothing
 * would leave then.
 */
function takeOverLines(view: WorkView): readonly Line[] {
  const { differences, isRestartProposed, isSendingAnyway, why, worseHere } = view
  if (isSendingAnyway) return [['', `${DAEMON_COUNTS}; to turn it off there:`], commandLine(syncRestart())]
  // The line about uploads says it, with the same command.
  if (differences.length === 0 || why?.command.endsWith(syncRestart()) === true) return []
  const lost = differences.filter(isLost)
  if (lost.some(({ daemon }) => daemon === 'on'))
    return [['', `${DAEMON_COUNTS}; to have it on in new shells, put "${SWITCH_ON}" in your profile`]]
  if (worseHere !== null) {
    const { reason, detail } = worseHere
    const text = `${DAEMON_COUNTS}; with what is set here, nothing would leave: ${reasonText(reason)}`
    const said: Line = ['', detail === null ? text : `${text}: ${detail}`]
    const isShown = [why?.command, why?.also].some((one) => one?.includes(` config list`) === true)
    return isShown ? [said] : [said, commandLine(`${configList()}  # shows what is set here`)]
  }
  if (!isRestartProposed) return [['', DAEMON_COUNTS]]
  if (view.isDifferenceUnused) return [['', 'no connection to the server uses it']]
  if (lost.length > 0) return [['', DAEMON_COUNTS]]
  return [['', `${DAEMON_COUNTS}; to take over what is set here:`], commandLine(syncRestart())]
}

const DAEMON_COUNTS = 'the daemon keeps what it was started with'

/** Returns whether the daemon has a variable that is not set here. */
function isLost({ command }: Difference): boolean {
  return command === null || command === 'off'
}

/** If events may leave, the line about that already names the server. */
function serverLines(view: WorkView): readonly Line[] {
  const server = serverOf(view)
  return view.why === null || server === null ? [] : [['server', server]]
}

/** Returns the server to which events go or, while none may leave, the one that refused the session or is for a sign-in. */
export function serverOf({ gate, loginServer, refusedBy }: WorkView): string | null {
  return gate.state === 'open' ? gate.serverUrl : (refusedBy ?? loginServer)
}

/** A daemon reports only what it has sent itself. What the previous daemon has sent is unknown. */
function lastUnknown({ state, record, unread }: DaemonStatus, { unreadWork }: WorkView): string {
  if (unread !== undefined) return 'unknown: the files of the home cannot be read'
  if (state === 'running') return 'none since the daemon started'
  if (state === 'wedged') return 'unknown: the daemon does not answer'
  if (state === 'unreachable' || state === 'elsewhere') return 'unknown: the daemon cannot be asked from here'
  if (unreadWork !== null) return `unknown: ${unreadWork} cannot be read`
  if (record === null) return 'never'
  return record.stoppedAt === null
    ? 'unknown since the daemon ended'
    : `unknown since the daemon ended at ${clockText(new Date(record.stoppedAt))}`
}

function describeQueue({ queue, queueProblem, maxQueueSize }: WorkView, now: number): string {
  if (queue === null) return queueProblem ?? 'unknown'
  const age = secondsSince(queue.oldestAt, now)
  const oldest = age === null ? '' : `, the oldest for ${describeAge(age)}`
  const waits = queue.queued === 1 ? 'waits' : 'wait'
  const full = fullText(queue.queued, maxQueueSize)
  const waiting =
    queue.queued === 0
      ? 'empty'
      : full === null
        ? `${counted(queue.queued, 'event')} ${waits}${oldest}`
        : `${full}${oldest}, and no further one can be queued`
  if (queue.deadLetters === 0) return waiting
  const rejected = `${counted(queue.deadLetters, 'event')} that the server rejected`
  return inHome`${waiting}; ${rejected}${reasonOfRejected(queue)} (spec-kitty sync queue --dead)`
}

/** If everything is rejected, the reason is usually the same for all. */
export function reasonOfRejected({ deadLetters, lastReason = null }: QueueView): string {
  return lastReason === null ? '' : `, ${deadLetters === 1 ? '' : 'the last '}with "${lastReason}"`
}

/** Reports the full disk, unless the line about uploads does. */
function fullDiskLines({ diskProblem, why }: WorkView): readonly Line[] {
  if (diskProblem === null || why?.reason === 'home_unwritable') return []
  return [['', `no event can be queued: ${diskProblem}`, 'yellow'], commandLine('spec-kitty explain F-021')]
}

/** Told until the file is back, or the user has said that it is known. */
function lostLines({ lost }: WorkView): readonly Line[] {
  if (lost === null) return []
  return [
    ['', lost.text, 'yellow'],
    ...remediesOf(lost).flatMap(([text, command]): readonly Line[] => [['', text], commandLine(command)]),
  ]
}

/** Says how many damaged queues there are, with the number of their events if that is known. */
export function putAsideText(databases: readonly string[]): string {
  const events = knownSize(databases)
  const count = databases.length === 1 ? 'a damaged queue' : `${databases.length} damaged queues`
  return events === 0 ? count : `${count} with ${counted(events, 'event')}`
}

/** The command that removes a database comes after the export. A damaged queue in use is exported with them. */
function damagedLines({ damagedQueues, isQueueDamaged }: WorkView): readonly Line[] {
  if (damagedQueues.length === 0 || isQueueDamaged) return []
  const isOne = damagedQueues.length === 1
  const count = `${putAsideText(damagedQueues)} ${isOne ? 'was' : 'were'}`
  const it = isOne ? 'it' : 'them'
  const removal = commandLine(removeCommand(damagedQueues))
  if (damagedQueues.every(isMarkedUnreadable))
    return [
      [
        '',
        `${count} put aside, and no event can be read of ${it}; until you remove ${it}, this is shown:`,
        'yellow',
      ],
      removal,
    ]
  if (damagedQueues.every(isSaved))
    return [
      [
        '',
        `${count} put aside, and exported; once the exported events are queued again, remove ${it}:`,
        'yellow',
      ],
      removal,
    ]
  return [
    ['', `${count} put aside; to save what can be read of ${it}:`, 'yellow'],
    commandLine(saveCommand(damagedQueues)),
  ]
}

/** Returns how full the queue is if it accepts no further event; otherwise null. */
export function fullText(queued: number, maxSize: number): string | null {
  return queued < maxSize
    ? null
    : `full: ${queued} of ${counted(maxSize, 'event')} ${queued === 1 ? 'waits' : 'wait'}`
}

/** The reasons whose details the line about failures has. */
const OF_SERVER: ReadonlySet<Why['reason']> = new Set(['backing_off', 'session_refused'])

/** A failure is told only while it is why events wait: another reason came after it, or nothing waits any more. */
function failureLines({ report: { failures, lastError }, why, queue }: WorkView): readonly Line[] {
  if (lastError === null && (failures ?? 0) === 0) return []
  const isPresent = why === null ? (queue?.queued ?? 0) > 0 : OF_SERVER.has(why.reason)
  if (!isPresent) return []
  // What the server keeps waiting, or the sign-in that is over, is no failure of an attempt.
  if ((failures ?? 0) === 0) return [['failures', `none; ${lastError}`, 'yellow']]
  return [['failures', `${failures} in a row; the last: ${lastError ?? 'unknown'}`, 'red']]
}

function uploadLines(view: WorkView, now: number, heldHere: HeldHere | null): readonly Line[] {
  const { why, further, gate, report, queue } = view
  if (why === null) {
    const to = gate.state === 'open' ? ` to ${gate.serverUrl}` : ''
    if (report.running === true) return [['uploads', sendingText(view, now)]]
    if (heldHere !== null)
      return [
        ['uploads', `events of projects that have opted in may leave${to}; ${heldHere.text}:`],
        commandLine(heldHere.command),
      ]
    if ((queue?.queued ?? 0) === 0) return [['uploads', `events may leave${to}`]]
    if (report.isFirstLookDue)
      return [['uploads', `events may leave${to}; the daemon has just started, and sends them now`]]
    // The problem was repaired without a command that notifies the daemon, for example in config.toml.
    return [
      ['uploads', `events may leave${to}; the daemon looks every ${LOOK_MINUTES} minutes`],
      commandLine(`${syncNow()}  # sends them at once`),
    ]
  }
  const isChosen = why.reason === 'hosted_sync_disabled' && !view.isHostedHere
  return [
    ['uploads', uploadText(view, why, now), isChosen ? undefined : 'yellow'],
    ...remedyLines(why),
    ...(why.command.startsWith(SWITCH_ON) ? [['', FOR_THIS_SHELL] as const] : []),
    ...further.flatMap((one, index): readonly Line[] => [
      [
        '',
        `${isHeld(one.reason) && isHeld((further[index - 1] ?? why).reason) ? 'also' : 'after that'}: ${briefText(one, view)}`,
      ],
      ...remedyLines(one),
    ]),
  ]
}

function remedyLines({ before, shown, command, also }: Why): readonly Line[] {
  return [
    ...(before === undefined ? [] : [['', `${before}:`] as const]),
    commandLine(shown ?? command),
    ...(also === undefined ? [] : [commandLine(also)]),
  ]
}

function uploadText(view: WorkView, why: Why, now: number): string {
  const next = view.report.nextAttemptAt
  const text = whyText(why, briefText(why, view))
  if (why.reason === 'backing_off' && view.report.running === true)
    return `${text}; ${TRYING}: ${sendingText(view, now)}`
  if (why.reason !== 'backing_off' || next === null || view.report.lastError === null) return text
  const at = new Date(next)
  const seconds = Math.max(0, Math.ceil((at.getTime() - now) / 1000))
  return `${text}; next attempt in ${describeWait(seconds)} (${clockText(at, new Date(now))})`
}

/** Returns the reason without the details that have separate lines: those of the queue, the settings and the failures. */
function briefText({ reason, sentence, brief = sentence }: Why, view: WorkView): string {
  const { settings, isQueueDamaged, report } = view
  if (reason === 'queue_unusable' && report.queueLost !== null)
    return `the queue was ${report.queueLost.state}`
  // The row of a queue that is only locked says what waits in it.
  if (reason === 'queue_unusable' && view.queue !== null) return brief
  if (reason === 'queue_unusable') return isQueueDamaged ? 'the queue is damaged' : 'the queue cannot be read'
  if (reason === 'config_unreadable' && settings.problems.length > 0) return reasonText(reason)
  return brief
}

function commandLine(command: string): Line {
  return ['', command, 'cyan']
}
