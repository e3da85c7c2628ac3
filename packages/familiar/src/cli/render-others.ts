import { isToWaitFor, needsDecision, type DoctorRecord } from '../doctor/choose-remedy.js'
import type { Tool } from '../doctor/identity-record.js'
import type { Io } from './io.js'
import { renderDecisions } from './render-decisions.js'

/** Returns how many of the processes there are of each kind: `1 needs a decision, 4 may still be starting`. */
export function countOthers(others: readonly DoctorRecord[], { words }: Tool): string {
  const stale = others.filter(({ cleanup_class }) => cleanup_class === 'safe_auto').length
  const open = others.filter((record) => needsDecision(record, words)).length
  const starting = others.filter((record) => isToWaitFor(record, words)).length
  const rest = others.length - stale - open - starting
  return [
    ...(stale > 0 ? [`${stale} can be ended on other ports`] : []),
    ...(open > 0 ? [`${open} ${open === 1 ? 'needs' : 'need'} a decision`] : []),
    ...(starting > 0 ? [`${starting} may still be starting`] : []),
    ...(rest > 0 ? [`${rest} ${rest === 1 ? 'is' : 'are'} left alone`] : []),
  ].join(', ')
}

/** Returns the processes that are left, with their commands, after an empty line; nothing if none is left. */
export function leftAfter(others: readonly DoctorRecord[], tool: Tool, io: Io): readonly string[] {
  const lines = renderDecisions({ orphans: others }, io, tool.words)
  return lines.length === 0 ? [] : ['', ...lines]
}
