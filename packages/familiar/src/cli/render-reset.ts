import type { Words } from '../define/options.js'
import type { ResetResult } from '../doctor/reset-result.js'
import { paint, type Io, type Style } from './io.js'
import { endedBecause, failureText, pathText, reasonText } from './reason-text.js'
import { wrapWords } from './text-width.js'

type Terminal = Pick<Io, 'hasColor' | 'columns'>

/** Returns what a clean-up did with each process, and the numbers. */
export function renderReset(
  result: ResetResult,
  terminal: Terminal,
  { scope, reasonNames }: Pick<Words, 'scope'> & Partial<Pick<Words, 'reasonNames'>>,
  named: number | null = null,
): readonly string[] {
  const { swept, skipped, would_sweep, failed } = result
  const decidable = skipped.filter((entry) => entry.cleanup_class !== 'never_touch')
  const isTold = [...swept, ...skipped, ...would_sweep, ...failed].some(({ port }) => port === named)
  return [
    ...renderEnded(result, terminal, { scope }),
    ...skipped.flatMap((entry) =>
      entryLines(
        skipWord(entry),
        `${who(entry)}${because(skipText(entry.skip_reason, scope, reasonNames))}`,
        null,
        terminal,
      ),
    ),
    ...(named === null || isTold ? [] : [`port ${named}: nothing that can be seen from here listens on it`]),
    result.dry_run
      ? `dry run: would stop ${would_sweep.length} · would skip ${decidable.length}`
      : `swept: ${swept.length} · skipped: ${decidable.length} (operator_required) · failed: ${result.failed.length}`,
  ]
}

/** Returns a line for each process that was ended, would be, or could not be ended. */
export function renderEnded(
  { swept, failed, would_sweep }: ResetResult,
  terminal: Terminal,
  { scope }: Pick<Words, 'scope'>,
): readonly string[] {
  const why = ({ reason, package_version }: ResetResult['would_sweep'][number]): string =>
    because(endedBecause(reason, package_version, scope))
  return [
    ...would_sweep.flatMap((entry) => entryLines('would stop', `${who(entry)}${why(entry)}`, null, terminal)),
    ...swept.flatMap((entry) =>
      entryLines('stopped', `${who(entry, pathText(entry.cleanup_path))}${why(entry)}`, 'green', terminal),
    ),
    ...failed.flatMap((entry) =>
      entryLines('failed', `${who(entry)}${because(failureText(entry.failure_reason))}`, 'red', terminal),
    ),
  ]
}

/** Only the words that say what was done are coloured. */
function entryLines(done: string, text: string, style: Style | null, terminal: Terminal): readonly string[] {
  const room = terminal.columns === null ? null : terminal.columns - INDENT.length
  return wrapWords(`${done} ${text}`, room).map((line, index) => {
    if (index > 0) return `${INDENT}${line}`
    return style === null ? line : `${paint(terminal, style, done)}${line.slice(done.length)}`
  })
}

const INDENT = '  '

/** What is never touched needs no decision. */
function skipWord({ cleanup_class }: ResetResult['skipped'][number]): string {
  return cleanup_class === 'never_touch' ? 'left alone' : 'skipped'
}

function skipText(reason: string | null, scope: string, names: Words['reasonNames'] | undefined): string {
  return reason === null ? '' : reasonText(reason, scope, names)
}

function because(text: string): string {
  return text === '' ? '' : `: ${text}`
}

function who(entry: { readonly pid: number | null; readonly port: number | null }, path?: string): string {
  const at = `process ${entry.pid ?? 'unknown'}${path ?? ''}`
  return `port ${entry.port ?? 'none'} (${at})`
}
