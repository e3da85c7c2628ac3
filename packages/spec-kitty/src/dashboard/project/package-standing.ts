import type { WaitingPackage, WorkPackage } from '../api.js'
import { isAtWork } from './lane-columns.js'

/** Returns why a package waits for the user; null if it does not. */
export function whyWaiting(one: WorkPackage): WaitingPackage['why'] | null {
  const last = one.history.at(-1)
  const isHere = one.process?.liveness !== 'not_running_here'
  if (one.lane === 'for_review' || one.lane === 'blocked') return one.lane
  if (one.lane === 'in_review')
    return isHere && (one.agent !== null || last?.by != null) ? null : 'review_abandoned'
  if (last?.is_sent_back !== true) return null
  return one.process?.liveness === 'running' ? null : 'sent_back'
}

/**
 * Returns whether an agent is working on a package, in Doing or as its reviewer. An agent that is proven to be gone does
 * not count.
 */
export function isWorking(one: WorkPackage): boolean {
  return isAtWork(one.lane) && !isStalled(one) && whyWaiting(one) !== 'review_abandoned'
}

/**
 * Returns whether a package is in Doing while its process is not running here. A lack of recent events does not make a
 * package stalled.
 */
export function isStalled({ column, process }: WorkPackage): boolean {
  return column === 'doing' && process?.liveness === 'not_running_here'
}

/**
 * Returns why a package waits, according to the log since the package entered its lane. A review that sent the package
 * back may have given the reason shortly before that, but not before the review began. If there is only one review, it
 * counts even without a time.
 */
export function reasonOf({
  history,
  lane_since,
  review,
  sent_back,
}: Pick<WorkPackage, 'history' | 'lane_since' | 'review' | 'sent_back'>): string | null {
  const since = lane_since ?? ''
  const said = history.findLast(({ at, reason }) => at >= since && reason !== null)?.reason
  if (said != null || review === null) return said ?? null
  const isSentBack = history.at(-1)?.is_sent_back === true
  const began = isSentBack ? (history.at(-2)?.at ?? '') : since
  const isOfNow = review.at === null ? isSentBack && sent_back === 1 : review.at >= began
  return isOfNow ? review.reason : null
}
