import type { Actor, Cast } from './cast.js'
import type { Over } from './commands.js'
import { rulingsOf, type Doer } from './doer.js'
import type { Snapshot } from './snapshot.js'

/** Finds the processes that a command had to end but did not. */

/** Returns whether nothing else happened on the stage while the command ran. */
export function isAlone(doer: Doer, doers: readonly Doer[]): boolean {
  const { over, command } = doer
  if (over === null || command === null || command.isDisturbed) return false
  return doers.every(
    (other) =>
      other === doer ||
      other.command === null ||
      other.startedAt > over.at ||
      (other.over?.at ?? Number.POSITIVE_INFINITY) < doer.startedAt,
  )
}

/** Returns the processes that an undisturbed command had to end but that are still alive. */
export function leftBy(cast: Cast, doer: Doer, doers: readonly Doer[]): readonly Left[] {
  const { over, command, before, after } = doer
  if (over === null || command === null || !isAlone(doer, doers)) return []
  if (command.plan.killedAfterMs !== null || command.plan.liar !== null) return []
  return cast.actors.flatMap((actor): readonly Left[] => {
    const [was, is] = [before?.get(actor), after?.get(actor)]
    const isThere = was?.lives === true && is?.lives === true
    if (!isThere || actor.isDisturbed || actor.truths.length > 1 || isBesideBeyond(cast, actor)) return []
    if (isBesideDeadRecord(cast, actor, after)) return []
    const rulings = rulingsOf(doer, actor, over.at)
    const isLeft = rulings.length > 0 && rulings.every((ruling) => ruling === 'must end')
    const text = `${doer.name} left ${actor.name} (exit ${over.status}: ${brief(over.said)})`
    if (!isLeft) return []
    // A scan sees only processes that listen. A process that was signalled by an earlier command, or by the daemon that
    // it started, may have closed its port meanwhile, and hang.
    const isClosed = !(was.listens && is.listens) && actor.sockets.length > 0
    if (isClosed && isSignalledByOthers(actor, doer, doers)) return [{ text, forgiven: 'closed before' }]
    return [{ text, forgiven: doer.isBusy && isUnanswered(over, actor) ? 'busy' : null }]
  })
}

export interface Left {
  readonly text: string
  readonly forgiven: 'busy' | 'closed before' | null
}

/**
 * On a busy machine a healthy daemon may not answer within the half second that a scan waits, or may need longer to end
 * than a command waits. It is then left alive, and the report says so.
 */
function isUnanswered(over: Over, { port }: Actor): boolean {
  const isSkipped = rowsOf(over, 'skipped').some(
    (row) => row['port'] === port && row['skip_reason'] === 'unresponsive',
  )
  const isLate = rowsOf(over, 'failed').some(
    (row) =>
      row['port'] === port && /^(?:survived_kill|port_still_listening)$/.test(String(row['failure_reason'])),
  )
  return isSkipped || isLate
}

export function rowsOf({ document }: Over, list: string): readonly Readonly<Record<string, unknown>>[] {
  const result = (document?.['reset_result'] ?? document) as Readonly<Record<string, unknown>> | null
  return (result?.[list] ?? []) as readonly Readonly<Record<string, unknown>>[]
}

/**
 * Returns whether the scope has a daemon that is not fully visible from here, because other processes of that scope are
 * then spared.
 */
function isBesideBeyond({ actors }: Cast, { truths }: Actor): boolean {
  const { marker, environment, reported } = truths[0]?.truth ?? {}
  const named = new Set([marker ?? environment, reported])
  return actors.some(({ truths: others }) =>
    others.some(({ truth }) => truth.isBeyond && truth.singletonOf.some((scope) => named.has(scope))),
  )
}

/**
 * Returns whether a record of the dashboard's project names a process that does not live, or that is none of its daemons.
 * A clean-up ends a dashboard whose project is there only if the project has no record, or one that names another live
 * daemon (rule D13 of the specification).
 */
function isBesideDeadRecord({ actors }: Cast, actor: Actor, after: Snapshot | null): boolean {
  const project = actor.truths[0]?.truth.family === 'dashboard' ? actor.truths[0].truth.marker : null
  if (project === null) return false
  return actors.some((other) =>
    other.truths.some(({ truth }) => {
      const isDead = after?.get(other)?.lives !== true
      return truth.falselyNamedBy === project || (isDead && truth.singletonOf.includes(project))
    }),
  )
}

/** Returns whether another command or daemon has signalled a process with this pid. */
export function isSignalledByOthers({ pid }: Actor, doer: Doer, doers: readonly Doer[]): boolean {
  const others = doers.filter((other) => other !== doer)
  return others.some(({ trace }) => trace.sent.some(({ to, signal }) => to === pid && signal !== '0'))
}

export function brief(text: string): string {
  return text.replaceAll(/\s+/g, ' ').slice(0, 300)
}
