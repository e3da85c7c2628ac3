import type { Words } from '../define/options.js'
import { needsDecision, type DoctorRecord } from '../doctor/choose-remedy.js'
import { paint, type Io } from './io.js'
import { wrapWords } from './text-width.js'

/** The maximum number of processes that are listed by name. */
const NAMED = 5

interface CleanedUp {
  /** The row that finding F-005 describes; null if there is none. */
  readonly told: DoctorRecord | null
  readonly isFailed: boolean
  /** Whether the command for each process is printed. */
  readonly hasCommands: boolean
}

/**
 * Returns the line after a clean-up that says whether everything is clean: whether any process is left that a command
 * here could end, and why. Processes that another scope uses, or that no command can end from here, do not count. Returns
 * nothing if a process could not be ended, because the verdict says that.
 */
export function renderClean(
  orphans: readonly DoctorRecord[],
  { told, isFailed, hasCommands }: CleanedUp,
  terminal: Pick<Io, 'hasColor' | 'columns'>,
  words: Pick<Words, 'explain'>,
): readonly string[] {
  const left = orphans.filter(
    (row) => row.cleanup_class === 'safe_auto' || row === told || needsDecision(row, words),
  )
  if (left.length === 0 && isFailed) return []
  if (left.length === 0) return [paint(terminal, 'green', 'Clean: nothing is left that could be ended here.')]
  const all = left.slice(0, NAMED).map((row) => named(row, row === told))
  const more = left.length > NAMED ? `, and ${left.length - NAMED} more` : ''
  const commands = hasCommands ? ' The command for each is above.' : ''
  const text = `Not clean yet: ${left.length} left: ${all.join(', ')}${more}.${commands}`
  return wrapWords(text, terminal.columns).map((line) => paint(terminal, 'yellow', line))
}

function named({ port, pid, skip_reason }: DoctorRecord, isTold: boolean): string {
  const who = port === null ? `process ${pid ?? 'unknown'}` : `port ${port}`
  return `${who} (${skip_reason ?? 'stale'}${isTold ? ', F-005' : ''})`
}
