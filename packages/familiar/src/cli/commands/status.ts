import { statSync } from 'node:fs'
import type { DaemonState, DaemonStatus } from '../../classify/daemon-state.js'
import { describeAge } from '../../clock.js'
import type { Words } from '../../define/options.js'
import { definitionOf } from '../../define/define-daemon.js'
import { leftToPredecessor } from '../../define/hints.js'
import type { Line, LineStyle } from '../../doctor/document.js'
import { describeState, isPresent, statusHead, timeText, type StatusHead } from '../../doctor/status-head.js'
import { DAEMON_GRAMMARS } from '../daemon-grammars.js'
import { EXIT } from '../exit-codes.js'
import { printJson } from '../print-json.js'
import { formatLines } from '../format-lines.js'
import { printLines } from '../io.js'
import { parseOptions } from '../parse.js'
import type { CommandContext } from '../run.js'

/** What `status --json` prints. Names and meanings are permanent. */
export interface StatusDocument extends StatusHead {
  readonly cli_version: string
  readonly uptime_seconds: number | null
  readonly log: string
}

/** What `status` would show. The tool may add to it. */
export interface StatusView {
  readonly status: DaemonStatus
  readonly document: StatusDocument
  /** The lines to print. The first is about the daemon, the last about its log. */
  readonly lines: readonly Line[]
  /** The state in a few words, unless it is `running`. */
  readonly state: string
}

/** Returns what `status` shows instead. */
export type StatusExtension = (
  view: StatusView,
) => Promise<{ readonly document: object; readonly lines: readonly Line[] }>

/**
 * Shows the state of the daemon. Exits with 1 if the daemon exists but does not answer. With `--check`, exits with 0 only
 * if the daemon runs.
 */
export async function run(
  args: readonly string[],
  { daemon, words, io, status: extend }: CommandContext,
): Promise<number> {
  const { json, check } = parseOptions(DAEMON_GRAMMARS.status, args, { command: 'status' })
  const status = await daemon.status()
  const remedy = status.state === 'wedged' ? await loadWedged().then((named) => named(daemon)) : words.stop
  const view = viewOf(status, remedy, daemon.logFile, definitionOf(daemon).version, { words, io })
  const { document, lines: shown } = (await extend?.(view)) ?? view
  const lines = [...shown.slice(0, 1), ...besideLine(status, words), ...shown.slice(1)]
  if (json) printJson(document, io)
  else printLines(io, formatLines(lines, io))
  return exitFor(view.status.state, check)
}

/** Only a scan can tell which command ends a hung daemon, so the modules of the scan are loaded only in this case. */
async function loadWedged() {
  return (await import('../wedged-command.js')).wedgedCommand
}

function viewOf(
  status: DaemonStatus,
  remedy: string,
  log: string,
  version: string,
  { words, io }: Pick<CommandContext, 'words' | 'io'>,
): StatusView {
  const head = statusHead(status)
  const isRunning = head.state === 'running'
  const document: StatusDocument = {
    ...head,
    cli_version: version,
    uptime_seconds: isRunning && head.started_at !== null ? secondsSince(head.started_at) : null,
    log,
  }
  const state = describeState(status)
  return { status, document, state, lines: linesOf(document, state, remedy, { words, io }) }
}

function linesOf(
  document: StatusDocument,
  state: string,
  remedy: string,
  { words: { predecessor }, io: { isVerbose } }: Pick<CommandContext, 'words' | 'io'>,
): readonly Line[] {
  const { package_version, protocol_version, last_stop } = document
  const theirs = document.is_predecessor ? ` (${predecessor})` : ''
  const text = `${document.state === 'running' ? describeRunning(document) : state}${theirs}`
  const isWedged = document.state === 'wedged'
  const version = `${package_version ?? 'unknown'}, protocol ${protocol_version ?? 'unknown'}`
  return [
    ['daemon', isWedged ? `${text}:` : text, STATE_STYLE[document.state], isWedged ? remedy : undefined],
    ...(isPresent(document.state) ? [['daemon version', version] as const] : []),
    ['CLI version', document.cli_version],
    ...(last_stop === null || document.state === 'crashed'
      ? []
      : [['last stop', describeStop(last_stop, isVerbose)] as const]),
    ['log', `${document.log}${isAbsent(document.log) ? ' (none yet)' : ''}`],
  ]
}

/**
 * Returns the line about a predecessor's daemon that runs here too. It stands below the line about our own daemon, whose
 * state does not mention it.
 */
function besideLine(
  { beside }: DaemonStatus,
  words: Pick<Words, 'predecessor' | 'predecessorStop' | 'explain'>,
): readonly Line[] {
  if (beside === undefined) return []
  const at = `process ${beside.pid}, port ${beside.port ?? 'none'}`
  const text = `${words.predecessor} runs one too (${at}); ${leftToPredecessor(words, beside.isMarked ? beside.pid : null)}`
  return [['beside it', text, 'yellow']]
}

/** The colours of some states. A colour only repeats what the words say. */
const STATE_STYLE: Partial<Record<DaemonState, LineStyle>> = {
  running: 'green',
  wedged: 'red',
  crashed: 'red',
  unreachable: 'yellow',
  elsewhere: 'yellow',
  foreign: 'yellow',
}

/** Why the last daemon stopped, in words. `--verbose` also shows the id, which can be given to `explain`. */
export const STOP_WORDS: Readonly<Record<string, string>> = {
  operator_stop: 'stopped by a command',
  operator_restart: 'stopped by a command, to be started again',
  version_mismatch: 'replaced by a newer version',
  installation_gone: 'replaced, because its program was gone',
  cleaned_up: 'ended by a clean-up',
  superseded: 'another daemon took its place',
  start_failed: 'it could not start',
  scope_gone: 'its directory was removed',
  installation_changed: 'its program was upgraded or removed',
  idle: 'nothing needed it',
  SIGTERM: 'ended by SIGTERM',
  SIGINT: 'ended by Ctrl+C',
  SIGHUP: 'its terminal was closed',
}

/** Returns a reason in words; one that this version does not know, as it is in the record. */
export function stopText(reason: string): string {
  return (Object.hasOwn(STOP_WORDS, reason) ? STOP_WORDS[reason] : undefined) ?? reason
}

function describeStop({ at, reason }: NonNullable<StatusDocument['last_stop']>, isVerbose: boolean): string {
  const why = isVerbose ? reason : stopText(reason)
  return `${at === null ? 'at an unknown time' : timeText(at)} (${why})`
}

/** Returns whether it is known that there is no file. */
function isAbsent(path: string): boolean {
  try {
    return statSync(path, { throwIfNoEntry: false }) === undefined
  } catch {
    return false
  }
}

function describeRunning({ pid, port, uptime_seconds }: StatusDocument): string {
  const at = `process ${pid ?? 'unknown'}, port ${port}`
  return uptime_seconds === null ? `running, ${at}` : `running for ${describeAge(uptime_seconds)}, ${at}`
}

function secondsSince(time: string): number {
  return Math.max(0, Math.round((Date.now() - Date.parse(time)) / 1000))
}

function exitFor(state: DaemonState, isCheck: boolean): number {
  if (isCheck) return state === 'running' ? EXIT.ok : EXIT.problem
  return state === 'wedged' ? EXIT.problem : EXIT.ok
}
