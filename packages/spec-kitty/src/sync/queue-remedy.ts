import { existsSync, lstatSync } from 'node:fs'
import { lostText, putBackCommand, type LostFile } from './queue/lost-file.js'
import { queuePath } from './queue/queue-path.js'
import type { QueueProblem } from './read-queue.js'
import { syncNow } from './why-daemon.js'

/**
 * Returns what became of the file that the daemon has open, and the command that cures it. Null if that file is the one at
 * the path: then it was put back, or the daemon was started for another home, which was moved here.
 */
export function lostProblem(root: string, lost: LostFile): QueueProblem | null {
  const path = queuePath(root)
  if (lost.movedTo !== null && isSameFile(lost.movedTo, path)) return null
  const text = `${path} ${lostText(lost)}`
  if (lost.state === 'removed')
    return {
      problem: `${text}; the sync daemon still has it open, and writes its events into a new one`,
      isDamaged: false,
      command: `${syncNow()}  # sends them`,
    }
  const since = existsSync(path) ? 'its events are not sent: another file is at that path' : 'sends nothing'
  return {
    problem: `${text}; the sync daemon still has it open, and ${since}`,
    isDamaged: false,
    command: putBackCommand(path, lost),
  }
}

function isSameFile(one: string, other: string): boolean {
  try {
    const [a, b] = [one, other].map((path) => lstatSync(path, { bigint: true }))
    return a?.ino === b?.ino && a?.dev === b?.dev
  } catch {
    return false
  }
}
