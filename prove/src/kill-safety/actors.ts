import { OLD_BOARDS, OLD_SYNC, type Enter } from './actors-predecessor.js'
import { OWN_BOARDS, OWN_SYNC } from './actors-own.js'
import type { ActorKind, ActorPlan } from './trial-plan.js'
import type { Cast } from './cast.js'
import type { Stage } from './stage.js'
import { STRANGERS } from './strangers.js'

const ENTER: Readonly<Record<ActorKind, Enter>> = {
  ...OLD_SYNC,
  ...OLD_BOARDS,
  ...OWN_SYNC,
  ...OWN_BOARDS,
  ...STRANGERS,
}

/** These actors start first, because their start changes the state of their scope for the others. */
const isFirst = (kind: ActorKind): boolean => kind === 'own-stale'
/** These actors start last, because they write false facts about a scope, which must stay. */
const isLast = (kind: ActorKind): boolean => kind in STRANGERS

/** Starts all actors: at the same time, unless one changes the scope of another one. */
export async function enterAll(plans: readonly ActorPlan[], stage: Stage, cast: Cast): Promise<void> {
  const enter = (plan: ActorPlan): Promise<void> => ENTER[plan.kind]({ stage, cast, plan })
  for (const plan of plans.filter(({ kind }) => isFirst(kind))) await enter(plan)
  await Promise.all(plans.filter(({ kind }) => !isFirst(kind) && !isLast(kind)).map(enter))
  for (const plan of plans.filter(({ kind }) => isLast(kind))) await enter(plan)
}

/** Starts one more actor. */
export function enterOne(plan: ActorPlan, stage: Stage, cast: Cast): Promise<void> {
  return ENTER[plan.kind]({ stage, cast, plan })
}
