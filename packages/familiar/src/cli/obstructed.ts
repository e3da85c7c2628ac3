import type { Obstacle } from '../doctor/remedy.js'
import { FamiliarError } from '../errors.js'

/** The errors of a clean-up that cannot take its lock: an obstacle says better why. */
const WITHOUT_LOCK: ReadonlySet<string> = new Set([
  'E_LOCK_UNAVAILABLE',
  'E_SCOPE_FOREIGN_OWNER',
  'E_SCOPE_UNUSABLE',
])

/** Returns the error of a clean-up, with the finding that says what to do where an obstacle was in its way. */
export function asObstructed(error: unknown, obstacle: Obstacle | null, explain: string): unknown {
  if (obstacle === null || !(error instanceof FamiliarError) || !WITHOUT_LOCK.has(error.code)) return error
  return obstructedError(obstacle, explain, error)
}

/** Returns the error of a clean-up that an obstacle is in the way of. `error`: what it failed with; none if it was not tried. */
export function obstructedError(
  { id, problem }: Obstacle,
  explain: string,
  error: FamiliarError | null = null,
): FamiliarError {
  return new FamiliarError(
    error?.code ?? 'E_LOCK_UNAVAILABLE',
    `nothing can be ended from here: ${problem} (${id})`,
    { hint: `${explain} ${id}`, ...(error === null ? {} : { cause: error }) },
  )
}
