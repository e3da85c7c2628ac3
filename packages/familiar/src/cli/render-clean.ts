import type { Words } from '../define/options.js'
import { isForNow, isToWaitFor, needsDecision, type DoctorRecord } from '../doctor/choose-remedy.js'
import { paint, type Io, type Style } from './io.js'
import { wrapWords } from './text-width.js'

/** The maximum number of processes that are listed by name. */
const NAMED = 5

interface CleanedUp {
  /** The row that finding F-005 describes; null if there is none. */
  readonly told: DoctorRecord | null
  readonly isFailed: boolean
  /** How many problems the verdict counts, which is the next line. */
  readonly problems: number
  /** Whether the command for each process is printed. */
  readonly hasCommands: boolean
}

/**
 * Returns the line after a clean-up that says what is left: processes that a command here could end, and why, and how many
 * may still be starting or cannot be ended from here. Processes that another scope uses do not count. The line must not
 * contradict the verdict below it: it says `Clean` only if there is no problem either. Returns nothing if a process could
 * not be ended, because the verdict says that.
 */
export function renderClean(
  orphans: readonly DoctorRecord[],
  { told, isFailed, problems, hasCommands }: CleanedUp,
  terminal: Pick<Io, 'hasColor' | 'columns'>,
  words: Pick<Words, 'explain' | 'title'>,
): readonly string[] {
  const left = orphans.filter(
    (row) => row.cleanup_class === 'safe_auto' || row === told || needsDecision(row, words),
  )
  const rest = orphans.filter((row) => !left.includes(row) && row.in_use_by === null)
  const starting = rest.filter((row) => isToWaitFor(row, words)).length
  const again = rest.filter((row) => isForNow(row, words)).length - starting
  const stuck = rest.length - starting - again
  const said = (text: string, style: Style): readonly string[] =>
    wrapWords(text, terminal.columns).map((line) => paint(terminal, style, line))
  if (left.length === 0 && isFailed) return []
  if (left.length === 0 && rest.length === 0) {
    if (problems === 0) return said(`Clean: no orphaned ${words.title} is left.`, 'green')
    return said(
      `No orphaned ${words.title} is left; the ${problems === 1 ? 'problem' : 'problems'} above remain${problems === 1 ? 's' : ''}.`,
      'yellow',
    )
  }
  const foreign = rest.filter(({ skip_reason }) => skip_reason === 'other_user').length
  const others = [
    ...(foreign > 0 ? [`${foreign} of another user`] : []),
    ...(stuck > foreign ? [`${stuck - foreign} that cannot be ended from here`] : []),
  ]
  // What is of others is their business, and no problem here.
  if (left.length + starting + again === 0 && foreign > 0)
    return said(`Left alone: ${others.join(', ')}.`, 'yellow')
  if (left.length + starting + again === 0)
    return said(`Nothing more can be ended from here: ${stuck} left.`, 'yellow')
  const more = left.length - NAMED
  const all = [
    ...left.slice(0, NAMED).map((row) => named(row, row === told)),
    ...(more > 0 ? [`${more} more that ${more === 1 ? 'needs' : 'need'} a decision`] : []),
    ...(starting > 0 ? [`${starting} that may still be starting`] : []),
    ...(again > 0 ? [`${again} to look at again`] : []),
    ...others,
  ]
  const commands = hasCommands ? ' What to do about each is above.' : ''
  return said(`Not clean yet: ${left.length + rest.length} left: ${all.join(', ')}.${commands}`, 'yellow')
}

function named({ port, pid, skip_reason }: DoctorRecord, isTold: boolean): string {
  const who = port === null ? `process ${pid ?? 'unknown'}` : `port ${port}`
  return `${who} (${skip_reason ?? 'stale'}${isTold ? ', F-005' : ''})`
}
