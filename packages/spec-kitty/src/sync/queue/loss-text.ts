import { clockText } from 'familiar/cli'
import type { LostEvents } from './waiting-note.js'

/** Says what became of the events whose file was removed, moved, emptied or replaced by an older copy while no process had it open. */
export function lossText(path: string, { waiting, rejected, seenAt, isAtMost, file }: LostEvents): string {
  const upTo = isAtMost === true ? 'up to ' : ''
  const parts = [
    ...(waiting === 0 ? [] : [`${upTo}${eventsText(waiting)} waited`]),
    ...(rejected === 0
      ? []
      : [`${upTo}${eventsText(rejected)} that the server rejected ${rejected === 1 ? 'was' : 'were'} kept`]),
  ]
  const at = seenAt === null ? '' : ` at ${clockText(new Date(seenAt))}`
  const them = waiting + rejected === 1 ? 'it' : 'them'
  const what = {
    missing: `the queue ${path} is not there any more`,
    empty: `the queue ${path} has 0 bytes now`,
    older: `the queue ${path} is an older copy, without ${them}`,
    replaced: `the queue ${path} that had ${them} was removed, moved, emptied or replaced by an older copy`,
    damaged: `the queue ${path} that had ${them} was damaged: ${waiting + rejected === 1 ? 'it was' : 'they were'} not saved`,
    various: `the queues at ${path} that had them were removed, moved, emptied, damaged or replaced by an older copy`,
  }[file]
  return `lost: ${parts.join(' and ')}${at}, and ${what}`
}

function eventsText(count: number): string {
  return `${count} ${count === 1 ? 'event' : 'events'}`
}
