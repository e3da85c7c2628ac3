import type { AgentProcess, NowPackage, NowReply, WaitingPackage } from '../api.js'
import { formatCount } from './format.js'
import { keyOf } from './newly-waiting.js'

type Liveness = AgentProcess['liveness']

export const LIVENESS: Readonly<Record<Liveness, { readonly name: string; readonly meaning: string }>> = {
  running: {
    name: 'Running',
    meaning:
      'The process that the log names lives on this machine: its number and its start time are the same.',
  },
  not_running_here: {
    name: 'Not running here',
    meaning:
      'No process on this machine has that number and start time. It has ended, or it runs on another machine or in a container.',
  },
  unknown: {
    name: 'Unknown',
    meaning:
      'The log names no process or no start time, or this system does not tell. Silence is never taken for an end.',
  },
}

const REASONS: Readonly<Record<WaitingPackage['why'], string>> = {
  for_review: 'For review',
  review_abandoned: 'Review left',
  blocked: 'Blocked',
  sent_back: 'Sent back',
}

/** Returns two words for why a package waits for the reader. */
export function waitingWord(why: string): string {
  return Object.hasOwn(REASONS, why) ? REASONS[why as WaitingPackage['why']] : why
}

/**
 * Returns the reply with each package only once. A package that was sent back is also in Doing, and its process may be
 * stalled. It is then listed only among the waiting ones, with the word about its process.
 */
export function oncePerPackage(reply: NowReply): NowReply {
  const waiting = new Set(reply.waiting.map(({ mission, id }) => keyOf({ mission, id })))
  const others = (list: readonly NowPackage[]) =>
    list.filter(({ mission, id }) => !waiting.has(keyOf({ mission, id })))
  const [working, stalled] = [others(reply.working), others(reply.stalled)]
  const counts = {
    ...reply.counts,
    working: reply.counts.working - (reply.working.length - working.length),
    stalled: reply.counts.stalled - (reply.stalled.length - stalled.length),
  }
  return { ...reply, working, stalled, counts }
}

/** Returns in words how many of those at work are proven to be running; empty if all are, or if not all are listed. */
function provenWords({ working, counts }: NowReply): string {
  const running = working.filter(({ process }) => process?.liveness === 'running').length
  if (working.length < counts.working || running === working.length) return ''
  return ` (${running === 0 ? 'none' : running} proven to run)`
}

/** Returns a summary in one line: `3 wait for you, 1 stalled, 2 at work (1 proven to run)`. */
export function summariseNow(reply: NowReply): string {
  const { counts } = reply
  const waiting = counts.waiting + counts.decisions
  const parts = [
    waiting > 0 && `${waiting} ${waiting === 1 ? 'waits' : 'wait'} for you`,
    counts.stalled > 0 && `${counts.stalled} stalled`,
    counts.working > 0 && `${counts.working} at work${provenWords(reply)}`,
    counts.ready_to_start > 0 && `${counts.ready_to_start} ready to start`,
    counts.ready_to_merge > 0 && `${formatCount(counts.ready_to_merge, 'mission')} to merge`,
    counts.unreadable > 0 && `${formatCount(counts.unreadable, 'file')} not readable`,
  ]
  return parts.filter((part) => part !== false).join(', ')
}
