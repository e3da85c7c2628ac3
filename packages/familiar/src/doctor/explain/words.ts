import type { Finding } from '../finding.js'
import type { IdentityRecord } from '../identity-record.js'
import type { ResetResult } from '../reset-result.js'
import type { Texts } from './explanation.js'

/** The results of a clean-up for a process. People see `left alone` for processes that are never touched. */
export const OUTCOMES: Texts<Exclude<keyof ResetResult, 'dry_run'> | 'left alone'> = {
  swept: {
    summary: 'the clean-up ended it, and it is gone',
    why: 'Its process was proven, and the machine was scanned again afterwards: neither the process nor its port is there.',
    whatToDo: 'Nothing.',
  },
  skipped: {
    summary: 'the clean-up left it, although it is a daemon of this kind',
    why: 'Without a decision, nothing but what is proven stale is ended; what is in use or of others is never ended.',
    whatToDo: 'Run the command that is shown for it, or nothing if it is in use.',
  },
  failed: {
    summary: 'the clean-up tried to end it, and could not',
    why: 'The reason in parentheses says what was in the way. In a dry run: what is in the way, so that it would fail.',
    whatToDo: 'Look that reason up in the same way, and look again with the doctor.',
  },
  would_sweep: {
    summary: 'a clean-up without --dry-run would end it',
    why: 'A dry run only says what would be done. Before anything is ended, everything is scanned again.',
    whatToDo: 'Run `{clean}` to end it.',
  },
  'left alone': {
    summary: 'no clean-up ends it',
    why: 'It is in use, it is of another user, it is another program, or its process is not seen whole from here.',
    whatToDo: 'Nothing.',
  },
}

/**
 * Why a daemon was started, and why it stopped. The record, the log and `status` contain these ids. A test compares them
 * with the modules that use them, because this module cannot import those: they are in higher layers.
 */
export const CAUSES: Texts = {
  first_start: {
    summary: 'it was started because none ran',
    why: 'There was no daemon, and no record of one that had died.',
    whatToDo: 'Nothing.',
  },
  recorded_dead: {
    summary: 'it was started because the last one had died',
    why: 'The record named a process that was gone.',
    whatToDo: 'Nothing. If it happens again and again, look at the end of the log.',
  },
  version_mismatch: {
    summary: 'a command of a newer version replaced the daemon',
    why: 'An older daemon is replaced by the first command of a newer version. It finishes what it is doing before.',
    whatToDo: 'Nothing.',
  },
  installation_gone: {
    summary: 'a command replaced a daemon whose program was gone from the disk',
    why: 'An upgrade or an uninstallation took the files of the old daemon away.',
    whatToDo: 'Nothing.',
  },
  operator_restart: {
    summary: 'a user restarted it',
    why: 'A restart stops the daemon and starts a new one.',
    whatToDo: 'Nothing.',
  },
  operator_stop: {
    summary: 'a user stopped it',
    why: 'The command to stop it was run.',
    whatToDo: 'Nothing: the next command that needs a daemon starts one, or run `{start}`.',
  },
  cleaned_up: {
    summary: 'a clean-up ended it',
    why: 'It was proven stale, or a user decided so. The clean-up then noted that it is gone.',
    whatToDo: 'Nothing.',
  },
  superseded: {
    summary: 'it left because another daemon took its place',
    why: 'The record names another live daemon, or the file of its lock is another one (rule R1).',
    whatToDo: 'Nothing.',
  },
  start_failed: {
    summary: 'it ended because its work could not start',
    why: 'What the tool does before the daemon serves failed, or took too long. The log of that time says why.',
    whatToDo: 'See the end of the log; the next command that needs a daemon tries again.',
  },
  scope_gone: {
    summary: 'it left because its {scope} was removed',
    why: 'The directory was absent twice in a row; one that is only unmounted does not count (rule R2).',
    whatToDo: 'Nothing.',
  },
  installation_changed: {
    summary: 'it left because its program was upgraded or removed',
    why: 'Its package on the disk is missing or of another version, and nothing was in flight (rule R3).',
    whatToDo: 'Nothing: the next command that needs a daemon starts one of the version that is installed.',
  },
  idle: {
    summary: 'it left because nothing needed it',
    why: 'For a long time there was no request, nothing in flight and nothing to do (rule R4).',
    whatToDo: 'Nothing: the next command that needs a daemon starts one.',
  },
  SIGTERM: {
    summary: 'the signal that asks a process to end',
    why: 'A clean-up, the shutdown of the machine, or a user sent it. The daemon finishes what it is doing, and leaves.',
    whatToDo: 'Nothing.',
  },
  SIGINT: {
    summary: 'Ctrl+C ended it',
    why: 'It ran in the foreground of a terminal.',
    whatToDo: 'Nothing.',
  },
  SIGHUP: {
    summary: 'the terminal in which it ran was closed',
    why: 'It ran in the foreground of that terminal.',
    whatToDo: 'Nothing.',
  },
}

/** How the identity of a listener was determined: `identity_source` of a row in JSON. */
export const SOURCES: Texts<IdentityRecord['identity_source']> = {
  health_self_report: {
    summary: 'its health reply says who it is, and is proven to come from it',
    why: 'The command line and the reply agree, so nothing is guessed.',
    whatToDo: 'Nothing.',
  },
  cmdline_marker: {
    summary: 'its command line names its {scope}',
    why: 'It gives no health reply that is proven to come from it.',
    whatToDo: 'Nothing because of this alone: its class and its reason count.',
  },
  owner_record: {
    summary: 'a record of this {scope} names it',
    why: 'Its command line names no {scope}, and it gives no health reply that is proven to come from it.',
    whatToDo: 'Nothing because of this alone: its class and its reason count.',
  },
  none: {
    summary: 'nothing says who it is',
    why: 'It is another program, or nothing that it says is proven.',
    whatToDo: 'Nothing because of this alone: its class and its reason count.',
  },
}

/** Words of the output, and the severities of findings. */
export const WORDS: Texts<
  Finding['severity'] | 'dry_run' | 'candidate' | 'listener' | 'orphan' | 'scan' | 'stale'
> = {
  critical: {
    summary: 'a finding that keeps the tool from its work: the doctor exits with 1',
    why: 'Commands that need what is broken fail until it is mended.',
    whatToDo: 'Run the command that the finding shows.',
  },
  warn: {
    summary: 'a finding that should be mended, and keeps nothing from its work',
    why: 'It takes ports or memory, or may become a problem. With --strict, the doctor exits with 1.',
    whatToDo: 'Run the command that the finding shows.',
  },
  info: {
    summary: 'a finding that is only worth knowing',
    why: 'It describes a normal state, so it counts as no problem.',
    whatToDo: 'Nothing.',
  },
  dry_run: {
    summary: 'a clean-up that only says what it would do',
    why: 'It scans as a clean-up does, ends nothing, and writes nothing.',
    whatToDo: 'Run the command that it prints at its end, to do it for real.',
  },
  candidate: {
    summary: 'a listener in the range, or a process that holds the lock: a scan judges each',
    why: 'Each gets a class and, unless it is proven stale, a reason. Nothing else is looked at, and nothing else can be ended.',
    whatToDo: 'Nothing: read the class of the row.',
  },
  listener: {
    summary: 'a process that accepts connections on a port of the range',
    why: 'A {title} listens on such a port, and so may another program.',
    whatToDo: 'Nothing: the doctor says of each what it is.',
  },
  orphan: {
    summary: 'a daemon that nothing uses, or of which that is not known',
    why: 'It keeps a port and memory. The text counts only such daemons. In JSON, `orphans` has every row of class safe_auto and operator_required: also those that another {scope} uses, whose `in_use_by` is not null and which the text shows as `in use`.',
    whatToDo: 'Run `{clean}`: it ends what is proven stale. The others need a decision.',
  },
  scan: {
    summary: 'a look at every port of the range, and at the processes behind them',
    why: 'Classes and states follow from it alone. A scan changes nothing. A clean-up scans again before and after it acts.',
    whatToDo: 'Nothing.',
  },
  stale: {
    summary: 'a daemon that is left over: it answers, and nothing uses it',
    why: 'No record and no lock of its {scope} names it as the live one. The signs beside it (older, superseded) say more.',
    whatToDo: 'Run `{clean}`: it ends what is proven stale.',
  },
}

/** Other forms of these words that appear in texts for people, with the id that they mean. */
export const OTHER_FORMS: ReadonlyMap<string, string> = new Map(
  Object.entries({
    would_be_swept: 'would_sweep',
    would_end: 'would_sweep',
    ended: 'swept',
    would_be_skipped: 'skipped',
    would_skip: 'skipped',
    candidates: 'candidate',
    listeners: 'listener',
    orphans: 'orphan',
    orphaned: 'orphan',
    scans: 'scan',
    proven_stale: 'stale',
    warning: 'warn',
    sigkill: 'kill',
    'dry-run': 'dry_run',
  }),
)
