import type { CleanUpReport } from '../act/clean-up.js'
import { byHand } from '../observe/platform/look-command.js'
import type { Io } from './io.js'
import { wrapWords } from './text-width.js'

/**
 * Returns a line for each process that was to be ended, and was missing when the clean-up began to act: it ended, or it
 * closed its port and still runs, so that no later scan shows it.
 */
export function meanwhileLines(
  { missing }: Pick<CleanUpReport, 'missing'>,
  { columns }: Pick<Io, 'columns'>,
): readonly string[] {
  return missing.flatMap(({ candidate: { observation }, isGone }) => {
    const pid = observation.pid ?? 0
    const who = `port ${observation.port ?? 'none'} (process ${pid})`
    const text = isGone
      ? `gone ${who}: it ended meanwhile, by itself or by another command`
      : `left ${who}: it closed its port meanwhile and still runs; another command may be ending it. If it stays: ${byHand(pid)}`
    return wrapWords(text, columns).map((line, index) => (index === 0 ? line : `  ${line}`))
  })
}
