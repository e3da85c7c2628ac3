import { objectOf } from 'familiar/cli'
import type { LaneMove } from './lane-history.js'
import { laneNamed } from './lanes.js'
import { nameOf, textIn, type Annotation } from './runtime-facts.js'

const MAX_REASON_CHARS = 2000
const MAX_LANE_CHARS = 200

/**
 * Returns what a line of the log says of a lane change besides its package: who, why, from where, and who claimed the package
 * with it. What is not of the usual form is left out: it decides nothing.
 */
export function readMove(
  value: Readonly<Record<string, unknown>>,
  { id, at }: { readonly id: string; readonly at: string },
  lane: string,
): {
  readonly move: Omit<LaneMove, 'worktree'>
  readonly claim: Annotation | null
  /** What its review said, as an annotation would say it. */
  readonly verdict: Annotation | null
} {
  const evidence = objectOf(objectOf(value['evidence'])?.['review'])
  const result = objectOf(value['review_result']) ?? evidence
  const from = textIn(value['from_lane'], MAX_LANE_CHARS)
  const move = {
    id,
    at,
    from: from === null ? null : laneNamed(from),
    lane: laneNamed(lane),
    by: nameOf(value['actor']),
    reason: textIn(value['reason'], MAX_REASON_CHARS),
    verdict: textIn(result?.['verdict'], MAX_LANE_CHARS),
    is_forced: value['force'] === true,
  }
  const claim = objectOf(value['policy_metadata'])
  const said = { event_id: id, at, actor: value['actor'] }
  return {
    move,
    claim: claim === null ? null : { ...said, delta: claim },
    verdict: move.verdict === null ? null : { ...said, delta: { review_result: result } },
  }
}
