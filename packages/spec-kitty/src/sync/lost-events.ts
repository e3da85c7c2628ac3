import { clockText } from 'familiar/cli'
import { counted } from './ages.js'
import { queuePath } from './queue/queue-path.js'
import { lostEvents, type LostEvents } from './queue/waiting-note.js'

/** Events that were lost with the file of their queue. */
export interface Lost {
  readonly text: string
  readonly events: number
}

/** The command after which a loss is no longer told. */
export const FORGET = 'spec-kitty sync queue drop --lost'

/** What can be done about a loss, before the command. */
export const PUT_BACK =
  'put a copy of that file back if you have one, or queue them again; to be told no longer'

/** Returns the events of a root that were lost with the file of its queue; null if none are known to be. */
export function lostIn(root: string): Lost | null {
  const path = queuePath(root)
  const found = lostEvents(path)
  return found === null ? null : { text: textOf(path, found), events: found.events }
}

/** Says what became of the events whose file was removed or emptied while no process had it open. */
function textOf(path: string, { events, seenAt, file }: LostEvents): string {
  const waited = `${counted(events, 'event')} waited${seenAt === null ? '' : ` at ${clockText(new Date(seenAt))}`}`
  const what = {
    missing: `the queue ${path} is not there any more`,
    empty: `the queue ${path} has 0 bytes now`,
    replaced: `the queue ${path} that had ${events === 1 ? 'it' : 'them'} was removed or emptied`,
  }[file]
  return `lost: ${waited}, and ${what}`
}
