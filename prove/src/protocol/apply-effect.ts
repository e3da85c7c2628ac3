import { textOf, type Plain } from './effects.js'
import { end, hold, holderOf, sightOf, type Actor, type World } from './world.js'

/** The stop reasons of a daemon that retired. A daemon of any version may follow it. */
const RETIRED: ReadonlySet<string | null> = new Set(['idle', 'installation_changed', 'scope_gone'])

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
      if (!actor.isGivenAway) return `daemon ${pid} wrote its record before it was adopted`
      const isLeft = old?.state === 'stopped' && RETIRED.has(old.reason)
      if (world.isCalm && old !== null && !isLeft && old.version >= version)
        return `version ${version} followed version ${old.version}`
      return null
    }
    case 'record.mark':
      if (args[1] === 'superseded') return `daemon ${actor.pid} was superseded, although it holds its lock`
      if (result === true && world.record !== null)
        world.record = { ...world.record, state: 'stopped', reason: textOf(args[1]) }
      return null
    case 'spawn': {
      const daemon = actors[actor.partner] as Actor
      if (daemon.life !== 'none') return 'a client started two daemons'
      const other = actors.find(
        (one) =>
          one.kind === 'daemon' && one.life === 'runs' && !one.hasEnded && one.version >= actor.version,
      )
      daemon.life = 'runs'
      daemon.isPipeOpen = true
      actor.isPipeOpen = true
      return world.isCalm && other !== undefined ? `a daemon was started beside daemon ${other.pid}` : null
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

/**
 * A daemon is told to exit, or killed. Allowed only for an older daemon, or for the client's own if no client has been
 * given it.
 */
function leave(world: World, by: number, pid: Plain | undefined, how: string): string | null {
  const client = world.actors[by] as Actor
  const index = world.actors.findIndex((one) => one.kind === 'daemon' && one.pid === pid)
  const daemon = world.actors[index] as Actor
  if (daemon.isReused) return `a process that is no daemon got ${how}`
  const isOwnUnready = daemon.partner === by && !daemon.isGivenAway
  if (how === 'SIGKILL' || (how === 'SIGTERM' && !daemon.isAdopted)) end(world, index, 'killed')
  else if (!daemon.inbox.includes(how)) daemon.inbox = [...daemon.inbox, how]
  daemon.hasEnded = true
  if (daemon.version < client.version || isOwnUnready) return null
  return `a client of version ${client.version} ended a daemon of version ${daemon.version} (${how})`
}
