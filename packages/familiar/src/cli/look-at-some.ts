import { lookCommand } from '../observe/platform/look-command.js'

/**
 * Returns the command that shows these processes, or as many of them as fit into a line of the terminal (at least `least`), and
 * how many are left out.
 */
export function lookAtSome(
  pids: readonly number[],
  columns: number | null,
  least = 1,
): { readonly command: string; readonly more: number } {
  const first = (count: number): string => lookCommand(pids.slice(0, count))
  const last = pids.findLastIndex((_, index) => columns === null || first(index + 1).length <= columns)
  const count = Math.max(Math.min(least, pids.length), last + 1)
  return { command: first(count), more: Math.max(0, pids.length - count) }
}
