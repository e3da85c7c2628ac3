import { note, warn, type Io } from 'familiar/cli'
import { inHome } from '../cli/in-home.js'
import { syncDaemon } from '../daemons/define-daemons.js'
import { lossText } from './queue/loss-text.js'
import { queuePath } from './queue/queue-path.js'
import { lostEvents, lostFrom, mayBeLost, type LostEvents } from './queue/waiting-note.js'
import { knownReport, type KnownReport } from './work-report.js'

/** Events that were lost with the file of their queue. */
export interface Lost {
  readonly text: string
  /** How many, with those that the server had rejected. */
  readonly events: number
  /** Whether they may be in a file that can still be read. */
  readonly isSavable: boolean
}

/** The command that saves what is in the file of a lost queue, or in a copy of it. */
export const saveLost = (): string => inHome`spec-kitty sync queue --export FILE --from COPY`

/** The command after which a loss is no longer told. It is the last one that is proposed, because it hides the loss. */
export const forgetLost = (): string => inHome`spec-kitty sync queue drop --lost`

/** What is said before each of these commands. */
const SAVE_FIRST = 'if you have that file or a copy of it, save its events:'
const FORGET_LAST = 'then, or if you have none, to be told no longer:'
const FORGET_ONLY = 'to be told no longer:'

/** Returns the commands for a loss, each after what is said before it. */
export function remediesOf({ isSavable }: Pick<Lost, 'isSavable'>): readonly (readonly [string, string])[] {
  return isSavable
    ? [
        [SAVE_FIRST, saveLost()],
        [FORGET_LAST, forgetLost()],
      ]
    : [[FORGET_ONLY, forgetLost()]]
}

/**
 * Returns the events of a root that were lost with the file of its queue; null if none are known to be. What a daemon has
 * open (`queueLost`) is not lost: it writes or sends it. Neither is what is in the queue again. Changes nothing. `seen`: what
 * was found in the queue, which is not opened again; without it, the queue could not be read, and says nothing.
 */
export function lostIn(
  root: string,
  { queueLost }: Pick<KnownReport, 'queueLost'>,
  seen: LostEvents | null | undefined,
): Lost | null {
  if (queueLost !== null) return null
  const path = queuePath(root)
  const found = seen === undefined ? lostEvents(path) : seen
  if (found === null) return null
  const { waiting, rejected, isRestSaved } = found
  return { text: lossText(path, found), events: waiting + rejected, isSavable: isRestSaved !== true }
}

/** Like `lostIn`. Opens the queue and asks the daemon, if there is anything to ask. */
export async function lostNow(root: string): Promise<Lost | null> {
  if (!mayBeLost(queuePath(root)) || (await withoutThoseBack(queuePath(root))) === null) return null
  const { report } = await syncDaemon.at(root).status()
  return lostIn(root, knownReport(report?.details ?? null), await withoutThoseBack(queuePath(root)))
}

async function withoutThoseBack(path: string): Promise<LostEvents | null> {
  try {
    const { openQueueToLook, LOCK_PROBE_MS } = await import('./queue/open-queue.js')
    const queue = await openQueueToLook(path, LOCK_PROBE_MS)
    try {
      return lostFrom(queue, path)
    } finally {
      queue?.[Symbol.dispose]()
    }
  } catch {
    return lostEvents(path)
  }
}

/**
 * Prints a loss that a command has just noticed. The daemon may have the file open and write its events anew, so it is
 * asked first. Never throws, because what the command had to do is done.
 */
export async function tellLoss(root: string, io: Pick<Io, 'env' | 'err'>): Promise<void> {
  try {
    const lost = await lostNow(root)
    if (lost !== null) printLoss(lost, io)
  } catch {}
}

export function printLoss(lost: Lost, io: Pick<Io, 'env' | 'err'>): void {
  warn(io, lost.text)
  for (const [text, command] of remediesOf(lost)) note(io, `${text} ${command}`)
}
