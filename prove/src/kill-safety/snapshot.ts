import type { Actor, Cast } from './cast.js'
import { isAlive, listening } from './machine.js'

/** What the kernel says about an actor when a command begins and when it ends. */
export interface Seen {
  readonly lives: boolean
  readonly listens: boolean
}

export type Snapshot = ReadonlyMap<Actor, Seen>

export function snapshotOf({ actors }: Cast): Snapshot {
  const open = listening()
  return new Map(
    actors.map((actor) => [
      actor,
      { lives: isAlive(actor.pid, actor.ticks), listens: actor.sockets.some((inode) => open.has(inode)) },
    ]),
  )
}
