import { lostText, putBackCommand, type LostFile } from './queue/lost-file.js'
import { queuePath } from './queue/queue-path.js'
import type { QueueProblem } from './read-queue.js'
import { NOW } from './why-daemon.js'

/** Returns what became of the file that the daemon has open, and the command that cures it. */
export function lostProblem(root: string, lost: LostFile): QueueProblem {
  const path = queuePath(root)
  const text = `${path} ${lostText(lost)}`
  if (lost.state === 'removed')
    return {
      problem: `${text}; the sync daemon still has it open, and writes its events into a new one`,
      isDamaged: false,
      command: `${NOW}  # sends them`,
    }
  return {
    problem: `${text}; the sync daemon still has it open, and sends nothing`,
    isDamaged: false,
    command: putBackCommand(path, lost),
  }
}
