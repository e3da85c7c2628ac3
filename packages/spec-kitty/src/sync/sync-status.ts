import { accessSync, constants, lstatSync } from 'node:fs'
import type { DaemonStatus } from 'familiar'
import { clockText, type Io, type Line, type StatusExtension } from 'familiar/cli'
import { secondsSince } from './ages.js'
import { isOnlyFull } from './hidden-files.js'
import { lastAlive } from './last-alive.js'
import { disabledBy, disablingVariables, skipReason, type SkipReason } from './start-policy.js'
import { namesText } from './why-daemon.js'
import { skipText, whyDocument } from './why-nothing-leaves.js'
import type { Settings } from './settings-table.js'
import { viewWork, type WorkView } from './work-view.js'
import { serverOf, workLines, type HeldHere } from './status-lines.js'

/**
 * Returns what `sync status` shows in addition to the daemon's state: the queue, the state of sending, why no events
 * leave, and problems.
 */
export function syncStatus(root: string, io: Pick<Io, 'env' | 'cwd'>): StatusExtension {
  const { env } = io
  return async ({ status, document: { log, ...document }, lines }) => {
    // The first line suggests the command that ends a daemon that hangs. The command depends on whether the daemon is
    // proven.
    const view = await viewWork(root, env, status, lines[0]?.[3])
    const heldHere = await findHeldHere(view, io)
    const skipped = skipReason(view.settings, 'remote_required')
    const now = Date.now()
    const disabling = disabledBy(env) === null ? [] : disablingVariables(env)
    const automatic = automaticText(disabling, skipped, view)
    return {
      document: { ...document, ...workDocument(view, now), automatic_start_skipped: skipped, log },
      lines: [
        ...aliveLater(oneCommand(lines, view), view, status).slice(0, -1),
        ...workLines(view, now, status, { env, heldHere }),
        ['auto-start', automatic],
        ...lines.slice(-1),
        ...(status.state === 'running' ? await logLines(log) : []),
      ],
    }
  }
}

/** The row of a daemon that hangs has the same command as the one about the uploads, which also sends what waits. */
function oneCommand(lines: readonly Line[], { why }: WorkView): readonly Line[] {
  const [[name, text, style, command] = ['', ''], ...others] = lines
  if (command === undefined || why?.reason !== 'daemon_wedged' || why.shown === undefined) return lines
  return [[name, text, style, why.shown], ...others]
}

/** A daemon that crashed was alive at its last sync, which may be later than the last time in its record. */
function aliveLater(lines: readonly Line[], { lastSync }: WorkView, status: DaemonStatus): readonly Line[] {
  const [[name, text, ...style] = ['', ''], ...others] = lines
  const alive = lastAlive(status, lastSync)
  if (alive === null || status.since === null) return lines
  const [told, later] = [status.since, alive].map((time) => clockText(new Date(time)))
  return [[name, text.replace(told ?? '', later ?? ''), ...style], ...others]
}

/** Says that a log that the running daemon cannot write to is dead: the daemon goes on without it. */
async function logLines(log: string | null): Promise<readonly Line[]> {
  if (log === null || isWritableFile(log)) return []
  const { cureCommand } = await import('../cli/cure-file.js')
  const isFile = lstatSync(log, { throwIfNoEntry: false })?.isFile() === true
  const cure = cureCommand(log, isFile ? 'EACCES' : 'it is not a file')
  const said: Line = ['', 'the daemon cannot write to it, and goes on without a log', 'yellow']
  return cure === null ? [said] : [said, ['', cure, 'cyan']]
}

/** Returns whether the file can be written to, or is not there, so that it can be created. */
function isWritableFile(path: string): boolean {
  try {
    const found = lstatSync(path, { throwIfNoEntry: false })
    if (found?.isFile() === true) accessSync(path, constants.W_OK)
    return found === undefined || found.isFile()
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== 'EACCES'
  }
}

function automaticText(disabling: readonly string[], skipped: SkipReason | null, view: WorkView): string {
  const { settings, homeProblem, why } = view
  if (disabling.length > 0) return `off: ${namesText(disabling)} ${disabling.length === 1 ? 'is' : 'are'} set`
  if (skipped === null && homeProblem === null) return 'on: commands may start it'
  if (skipped === null && isOnlyFull(view))
    return 'on: but a start may fail, because the disk of the home is full'
  // The line about why no events leave already contains this reason in full. A home that hides its files is the cause of both.
  if (skipped === null || (homeProblem !== null && isUnreadable(settings)))
    return `off: ${why?.reason === 'home_unwritable' ? 'the home cannot be written to' : homeProblem}`
  // A daemon that runs may have it on.
  if (skipped === 'rollout_disabled') return 'off: SPEC_KITTY_ENABLE_SAAS_SYNC is not on in this shell'
  const text = skipText(skipped, settings)
  // The rows above say what is wrong.
  if (!settings.problems.includes(text)) return `off: ${text}`
  return isUnreadable(settings)
    ? 'off: config.toml cannot be read'
    : 'off: background_daemon in config.toml is wrong'
}

function isUnreadable(settings: Settings): boolean {
  const policy = settings.get('sync.background_daemon')
  return policy.state === 'wrong' && policy.code === 'E_CONFIG_UNREADABLE'
}

/** The part of `sync status --json` about the daemon's work. Null means unknown. Names and meanings are permanent. */
function workDocument(view: WorkView, now: number) {
  const { report, gate, queue, queueProblem, why, further, differences, settings } = view
  return {
    uploading: report.running,
    last_sync: view.lastSync,
    last_sync_age_seconds: secondsSince(view.lastSync, now),
    consecutive_failures: report.failures,
    last_error: report.lastError,
    next_attempt_at: report.nextAttemptAt,
    stuck_event: report.stuckEventId === null ? null : { event_id: report.stuckEventId },
    queued: queue?.queued ?? null,
    oldest_queued_at: queue?.oldestAt ?? null,
    dead_letters: queue?.deadLetters ?? null,
    last_rejection: queue?.lastReason ?? null,
    queue_problem: queueProblem,
    lost_events: view.lost?.events ?? 0,
    server_url: serverOf(view),
    format: gate.state === 'open' ? gate.format : null,
    nothing_leaves: whyDocument(why),
    nothing_leaves_further: further.map(whyDocument),
    environment_differences: differences,
    config_problems: settings.problems,
  }
}

/** Returns why events of the project of the working directory would stay, if nothing waits and nothing else is in the way. */
async function findHeldHere({ why, queue }: WorkView, io: Pick<Io, 'cwd'>): Promise<HeldHere | null> {
  if (why !== null || (queue?.queued ?? 0) > 0) return null
  const { heldHere } = await import('./list-settings.js')
  return heldHere(io)
}
