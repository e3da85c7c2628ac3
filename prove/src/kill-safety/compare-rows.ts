import type { Actor, Cast } from './cast.js'
import type { Doer } from './doer.js'
import { brief, isAlone, isSignalledByOthers } from './left.js'
import { familyOf } from './oracle.js'
import type { Snapshot } from './snapshot.js'

/** The result of comparing a report about the stage with the stage itself. */

export interface Compared {
  readonly rows: number
  readonly differing: readonly string[]
  /** The number of `failed` rows about a process that ended shortly after, on a machine that was seen to be busy. */
  readonly late: number
}

interface Row {
  readonly list: 'swept' | 'skipped' | 'failed'
  readonly pid: number | null
  readonly port: number | null
  readonly why: string
}

const LISTS = ['swept', 'skipped', 'failed'] as const

/** Compares every row of a command's report with the state of the stage when the command ended. */
export function compareRows(cast: Cast, doer: Doer, doers: readonly Doer[], after: Snapshot): Compared {
  const document = doer.over?.document ?? null
  // A command in its own pid namespace sees other pids.
  if (document === null || doer.asked.vantage === 'pids') return { rows: 0, differing: [], late: 0 }
  const cleaned = cleanUpRows(document)
  if (cleaned === null) return compareOutcome(cast, doer, doers, document, after)
  const differing = [
    ...cleaned.flatMap((row) => whyRowDiffers(cast, doer, doers, row, after)),
    ...doubles(cleaned),
    ...missing(cast, doer, doers, cleaned),
  ]
  const late = cleaned.filter((row) =>
    named(cast, doer, row.pid).some(
      (actor) => after.get(actor)?.lives === false && isEndedLate(actor, doer, row),
    ),
  )
  return {
    rows: cleaned.length,
    differing: differing.map((what) => `${doer.name}: ${what}`),
    late: late.length,
  }
}

function cleanUpRows(document: Readonly<Record<string, unknown>>): readonly Row[] | null {
  const result = (document['reset_result'] ?? document) as Readonly<Record<string, unknown>>
  if (!Array.isArray(result['swept'])) return null
  return LISTS.flatMap((list) =>
    (result[list] as readonly Readonly<Record<string, unknown>>[]).map((row) => ({
      list,
      pid: row['pid'] as number | null,
      port: row['port'] as number | null,
      why: (row['failure_reason'] ?? row['skip_reason'] ?? row['reason'] ?? '') as string,
    })),
  )
}

/** Returns the actors that had this pid while the command ran. There are several if the trial gave the pid to another process. */
function named(cast: Cast, doer: Doer, pid: number | null): readonly Actor[] {
  const until = doer.over?.at ?? Number.POSITIVE_INFINITY
  return cast.actors.filter(
    (actor) =>
      actor.pid === pid &&
      actor.bornAt <= until &&
      (actor.ending === null || actor.ending.at >= doer.startedAt) &&
      (actor.endedByTrialAt === null || actor.endedByTrialAt >= doer.startedAt),
  )
}

function whyRowDiffers(
  cast: Cast,
  doer: Doer,
  doers: readonly Doer[],
  row: Row,
  after: Snapshot,
): readonly string[] {
  const actors = named(cast, doer, row.pid).filter(({ truths }) =>
    truths.some(({ truth }) => truth.family !== null),
  )
  return actors.flatMap((actor) => {
    const { lives, listens } = after.get(actor) ?? { lives: false, listens: false }
    const text = `the row ${JSON.stringify(row)} and ${actor.name}`
    if (row.list === 'swept') return lives || listens ? [`${text}, which ${lives ? 'lives' : 'listens'}`] : []
    if (row.why === 'port_still_listening') return listens ? [] : [`${text}, whose port is closed`]
    if (lives || isEndedByOthers(actor, doer, doers) || isEndedLate(actor, doer, row)) return []
    return [`${text}, which is gone`]
  })
}

/**
 * Returns whether the command signalled the process, waited, and reported that it had not ended, although on a busy
 * machine it ended shortly after.
 */
function isEndedLate({ pid }: Actor, { trace, isBusy }: Doer, { list }: Row): boolean {
  return isBusy && list === 'failed' && trace.sent.some(({ to, signal }) => to === pid && signal !== '0')
}

/**
 * Returns whether the process was ended by the trial, another command or a daemon, or ended by itself. This command need
 * not report it then.
 */
function isEndedByOthers(actor: Actor, doer: Doer, doers: readonly Doer[]): boolean {
  const isOfTrial = actor.endedByTrialAt !== null || actor.isDisturbed
  return isOfTrial || !isAlone(doer, doers) || isSignalledByOthers(actor, doer, doers)
}

function doubles(rows: readonly Row[]): readonly string[] {
  const keys = rows.map(({ pid, port }) => `${pid} ${port}`)
  return keys.filter((key, index) => keys.indexOf(key) !== index).map((key) => `two rows for ${key}`)
}

/** Returns what is wrong with the lists: every daemon that a clean-up could have ended must be in exactly one. */
function missing(cast: Cast, doer: Doer, doers: readonly Doer[], rows: readonly Row[]): readonly string[] {
  if (doer.asked.vantage !== 'here' || !isAlone(doer, doers)) return []
  return cast.actors
    .filter((actor) => isCandidate(actor, doer) && !isSignalledByOthers(actor, doer, doers))
    .filter(({ pid, port }) => rows.filter((row) => row.pid === pid && row.port === port).length !== 1)
    .map(({ name }) => `${name} is not in exactly one list`)
}

function isCandidate(actor: Actor, { asked, startedAt }: Doer): boolean {
  const truth = actor.truths[0]?.truth
  if (truth === undefined || truth.family !== familyOf(asked.intent) || actor.sockets.length === 0)
    return false
  if (actor.isDisturbed || truth.isOdd || truth.isPart || truth.isBeyond) return false
  if (asked.port !== null && asked.port !== actor.port) return false
  if (actor.bornAt > startedAt) return false
  if (actor.ending !== null && actor.ending.at < startedAt) return false
  // A live singleton is not a candidate. For sync daemons this means the singleton of this root, for dashboards that of
  // any project.
  const isInUse =
    truth.family === 'sync' ? truth.singletonOf.includes(asked.scope) : truth.singletonOf.length > 0
  return !(isInUse && truth.answers)
}

/** Compares what a start or a stop reports about one process. */
function compareOutcome(
  cast: Cast,
  doer: Doer,
  doers: readonly Doer[],
  document: Readonly<Record<string, unknown>>,
  after: Snapshot,
): Compared {
  const { outcome, pid } = document
  if (typeof outcome !== 'string' || doer.asked.vantage !== 'here') return { rows: 0, differing: [], late: 0 }
  const all = typeof pid === 'number' ? named(cast, doer, pid) : []
  // If the trial gave the pid away while the command ran, the report is about the process that had it first.
  const actors = all.length > 1 ? [] : all.filter(({ isDisturbed }) => !isDisturbed)
  const mustLive = ['started', 'found', 'failed'].includes(outcome)
  const differing = actors.flatMap((actor) => {
    const seen = after.get(actor)
    if (outcome === 'stopped' && (seen?.lives === true || seen?.listens === true))
      return [`${doer.name} says that it stopped ${actor.name}, which lives`]
    const isDead = mustLive && seen?.lives === false && document['failure_reason'] !== 'port_still_listening'
    return isDead && !isEndedByOthers(actor, doer, doers)
      ? [`${doer.name} says '${outcome}' of ${actor.name}, which is gone (${brief(doer.over?.said ?? '')})`]
      : []
  })
  return { rows: 1, differing, late: 0 }
}
