import { objectOf } from 'familiar/cli'
import { endsReview, isAfterReview, type LaneMove } from './lane-history.js'
import { laneNamed } from './lane-columns.js'
import { actorText, nameOf, textIn } from './fact-values.js'
import type { Annotation } from './runtime-facts.js'

const MAX_REASON_CHARS = 2000
const MAX_LANE_CHARS = 200

/**
 * Returns the content of a log line about a lane change, except the package: who made the change, why, from which lane,
 * and who claimed the package with it. Omits values of an unusual form, on which nothing depends.
 */
export function readMove(
  value: Readonly<Record<string, unknown>>,
  { id, at, worktree }: Pick<LaneMove, 'id' | 'at' | 'worktree'>,
  lane: string,
): {
  readonly move: LaneMove
  readonly claim: Annotation | null
  /** The verdict of the review, in the form of an annotation. */
  readonly verdict: Annotation | null
} {
  const evidence = objectOf(objectOf(value['evidence'])?.['review'])
  const result = objectOf(value['review_result']) ?? evidence
  const from = textIn(value['from_lane'], MAX_LANE_CHARS)
  const claim = objectOf(value['policy_metadata'])
  // The repair of a log makes an actor that is an object into a text such as `reviewer`, and keeps the object here.
  const original = objectOf(claim?.['migration_original_actor'])
  const actor = nameOf(original) === null ? value['actor'] : original
  const move = {
    id,
    at,
    from: from === null ? null : laneNamed(from),
    lane: laneNamed(lane),
    by: nameOf(actor),
    actor: actorText(actor),
    reason: textIn(value['reason'], MAX_REASON_CHARS),
    verdict: textIn(result?.['verdict'], MAX_LANE_CHARS),
    is_forced: value['force'] === true,
    review_ref: textIn(value['review_ref'], MAX_LANE_CHARS),
    worktree,
  }
  const said = { event_id: id, at, actor }
  const isOver = move.verdict !== null || endsReview(move)
  // The event of a merge repeats the approval of the package. That counts only if no review recorded the approval.
  const isRepeated = evidence !== null && result === evidence && isAfterReview(move)
  return {
    move,
    // An orchestrator records the kind of agent that works for it.
    claim:
      claim === null
        ? null
        : { ...said, delta: { ...claim, agent: claim['agent'] ?? claim['agent_family'] } },
    // A review that ended without a verdict withdraws the previous verdict.
    verdict: isOver
      ? {
          ...said,
          at: isRepeated ? '' : at,
          delta: { review_result: move.verdict === null ? null : result },
        }
      : null,
  }
}
