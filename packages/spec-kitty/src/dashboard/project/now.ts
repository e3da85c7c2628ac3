import type {
  MissionReply,
  NowPackage,
  NowReply,
  Problem,
  ReadyPackage,
  WaitingPackage,
  WorkPackage,
} from '../api.js'
import { mergeCommand } from './next-command.js'
import { isEnded } from './mission-standing.js'
import { isFuture } from './timestamps.js'
import { isStalled, isWorking, reasonOf, whyWaiting } from './package-standing.js'

/** The maximum number of packages in one list. */
const MAX_LISTED = 500

/** The maximum number of packages that can be started. Users choose from fewer, but old missions may have hundreds. */
const MAX_READY = 50

/**
 * Returns what happens in the missions now, and what waits for the user. Merged and discarded missions are left out. `hidden`: why
 * there may be further missions.
 */
export function nowOf(all: readonly MissionReply[], hidden: readonly Problem[], at: Date): NowReply {
  const missions = all.filter(({ state }) => !isEnded(state))
  const working = packagesOf(missions, isWorking).map((here) => nowPackage(here))
  const stalled = packagesOf(missions, isStalled).map((here) => nowPackage(here))
  const waiting = packagesOf(missions, (one) => whyWaiting(one) !== null).flatMap((here) =>
    waitingPackage(here),
  )
  const approved = missions.filter(({ state, unreadable }) => state === 'approved' && unreadable.length === 0)
  const ready_to_merge = approved.map((mission) => ({
    mission: { id: mission.id, title: mission.title },
    since: lastOf(mission.work_packages.map(({ lane_since }) => lane_since)),
    command: mergeCommand(mission.id),
  }))
  const ready = missions.flatMap((mission) => readyIn(mission))
  const unreadable = [
    ...hidden.map((problem) => ({ mission: null, problem })),
    ...missions.flatMap((mission) => problemsOf(mission)),
  ]
  const decisions = missions
    .filter(({ section }) => section !== 'finished')
    .flatMap((one) => decisionsIn(one))
  return {
    generated_at: at.toISOString(),
    working: runningFirst(working),
    waiting: longestFirst(waiting),
    stalled: longestFirst(stalled),
    ready_to_start: ready.toSorted((one, other) => other.unblocks - one.unblocks).slice(0, MAX_READY),
    ready_to_merge: ready_to_merge.slice(0, MAX_LISTED),
    unreadable: unreadable.slice(0, MAX_LISTED),
    decisions: decisions.slice(0, MAX_LISTED),
    counts: {
      working: working.length,
      waiting: waiting.length,
      stalled: stalled.length,
      ready_to_start: ready.length,
      ready_to_merge: ready_to_merge.length,
      unreadable: unreadable.length,
      decisions: decisions.length,
    },
  }
}

/** Returns the packages that can be started. A package that a review sent back waits for the user instead. */
function readyIn(mission: MissionReply): readonly ReadyPackage[] {
  const ready = mission.work_packages.filter(
    (one) => one.is_ready && one.next_command !== null && whyWaiting(one) === null,
  )
  if (ready.length === 0) return []
  const needs = new Map<string, string[]>()
  for (const { id, waiting_for } of mission.work_packages)
    for (const need of waiting_for) needs.set(need, [...(needs.get(need) ?? []), id])
  return ready.map((one) => ({ ...nowPackage({ mission, one }), unblocks: countBehind(one.id, needs) }))
}

/** Returns how many packages wait for this one, directly or through others. */
function countBehind(id: string, needs: ReadonlyMap<string, readonly string[]>): number {
  const behind = new Set([id])
  for (const one of behind) for (const next of needs.get(one) ?? []) behind.add(next)
  return behind.size - 1
}

function decisionsIn({ id, title, open_decisions }: MissionReply): NowReply['decisions'] {
  return open_decisions.map((decision) => ({ mission: { id, title }, ...decision }))
}

function problemsOf({ id, title, unreadable }: MissionReply): NowReply['unreadable'] {
  return unreadable.map((problem) => ({ mission: { id, title }, problem }))
}

interface Here {
  readonly mission: MissionReply
  readonly one: WorkPackage
}

function packagesOf(
  missions: readonly MissionReply[],
  isWanted: (one: WorkPackage) => boolean,
): readonly Here[] {
  return missions.flatMap((mission) =>
    mission.work_packages.filter((one) => isWanted(one)).map((one) => ({ mission, one })),
  )
}

function nowPackage({ mission, one }: Here): NowPackage {
  const { id, title, lane, agent, assignee, model, role, profile, lane_since } = one
  const { subtasks_done, subtasks_total, sent_back, process, next_command, worktree } = one
  const { lane_doubt, not_ready_because, last_event_at } = one
  return {
    mission: { id: mission.id, title: mission.title },
    id,
    title,
    lane: lane ?? '',
    agent,
    assignee,
    model,
    role,
    profile,
    lane_since,
    subtasks_done,
    subtasks_total,
    sent_back,
    process,
    next_command,
    worktree,
    lane_doubt,
    not_ready_because,
    last_event_at,
  }
}

function waitingPackage(here: Here): readonly WaitingPackage[] {
  const why = whyWaiting(here.one)
  return why === null ? [] : [{ ...nowPackage(here), why, reason: reasonOf(here.one) }]
}

/** Sorts by the time in the lane, the longest first. Packages whose time is unknown come last. */
function byLaneTime<T extends Pick<NowPackage, 'lane_since' | 'id' | 'mission'>>(
  packages: readonly T[],
): readonly T[] {
  const keyOf = ({ lane_since, mission, id }: T): string => [lane_since ?? '~', mission.id, id].join('\0')
  return packages.toSorted((one, other) => (keyOf(one) < keyOf(other) ? -1 : 1))
}

function longestFirst<T extends NowPackage>(packages: readonly T[]): readonly T[] {
  return byLaneTime(packages).slice(0, MAX_LISTED)
}

/** Sorts by whether the process runs, then by the newest event: what is alive comes before what was forgotten. */
function runningFirst(packages: readonly NowPackage[]): readonly NowPackage[] {
  return byLaneTime(packages)
    .toSorted(
      (one, other) =>
        Number(isRunning(other)) - Number(isRunning(one)) || compare(lastTimeOf(other), lastTimeOf(one)),
    )
    .slice(0, MAX_LISTED)
}

function isRunning({ process }: NowPackage): boolean {
  return process?.liveness === 'running'
}

/** Returns the time of the newest event. One in the future is no sign that anybody is at work now. */
function lastTimeOf({ last_event_at, lane_since }: NowPackage): string {
  return [last_event_at, lane_since].find((time) => time !== null && !isFuture(time)) ?? ''
}

function compare(one: string, other: string): number {
  return one === other ? 0 : one < other ? -1 : 1
}

function lastOf(times: readonly (string | null)[]): string | null {
  return (
    times
      .filter((time) => time !== null)
      .toSorted()
      .at(-1) ?? null
  )
}
