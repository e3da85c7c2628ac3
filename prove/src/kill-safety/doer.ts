import { truthsWithin, type Actor } from './cast.js'
import type { Command, Over } from './commands.js'
import { rulingOf, type Asked, type Ruling } from './oracle.js'
import type { Snapshot } from './snapshot.js'
import type { Trace } from './trace.js'
import type { Truth } from './truth.js'

/** A possible cause of a process's end: a command, or a daemon of ours on the stage. */
export interface Doer {
  readonly name: string
  readonly asked: Asked
  readonly startedAt: number
  /** When the command ended. A daemon that it started continues to run. */
  readonly over: Over | null
  readonly command: Command | null
  readonly trace: Trace
  /** What existed when the command began and when it ended; null for a daemon. */
  readonly before: Snapshot | null
  readonly after: Snapshot | null
  /** True if the witness saw a busy machine while the command ran. */
  readonly isBusy: boolean
}

/** A command that has run, with the state of the stage before and after it. */
export interface Done {
  readonly command: Command
  readonly over: Over
  readonly before: Snapshot
  readonly after: Snapshot
}

/**
 * Returns what the command may or must do to the process at that time: one ruling for each set of facts that held since
 * the command began.
 */
export function rulingsOf({ asked, startedAt }: Doer, actor: Actor, at: number): readonly Ruling[] {
  const ages = [startedAt, at].map((moment) => moment - actor.birth)
  return [...truthsWithin(actor, startedAt, at), ...heirTruths(actor, startedAt, at)].flatMap((truth) =>
    ages.map((age) => rulingOf(asked, truth, actor.port, age)),
  )
}

/**
 * Returns the facts that a fork inherits. A fork has the command line and the port of its parent, so the same facts hold
 * for it. It is a part of a live singleton only as long as its parent is one (a disturbance may have removed the record),
 * and becomes the singleton itself when the parent has ended.
 */
function heirTruths({ truths, parent }: Actor, from: number, at: number): readonly Truth[] {
  const [own] = truths
  if (own === undefined || parent == null) return []
  const as = ({ singletonOf }: Truth): Truth => ({ ...own.truth, isPart: false, singletonOf })
  const ended = parent.endedByTrialAt ?? parent.ending?.at ?? Number.POSITIVE_INFINITY
  const [before] = parent.truths
  return [
    ...(before === undefined || ended > at ? [] : [as(before.truth)]),
    ...truthsWithin(parent, from, at)
      .filter(({ singletonOf }) => singletonOf.length === 0)
      .map(as),
  ]
}
