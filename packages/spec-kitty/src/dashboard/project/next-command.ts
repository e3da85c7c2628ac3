import { shellQuote } from 'familiar/cli'
import type { WorkPackage } from '../api.js'

interface Standing extends Pick<WorkPackage, 'id' | 'lane' | 'lane_source' | 'document'> {
  /** Whether everything that the package depends on is known and approved or done. */
  readonly is_free: boolean
}

/** Returns the command that continues a package; null if there is none, for example because it is in work or waiting. */
export function commandFor(
  mission: string,
  { id, lane, lane_source, document, is_free }: Standing,
): string | null {
  if (lane === null) return document === null ? null : finaliseCommand(mission)
  if (lane_source !== 'events') return null
  if (lane === 'planned' || lane === 'blocked') return is_free ? agentCommand('implement', mission, id) : null
  return lane === 'for_review' ? agentCommand('review', mission, id) : null
}

/**
 * Returns the command that resumes the work, or the review, of an agent that left it; null if no event says in which lane
 * the package is.
 */
export function resumeCommand(
  mission: string,
  { id, lane, lane_source }: Pick<Standing, 'id' | 'lane' | 'lane_source'>,
): string | null {
  if (lane_source !== 'events') return null
  return agentCommand(lane === 'in_review' ? 'review' : 'implement', mission, id)
}

/** Returns the command that puts the packages of a mission on its board. */
export function finaliseCommand(mission: string): string {
  return `spec-kitty agent mission finalize-tasks --mission ${shellQuote(mission)}`
}

export function mergeCommand(mission: string): string {
  return `spec-kitty merge --mission ${shellQuote(mission)}`
}

function agentCommand(action: 'implement' | 'review', mission: string, id: string): string {
  return `spec-kitty agent action ${action} ${shellQuote(id)} --mission ${shellQuote(mission)}`
}
