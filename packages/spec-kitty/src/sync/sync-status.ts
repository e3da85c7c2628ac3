import type { DaemonStatus } from 'familiar'
import type { Io, Line, StatusExtension } from 'familiar/cli'
import { inHome } from '../cli/in-home.js'
import { counted, describeAge, secondsSince } from './ages.js'
import { disabledBy, skipReason, type SkipReason } from './start-policy.js'
import { NOW, RESTART, skipText, whyDocument, whyText, type Why } from './why-nothing-leaves.js'
import { TIMING } from './upload/back-off.js'
import { viewWork, type WorkView } from './work-view.js'

const LOOK_MINUTES = TIMING.lookEveryMs / 60_000

/**
 * Returns what `sync status` shows in addition to the daemon's state: the queue, the state of sending, why nothing
 * leaves, and what is wrong.
 */
export function syncStatus(root: string, env: Io['env']): StatusExtension {
  return async ({ status, document: { log, ...document }, lines }) => {
    const view = await viewWork(root, env, status)
    const skipped = skipReason(view.settings, 'remote_required')
    const now = Date.now()
    const automatic = automaticText(disabledBy(env), skipped, view)
    return {
      document: { ...document, ...workDocument(view, now), automatic_start_skipped: skipped, log },
      lines: [
        ...lines.slice(0, -1),
        ...workLines(view, now, status).map(([name, text, ...style]): Line => [
          name,
          inHome(text, env),
          ...style,
        ]),
        ['auto-start', automatic],
        ...view.settings.problems.map((problem) => ['wrong', problem, 'yellow'] as const),
        ...lines.slice(-1),
      ],
    }
  }
}

function automaticText(
  disabling: string | null,
  skipped: SkipReason | null,
  { settings, homeProblem }: WorkView,
): string {
  if (disabling !== null) return `off: ${disabling} is set`
  if (skipped === null) return homeProblem === null ? 'on: commands may start it' : `off: ${homeProblem}`
  const text = skipText(skipped, settings)
  return settings.problems.includes(text) ? 'off: see wrong' : `off: ${text}`
}

/** The part of `sync status --json` about the daemon's work. Null means not known. Names and meanings are permanent. */
function workDocument(
  { report, gate, queue, queueProblem, why, further, differences, settings }: WorkView,
  now: number,
) {
  return {
    uploading: report.running,
    last_sync: report.lastSync,
    last_sync_age_seconds: secondsSince(report.lastSync, now),
    consecutive_failures: report.failures,
    last_error: report.lastError,
    next_attempt_at: report.nextAttemptAt,
    queued: queue?.queued ?? null,
    oldest_queued_at: queue?.oldestAt ?? null,
    dead_letters: queue?.deadLetters ?? null,
    queue_problem: queueProblem,
    server_url: gate.state === 'open' ? gate.serverUrl : null,
    format: gate.state === 'open' ? gate.format : null,
    nothing_leaves: whyDocument(why),
    nothing_leaves_further: further.map(whyDocument),
    environment_differences: differences,
    config_problems: settings.problems,
  }
}

function workLines(view: WorkView, now: number, status: DaemonStatus): readonly Line[] {
  const { report, differences, why } = view
  const age = secondsSince(report.lastSync, now)
  const last = report.lastSync ?? lastUnknown(status)
  return [
    ['queue', describeQueue(view, now)],
    ...damagedLines(view),
    ...serverLines(view),
    ['last sync', age === null ? last : `${last}, ${describeAge(age)} ago`],
    ...failureLines(view),
    ...uploadLines(view, status, now),
    ...differences.map(
      ({ variable, daemon, command }) =>
        [
          'differs',
          `${variable} is ${daemon ?? 'not set'} for the daemon, and ${command ?? 'not set'} here`,
        ] as const,
    ),
    ...(differences.length === 0 || why?.command.endsWith(RESTART) === true
      ? []
      : [['', 'to take over what is set here:'] as const, commandLine(RESTART, status)]),
  ]
}

/** If events may leave, the line that says so names the server. */
function serverLines({ why, gate, loginServer }: WorkView): readonly Line[] {
  const server = gate.state === 'open' ? gate.serverUrl : loginServer
  return why === null || server === null ? [] : [['server', server]]
}

/** A daemon reports what it has sent itself. What the one before has sent is not known. */
function lastUnknown({ state, record }: DaemonStatus): string {
  if (state === 'running') return 'none since the daemon started'
  if (record === null) return 'never'
  return record.stoppedAt === null
    ? 'unknown since the daemon ended'
    : `unknown since the daemon ended at ${new Date(record.stoppedAt).toLocaleTimeString('en-GB')}`
}

function describeQueue({ queue, queueProblem, maxQueueSize }: WorkView, now: number): string {
  if (queue === null) return queueProblem ?? 'unknown'
  const age = secondsSince(queue.oldestAt, now)
  const oldest = age === null ? '' : `, the oldest for ${describeAge(age)}`
  const waits = queue.queued === 1 ? 'waits' : 'wait'
  const waiting =
    queue.queued === 0
      ? 'empty'
      : `${fullText(queue.queued, maxQueueSize) ?? `${counted(queue.queued, 'event')} ${waits}`}${oldest}`
  if (queue.deadLetters === 0) return waiting
  return `${waiting}; ${counted(queue.deadLetters, 'dead letter')} (spec-kitty sync queue --dead)`
}

function damagedLines({ damagedQueues }: WorkView): readonly Line[] {
  if (damagedQueues === 0) return []
  const count = damagedQueues === 1 ? 'a damaged queue was' : `${damagedQueues} damaged queues were`
  return [
    ['', `${count} put aside; to save what can be read of it:`, 'yellow'],
    ['', 'spec-kitty sync queue --export FILE', 'cyan'],
  ]
}

/** Returns how full a queue is that takes no further event; null if it takes one. */
export function fullText(queued: number, maxSize: number): string | null {
  return queued < maxSize
    ? null
    : `full: ${queued} of ${counted(maxSize, 'event')} ${queued === 1 ? 'waits' : 'wait'}`
}

function failureLines({ report: { failures, lastError } }: WorkView): readonly Line[] {
  if (lastError === null && (failures ?? 0) === 0) return []
  return [['failures', `${failures ?? 0} in a row; the last: ${lastError ?? 'unknown'}`, 'red']]
}

function uploadLines(view: WorkView, status: DaemonStatus, now: number): readonly Line[] {
  const { why, further, gate, report, queue } = view
  if (why === null) {
    const to = gate.state === 'open' ? ` to ${gate.serverUrl}` : ''
    if (report.running === true) return [['uploads', `sending${to}`]]
    if ((queue?.queued ?? 0) === 0) return [['uploads', `events may leave${to}`]]
    // What kept them was mended without a command that tells the daemon, such as a line of config.toml.
    return [
      ['uploads', `events may leave${to}; the daemon looks every ${LOOK_MINUTES} minutes`],
      commandLine(`${NOW}  # sends them at once`, status),
    ]
  }
  return [
    ['uploads', uploadText(view, why, now), why.reason === 'hosted_sync_disabled' ? undefined : 'yellow'],
    commandLine(why.shown ?? why.command, status),
    ...further.flatMap(({ sentence, command, shown }): readonly Line[] => [
      ['', `then: ${sentence}`],
      commandLine(shown ?? command, status),
    ]),
  ]
}

/** Another line tells the error already, where it is of the queue, of the settings, or of the last attempt. */
function uploadText({ report, settings }: WorkView, why: Why, now: number): string {
  if (why.reason === 'queue_unusable') return 'nothing leaves: see queue'
  if (why.reason === 'config_unreadable' && settings.problems.length > 0) return 'nothing leaves: see wrong'
  if (why.reason !== 'backing_off' || report.lastError === null || report.nextAttemptAt === null)
    return whyText(why)
  const at = new Date(report.nextAttemptAt)
  const seconds = Math.max(0, Math.ceil((at.getTime() - now) / 1000))
  return `nothing leaves: see failures; next attempt in ${seconds} s (${at.toLocaleTimeString('en-GB')})`
}

/** A restart of another program's daemon ends it: that is said beside the command. */
function commandLine(command: string, { state, implementation, report }: DaemonStatus): Line {
  const isTheirs = state === 'running' && implementation === 'predecessor'
  const note =
    isTheirs && command.endsWith(RESTART)
      ? `  # replaces the running ${report?.packageVersion ?? 'daemon of the Python spec-kitty'}`
      : ''
  return ['', `${command}${note}`, 'cyan']
}
