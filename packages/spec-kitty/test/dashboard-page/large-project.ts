import type {
  MissionReply,
  MissionSummary,
  NowPackage,
  NowReply,
  WaitingPackage,
  WorkPackage,
} from '../../src/dashboard/api.js'
import { NOTHING_NOW } from './stand-in-server.js'

const SINCE = '2026-01-01T00:00:00Z'

/** A mission of a made-up project. */
export function summary(id: string, more: Partial<MissionSummary> = {}): MissionSummary {
  return {
    id,
    title: `Mission ${id}`,
    progress: 0.3,
    counts: { planned: 1, doing: 1, for_review: 0, approved: 0, done: 0 },
    not_finalised: 0,
    unknown_lanes: 0,
    unread_lanes: 0,
    lanes_in_doubt: 0,
    unreadable: [],
    updated_at: SINCE,
    updated_from: null,
    problem_count: 0,
    purpose: null,
    section: 'active',
    state: 'working',
    state_words: '1 in work',
    merge_commit: null,
    merged_at: null,
    discarded_at: null,
    lanes: { planned: 1, in_progress: 1 },
    agents: [],
    waiting_count: 0,
    stalled_count: 0,
    decision_count: 0,
    ...more,
  }
}

/** A package that is for review, with the command that reviews it. */
export function waitingPackage(id: string, mission: string): WaitingPackage {
  return {
    ...workingPackage(id, mission),
    lane: 'for_review',
    next_command: `spec-kitty agent action review ${id} --mission ${mission}`,
    why: 'for_review',
    reason: null,
  }
}

export function workingPackage(id: string, mission: string): NowPackage {
  return {
    mission: { id: mission, title: `Mission ${mission}` },
    id,
    title: `Title of ${id}`,
    lane: 'in_progress',
    agent: 'badger:large-1:implementer',
    assignee: null,
    model: null,
    role: null,
    profile: null,
    lane_since: SINCE,
    subtasks_done: 0,
    subtasks_total: 0,
    sent_back: 0,
    process: null,
    next_command: null,
    worktree: null,
    lane_doubt: null,
    not_ready_because: null,
    last_event_at: null,
  }
}

/** What happens now: as many packages wait as a screen does not hold, and one has stalled. */
export function busyNow(waiting = 40, stalled = 1): NowReply {
  return {
    ...NOTHING_NOW,
    waiting: Array.from({ length: waiting }, (_, at) => waitingPackage(`WP${at + 1}`, 'm0')),
    stalled: Array.from({ length: stalled }, (_, at) => workingPackage(`WP${at + 71}`, 'm0')),
    counts: { ...NOTHING_NOW.counts, waiting, stalled },
  }
}

function workPackage(id: string, more: Partial<WorkPackage> = {}): WorkPackage {
  return {
    ...waitingPackage(id, 'm0'),
    lane_source: 'events',
    is_lane_unread: false,
    column: 'for_review',
    dependencies: [],
    subtasks: [],
    subtask_states: [],
    phase: null,
    notes: [],
    review: null,
    review_result: null,
    front_matter_review: null,
    document: null,
    updated_at: null,
    history: [],
    history_omitted: 0,
    is_ready: false,
    waiting_for: [],
    ...more,
  }
}

/** The replies of a project with 120 missions, the first of which has forty packages for review. */
export function largeReplies(now: NowReply = busyNow()) {
  const missions = Array.from({ length: 120 }, (_, at) => summary(`m${at}`))
  const reply: MissionReply = {
    ...summary('m0'),
    work_packages: now.waiting.map(({ id }) => workPackage(id)),
    documents: [],
    worktrees: [],
    next_command: null,
    open_decisions: [],
    flow: { days: [], packages: [] },
    problems: [],
  }
  return new Map<string, unknown>([
    ['/api/now', now],
    ['/api/missions', { project: { name: 'p', path: '/p' }, charter: null, missions, problems: [] }],
    ...missions.map(({ id }) => [`/api/missions/${id}`, { ...reply, id }] as const),
  ])
}
