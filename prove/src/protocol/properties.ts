/**
 * What must hold: of every state (`wrongState`), of single effects, and of the end of a schedule. Each function returns which
 * property is violated, in words, or null. The machine and the explorer ask them at every move; they change nothing.
 */
import type { Plain, RecordView } from './effects.js'
import type { Actor, World } from './world.js'

/** The stop reasons of a daemon that retired: a daemon of any version may follow it. */
const RETIRED: ReadonlySet<string | null> = new Set(['idle', 'installation_changed', 'scope_gone'])

/** Never two daemons: at most one of a scope is recorded and listens. */
export function wrongState({ actors }: World): string | null {
  const serving = actors.filter(
    ({ kind, life, port, isRecorded }) => kind === 'daemon' && life === 'runs' && port > 0 && isRecorded,
  )
  if (serving.length > 1) return `daemons ${serving.map(({ pid }) => pid).join(' and ')} serve at once`
  return null
}

/** A client starts at most one daemon, and none beside one that it could use, unless something was late or crashed. */
export function wrongSpawn({ actors, isCalm }: World, client: Actor): string | null {
  if (actors[client.partner]?.life !== 'none') return 'a client started two daemons'
  const other = actors.find(
    ({ kind, life, hasEnded, version }) =>
      kind === 'daemon' && life === 'runs' && !hasEnded && version >= client.version,
  )
  return isCalm && other !== undefined ? `a daemon was started beside daemon ${other.pid}` : null
}

/**
 * A daemon writes its record only after its starter has adopted it. It follows `old` only if that is of an older version or
 * retired, unless something was late or crashed.
 */
export function wrongWrite(
  { isCalm }: World,
  { pid, version, isGivenAway }: Actor,
  old: RecordView | null,
): string | null {
  if (!isGivenAway) return `daemon ${pid} wrote its record before it was adopted`
  const isLeft = old?.state === 'stopped' && RETIRED.has(old.reason)
  if (isCalm && old !== null && !isLeft && old.version >= version)
    return `version ${version} followed version ${old.version}`
  return null
}

/** No other daemon takes the record of one that holds its lock. */
export function wrongMark({ pid }: Actor, reason: Plain | undefined): string | null {
  return reason === 'superseded' ? `daemon ${pid} was superseded, although it holds its lock` : null
}

/** A client ends only a daemon that is older than itself, or its own that no client was given. */
export function wrongEnding(world: World, by: number, daemon: Actor, how: string): string | null {
  const client = world.actors[by] as Actor
  if (daemon.isReused) return `a process that is no daemon got ${how}`
  const isOwnUnready = daemon.partner === by && !daemon.isGivenAway
  if (daemon.version < client.version || isOwnUnready) return null
  return `a client of version ${client.version} ended a daemon of version ${daemon.version} (${how})`
}

/** A client ends with an adopted daemon of its version or a newer one; with an error of a known code, if it had to fail. */
export function wrongOutcome({ actors, isCalm }: World, { outcome, version }: Actor): string | null {
  const [what, which] = outcome.split(' ')
  if (what === 'error' && !/^error E_[A-Z_]+$/.test(outcome)) return `an error without a type: ${outcome}`
  if (what === 'error') return isCalm ? `a client ended with ${which ?? ''}, and nothing had happened` : null
  const daemon = actors.find(({ kind, pid }) => kind === 'daemon' && pid === Number(which))
  if (daemon?.isRecorded !== true) return `a client uses daemon ${which ?? ''}, which was not adopted`
  if (daemon.version < version) return `a client of version ${version} uses one of version ${daemon.version}`
  return null
}

/** A wait times out only if something was late or crashed. */
export function wrongTimeout({ isCalm, lates }: World): string | null {
  return isCalm && lates === 0 ? 'everyone waits, and nothing had happened' : null
}

/** When no move is possible any more, every client has ended. */
export function wrongStandstill({ actors }: World): string | null {
  return actors.some(({ kind, life }) => kind === 'client' && life === 'runs')
    ? 'a client waits for ever'
    : null
}
