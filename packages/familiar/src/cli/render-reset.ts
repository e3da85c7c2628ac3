import type { Words } from '../define/options.js'
import type { ResetResult } from '../doctor/reset-result.js'
import { paint, type Io } from './io.js'
import { endedBecause, failureText, pathText, reasonText } from './reasons.js'

type Terminal = Pick<Io, 'hasColor'>

/** Returns what a clean-up did with each process, and the numbers. */
export function renderReset(
  result: ResetResult,
  terminal: Terminal,
  { scope }: Pick<Words, 'scope'>,
): readonly string[] {
  const { swept, skipped, would_sweep } = result
  return [
    ...renderEnded(result, terminal, { scope }),
    ...skipped.map((entry) => `skipped ${who(entry)}${because(skipText(entry.skip_reason, scope))}`),
    result.dry_run
      ? `dry run: would stop ${would_sweep.length} · would skip ${skipped.length}`
      : `swept: ${swept.length} · skipped: ${skipped.length} (operator_required) · failed: ${result.failed.length}`,
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
    ...would_sweep.map((entry) => `would stop ${who(entry)}${why(entry)}`),
    ...swept.map((entry) => {
      const at = who(entry, pathText(entry.cleanup_path))
      return `${paint(terminal, 'green', 'stopped')} ${at}${why(entry)}`
    }),
    ...failed.map((entry) =>
      paint(terminal, 'red', `failed ${who(entry)}${because(failureText(entry.failure_reason))}`),
    ),
  ]
}

function skipText(reason: string | null, scope: string): string {
  return reason === null ? '' : reasonText(reason, scope)
}

function because(text: string): string {
  return text === '' ? '' : `: ${text}`
}

function who(entry: { readonly pid: number | null; readonly port: number | null }, path?: string): string {
  const at = `process ${entry.pid ?? 'unknown'}${path === undefined ? '' : `, ${path}`}`
  return `port ${entry.port ?? 'none'} (${at})`
}
