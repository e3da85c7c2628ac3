import type { Intent, Vantage } from './trial-plan.js'
import type { Truth } from './truth.js'

/**
 * What a command may end, written from docs/lifecycle.md (sections 3, 5, 7, 8 and 11) alone. It reads what the trial made,
 * not what a scan found, and shares nothing with the tables of the product.
 *
 * | kind                                               | look | reset, clean | force          | start            | stop       |
 * |----------------------------------------------------|------|--------------|----------------|------------------|------------|
 * | no daemon, another user's, beyond a namespace, part | live | live         | live           | live             | live       |
 * | singleton of another scope                          | live | live         | live           | live             | live       |
 * | singleton of this scope, answers                    | live | live         | live           | live, older: end | end        |
 * | singleton of this scope, does not answer            | live | live         | end            | live             | end        |
 * | stale, of this scope (clean: of any), all agree     | live | end          | end            | may end          | live       |
 * | the same, of the predecessor, younger than 30 s     | live | live         | end            | live             | live       |
 * | stale, anything missing or of another root          | live | live         | end            | live             | live       |
 *
 * "May end" is only where the text leaves it to what the trial does not model: a daemon of the predecessor that is on record
 * is stopped and replaced only where we have no record (section 1); a start ends stale siblings when its daemon comes to it
 * (C6); a process that is odd (see Truth).
 */
export type Ruling = 'must end' | 'may end' | 'must live'

export interface Asked {
  readonly intent: Intent
  /** The real path of the command's scope. */
  readonly scope: string
  readonly vantage: Vantage
  /** Limits the command to processes that listen on this port. */
  readonly port: number | null
}

/** What a command is asked to do with the processes of one family. */
type Verb = 'look' | 'clean' | 'force' | 'start' | 'stop' | 'restart' | 'hook'

const VERBS: Readonly<Record<Intent, { readonly verb: Verb; readonly family: 'sync' | 'dashboard' }>> = {
  look: { verb: 'look', family: 'sync' },
  reset: { verb: 'clean', family: 'sync' },
  force: { verb: 'force', family: 'sync' },
  'force-port': { verb: 'force', family: 'sync' },
  start: { verb: 'start', family: 'sync' },
  stop: { verb: 'stop', family: 'sync' },
  restart: { verb: 'restart', family: 'sync' },
  hook: { verb: 'hook', family: 'sync' },
  'newer-start': { verb: 'start', family: 'sync' },
  'newer-hook': { verb: 'hook', family: 'sync' },
  'board-start': { verb: 'start', family: 'dashboard' },
  'board-stop': { verb: 'stop', family: 'dashboard' },
  'board-restart': { verb: 'restart', family: 'dashboard' },
  clean: { verb: 'clean', family: 'dashboard' },
  'clean-force': { verb: 'force', family: 'dashboard' },
}

/** How long a predecessor's daemon counts as starting. Within the slack around this time, both rulings are right. */
const GRACE_MS = 30_000
const SLACK_MS = 1_500

/** Returns whether the build for this intent is newer than every daemon on the stage except those with `isOlder`. */
export function isNewer(intent: Intent): boolean {
  return intent.startsWith('newer-')
}

export function familyOf(intent: Intent): 'sync' | 'dashboard' {
  return VERBS[intent].family
}

/** Returns what the command must or may do with a process that has run for `ageMs` and listens on `port`. */
export function rulingOf(asked: Asked, truth: Truth, port: number | null, ageMs: number): Ruling {
  const { verb, family } = VERBS[asked.intent]
  if (truth.family !== family || truth.implementation === null) return 'must live'
  if (truth.isOtherUser || truth.isBeyond || truth.isPart || asked.vantage !== 'here') return 'must live'
  if (truth.singletonOf.some((scope) => scope !== asked.scope)) return 'must live'
  if (asked.port !== null && asked.port !== port) return 'must live'
  const ruling = truth.singletonOf.includes(asked.scope)
    ? singletonRuling(verb, truth, isNewer(asked.intent))
    : staleRuling(verb, truth, asked.scope, ageMs)
  return ruling === 'must end' && truth.isOdd ? 'may end' : ruling
}

/** The ruling about a daemon that the command's scope uses. */
function singletonRuling(verb: Verb, truth: Truth, hasNewerBuild: boolean): Ruling {
  const isOurs = truth.implementation === 'own'
  const isHealthy = truth.answers && truth.agrees
  if (verb === 'stop' || verb === 'restart') return isOurs ? 'must end' : 'may end'
  if (verb === 'force') return truth.answers ? 'must live' : 'must end'
  if (verb === 'hook')
    return isOurs && isHealthy && (truth.isOlder || hasNewerBuild) ? 'must end' : 'must live'
  if (verb !== 'start' || !truth.answers) return 'must live'
  if (isOurs) return truth.isOlder || hasNewerBuild ? 'must end' : 'must live'
  return truth.marker === null ? 'must live' : 'may end'
}

/** The ruling about a daemon that no scope uses. */
function staleRuling(verb: Verb, truth: Truth, scope: string, ageMs: number): Ruling {
  if (verb === 'force') return 'must end'
  if (verb === 'clean') return provenStale(truth, scope, ageMs)
  if (verb !== 'start' && verb !== 'restart') return 'must live'
  // After its start, the new daemon itself cleans up what is proven stale in its own scope.
  const isOfScope = truth.marker === scope
  return isOfScope && provenStale(truth, scope, ageMs) !== 'must live' ? 'may end' : 'must live'
}

function provenStale(truth: Truth, scope: string, ageMs: number): Ruling {
  if (truth.marker === null || !truth.answers || !truth.agrees) return 'must live'
  if (truth.family === 'sync' && truth.marker !== scope) return 'must live'
  if (truth.family === 'dashboard' && truth.isProjectGone === null) return 'must live'
  const isStarting =
    truth.family === 'sync' ? truth.implementation === 'predecessor' : truth.isProjectGone === false
  if (!isStarting || ageMs > GRACE_MS + SLACK_MS) return 'must end'
  return ageMs < GRACE_MS - SLACK_MS ? 'must live' : 'may end'
}
