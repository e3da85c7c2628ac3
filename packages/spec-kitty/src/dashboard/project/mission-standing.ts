import type { MissionReply, MissionSection, MissionState, WorkPackage } from '../api.js'
import { isConflictText } from './id-conflicts.js'
import { finaliseCommand, mergeCommand, resumeCommand } from './next-command.js'
import { columnOf, isAtWork, isLane, isSatisfied } from './lane-columns.js'
import type { MissionRead } from './mission.js'
import { EVENTS, META } from './project-paths.js'
import { judge, pidToLookAt, type ProcessStarts } from './judge-agents.js'
import { isStalled, isWorking, whyWaiting } from './package-standing.js'

/** Returns the pids that must be checked to find out which agents of a mission are running. */
export function pidsOf({ work_packages, counts, lanes }: MissionRead): readonly number[] {
  if (counts.doing === 0 && lanes.in_review === undefined) return []
  return work_packages.flatMap(({ process }) => pidToLookAt(process) ?? [])
}

/** The last result for a mission, kept until the mission is read again, because most missions have no process that may end. */
const standings = new WeakMap<MissionRead, { readonly starts: string; readonly reply: MissionReply }>()

/** Returns a mission with all members that depend on which of its processes are running. */
export function standingOf(mission: MissionRead, starts: ProcessStarts): MissionReply {
  const known = standings.get(mission)
  const own = pidsOf(mission)
    .map((pid) => String(starts === null ? 'unread' : starts.get(pid)))
    .join(' ')
  if (known?.starts === own) return known.reply
  const reply = judgedBy(mission, starts)
  standings.set(mission, { starts: own, reply })
  return reply
}

function judgedBy(mission: MissionRead, starts: ProcessStarts): MissionReply {
  // An unread part of the log may say that the work goes on, and an unread `meta.json` that the mission is over.
  const isRead = mission.unreadable.length === 0
  const work_packages = mission.work_packages
    .map((one) => (one.process === null ? one : { ...one, process: judge(one.process, starts) }))
    .map((one) => (isRead ? withResumption(mission.id, one) : one))
  const waiting = work_packages.filter((one) => whyWaiting(one) !== null).length
  const stalled_count = work_packages.filter((one) => isStalled(one)).length
  const { decision_count } = mission
  const state = stateOf({ ...mission, work_packages, waiting_count: waiting + decision_count })
  const waiting_count = isEnded(state) ? 0 : waiting
  return {
    ...mission,
    work_packages: isEnded(state) ? work_packages.map((one) => withNothingToDo(one)) : work_packages,
    waiting_count,
    stalled_count: isEnded(state) ? 0 : stalled_count,
    state,
    section: SECTIONS[state],
    state_words: wordsOf(state, { ...mission, work_packages }, waiting_count + decision_count),
    next_command: nextCommand(mission, state),
  }
}

/** Takes away what can be done about a package whose mission is over. */
function withNothingToDo(one: WorkPackage): WorkPackage {
  if (!one.is_ready && one.next_command === null && one.not_ready_because === null) return one
  return { ...one, is_ready: false, next_command: null, not_ready_because: null }
}

/** Adds the command that resumes the work of an agent that is gone. */
function withResumption(mission: string, one: WorkPackage): WorkPackage {
  const isLeft = isStalled(one) || whyWaiting(one) === 'review_abandoned'
  return isLeft ? { ...one, next_command: resumeCommand(mission, one) } : one
}

/** Returns whether nothing in a mission waits for the user, whatever the lanes of its packages are. */
export function isEnded(state: MissionState): boolean {
  return state === 'merged' || state === 'discarded'
}

const SECTIONS: Readonly<Record<MissionState, MissionSection>> = {
  discarded: 'finished',
  merged: 'finished',
  done: 'finished',
  canceled: 'finished',
  approved: 'waiting',
  waiting: 'waiting',
  working: 'active',
  unreadable: 'active',
  not_finalised: 'active',
  empty: 'active',
  planned: 'active',
  idle: 'active',
}

function stateOf({
  merge_commit,
  merged_at,
  discarded_at,
  work_packages: packages,
  waiting_count,
  unreadable,
}: MissionRead & Pick<MissionReply, 'waiting_count'>): MissionState {
  if (discarded_at !== null) return 'discarded'
  const isMerged = (merge_commit ?? merged_at) !== null
  if (isMerged && !packages.some((one) => isTakenUpAgain(one, merged_at))) return 'merged'
  const isInWork = packages.some(({ lane }) => isInWorkOrReview(lane))
  const shown = packages.filter(({ lane }) => lane !== 'genesis')
  const rest = shown.filter(({ lane }) => !isOver(lane))
  const isUnread = unreadable.some(({ path }) => !path.endsWith(META))
  if (isUnread) return waiting_count > 0 ? 'waiting' : isInWork ? 'working' : 'unreadable'
  if (shown.length > 0 && rest.length === 0)
    return shown.some(({ lane }) => lane === 'done') ? 'done' : 'canceled'
  // Packages in `genesis` are not on the board yet, and their work is not done.
  if (shown.length > 0 && packages.every(({ lane }) => isOver(lane) || isSatisfied(lane))) return 'approved'
  if (waiting_count > 0) return 'waiting'
  if (isInWork) return 'working'
  if (packages.length === 0) return 'empty'
  if (packages.some((one) => hasBegun(one))) return 'idle'
  return packages.every(({ column }) => column === null) ? 'not_finalised' : 'planned'
}

/**
 * Returns whether a package is in work or in review because someone took it up again after the merge of its mission: by
 * the time of the merge or, if `meta.json` does not say it, because the package was done before. Nothing moves a package
 * that was forgotten in its lane when the mission was merged, so it does not count.
 */
function isTakenUpAgain({ lane, updated_at, history }: WorkPackage, merged_at: string | null): boolean {
  if (!isInWorkOrReview(lane)) return false
  return merged_at === null
    ? history.some(({ from, to }) => from === 'done' || to === 'done')
    : updated_at !== null && updated_at > endOf(merged_at)
}

/** Returns the time before which a merge happened. A date without a time means some time on that day. */
function endOf(merged_at: string): string {
  return merged_at.endsWith(MIDNIGHT) ? merged_at.replace(MIDNIGHT, 'T24') : merged_at
}

const MIDNIGHT = 'T00:00:00.000Z'

function isInWorkOrReview(lane: string | null): boolean {
  return isAtWork(lane) || lane === 'for_review'
}

/** A canceled package says nothing about whether the work on others has begun. */
function hasBegun({ lane, history }: WorkPackage): boolean {
  const isUnknown = lane !== null && !isLane(lane)
  return isSatisfied(lane) || isUnknown || history.some(({ to }) => columnOf(to) === 'doing')
}

function isOver(lane: string | null): boolean {
  return lane === 'done' || lane === 'canceled'
}

function wordsOf(
  state: MissionState,
  { work_packages: packages, unreadable }: Pick<MissionRead, 'work_packages' | 'unreadable'>,
  waiting: number,
): string {
  const isMergeKnown = !unreadable.some(({ path }) => path.endsWith(META))
  const ofLog = unreadable.filter(({ path }) => path.endsWith(EVENTS))
  const isContradiction = ofLog.length > 0 && unreadable.every(({ what }) => isConflictText(what))
  // A stalled package that a review sent back is already waiting, so it counts only once.
  const stalled = packages.filter((one) => isStalled(one) && whyWaiting(one) === null).length
  const canceled = packages.filter(({ lane }) => lane === 'canceled').length
  const done = packages.filter(({ lane }) => lane === 'done').length
  const ready = packages.filter(({ is_ready }) => is_ready).length
  const left = packages.filter(({ lane }) => !isOver(lane) && !isSatisfied(lane)).length
  const working = packages.filter((one) => isWorking(one)).length
  const withStalled = (...words: readonly string[]) =>
    [...words, ...(stalled > 0 ? [`${stalled} stalled`] : [])].join(', ')
  const words: Readonly<Record<MissionState, string>> = {
    discarded: 'discarded',
    merged: 'merged',
    done: canceled === 0 ? 'done' : `${done} done, ${canceled} canceled`,
    canceled: 'canceled',
    approved: isMergeKnown ? 'approved, waiting for merge' : 'approved, meta.json cannot be read',
    waiting: withStalled(waiting === 1 ? '1 waits for you' : `${waiting} wait for you`),
    working: withStalled(...(working > 0 ? [`${working} in work`] : [])),
    unreadable: isContradiction
      ? 'its log contradicts itself'
      : ofLog.length === 0
        ? 'not all of it can be read'
        : ofLog.every(({ what }) => isFutureText(what))
          ? 'its log has events in the future'
          : packages.some(({ lane_source }) => lane_source === 'events')
            ? 'not all of its log can be read'
            : 'its log cannot be read',
    not_finalised: 'not finalised',
    empty: 'no work packages yet',
    planned: 'planned',
    idle: ready > 0 ? `${ready} ready` : `${left} left`,
  }
  return words[state]
}

/** Returns whether a problem is about the time of a line. */
function isFutureText(what: string): boolean {
  return what.endsWith(' in the future')
}

/** Without `meta.json`, it is unknown whether the mission is merged, so no command is suggested. */
function nextCommand(
  { id, work_packages, not_finalised, unreadable }: MissionRead,
  state: MissionState,
): string | null {
  if (unreadable.length > 0) return null
  if (state === 'approved') return mergeCommand(id)
  const isOpen =
    not_finalised > 0 && work_packages.some(({ lane, document }) => lane === null && document !== null)
  return isOpen && !isEnded(state) ? finaliseCommand(id) : null
}
