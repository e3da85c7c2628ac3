import { textOf, type Plain } from './effects.js'
import { wrongEnding, wrongMark, wrongSpawn, wrongWrite } from './properties.js'
import { end, hold, holderOf, sightOf, type Actor, type World } from './world.js'

/** Changes the world according to the effect of an actor. Returns the property that this violates; null if none. */
export function applyEffect(
  world: World,
  index: number,
  name: string,
  args: readonly Plain[],
  result: Plain,
): string | null {
  const { locks, actors } = world
  const actor = actors[index] as Actor
  switch (name) {
    case 'lock.try':
      if (result === true) {
        hold(locks, args[0], index)
        if (args[0] === 'daemon') locks.isProbe = args[1] === 'probe'
      } else if (args[0] === 'daemon' && locks.isProbe) actor.isMisled = true
      return null
    case 'lock.take':
      hold(locks, args[0], index)
      return null
    case 'lock.close':
      if (holderOf(locks, args[0]) === index) hold(locks, args[0], -1)
      return null
    case 'record.write': {
      const { pid, version } = actor
      const old = world.record
      world.record = { pid, port: Number(args[1]), version, state: 'running', reason: null }
      actor.isRecorded = true
      return wrongWrite(world, actor, old)
    }
    case 'record.mark': {
      const wrong = wrongMark(actor, args[1])
      if (wrong === null && result === true && world.record !== null)
        world.record = { ...world.record, state: 'stopped', reason: textOf(args[1]) }
      return wrong
    }
    case 'spawn': {
      const daemon = actors[actor.partner] as Actor
      const wrong = wrongSpawn(world, actor)
      if (daemon.life !== 'none') return wrong
      daemon.life = 'runs'
      daemon.isPipeOpen = true
      actor.isPipeOpen = true
      return wrong
    }
    case 'pipe.send': {
      const peer = actors[actor.partner]
      if (peer?.life === 'runs' && peer.isPipeOpen) peer.unread = [...peer.unread, textOf(args[0])]
      if (args[0] === 'adopt' && peer !== undefined) peer.isGivenAway = true
      return null
    }
    case 'pipe.receive':
      if (result !== null) actor.unread = actor.unread.slice(1)
      if (result === 'adopt') actor.isAdopted = true
      return null
    case 'pipe.close':
      actor.isPipeOpen = false
      return null
    case 'bind':
      actor.port = Number(result)
      return null
    case 'unlisten':
      actor.port = 0
      return null
    case 'exit':
      end(world, index, 'over')
      return null
    case 'idle':
      if (result !== 'tick') actor.inbox = actor.inbox.slice(1)
      return null
    case 'sleep':
      actor.isMisled = false
      actor.seen = sightOf(world)
      return null
    case 'shutdown':
      return result === 202 ? leave(world, index, args[0], 'shutdown') : null
    case 'kill':
      return result === 'sent' ? leave(world, index, args[0], textOf(args[1])) : null
    default:
      return null
  }
}

/** A daemon is told to exit, or killed. */
function leave(world: World, by: number, pid: Plain | undefined, how: string): string | null {
  const index = world.actors.findIndex((one) => one.kind === 'daemon' && one.pid === pid)
  const daemon = world.actors[index] as Actor
  const wrong = wrongEnding(world, by, daemon, how)
  if (daemon.isReused) return wrong
  if (how === 'SIGKILL' || (how === 'SIGTERM' && !daemon.isAdopted)) end(world, index, 'killed')
  else if (!daemon.inbox.includes(how)) daemon.inbox = [...daemon.inbox, how]
  daemon.hasEnded = true
  return wrong
}
