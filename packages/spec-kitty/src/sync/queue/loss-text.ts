import { clockText } from 'familiar/cli'
import type { LostEvents } from './waiting-note.js'

/** Says what became of the events whose file was removed, moved or emptied while no process had it open. */
export function lossText(path: string, { waiting, rejected, seenAt, file }: LostEvents): string {
  const parts = [
    ...(waiting === 0 ? [] : [`${eventsText(waiting)} waited`]),
    ...(rejected === 0
      ? []
      : [`${eventsText(rejected)} that the server rejected ${rejected === 1 ? 'was' : 'were'} kept`]),
  ]
  const at = seenAt === null ? '' : ` at ${clockText(new Date(seenAt))}`
  const what = {
    missing: `the queue ${path} is not there any more`,
    empty: `the queue ${path} has 0 bytes now`,
    replaced: `the queue ${path} that had ${waiting + rejected === 1 ? 'it' : 'them'} was removed, moved or emptied`,
    damaged: `the queue ${path} that had ${waiting + rejected === 1 ? 'it was damaged: it was' : 'them was damaged: they were'} not saved`,
    various: `the queues at ${path} that had them were removed, moved, emptied or damaged`,
  }[file]
  return `lost: ${parts.join(' and ')}${at}, and ${what}`
}

function eventsText(count: number): string {
  return `${count} ${count === 1 ? 'event' : 'events'}`
}
