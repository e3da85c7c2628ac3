import { decisionIn, type DecisionStep } from './decisions.js'
import { createdIn, type CreatedPackage } from './lane-moves.js'

/** An event that moves no package: it shows when something happened, and maybe what a package is called, or what is to be decided. */
export interface OtherEvent {
  readonly kind: 'other'
  readonly id: string | null
  readonly at: string | null
  readonly created: (CreatedPackage & { readonly id: string }) | null
  readonly decision: DecisionStep | null
}

/** Returns the event on a line that moves no package and annotates none. */
export function otherOf(
  value: Readonly<Record<string, unknown>>,
  id: string | null,
  at: string | null,
): OtherEvent {
  return { kind: 'other', id, at, created: createdIn(value), decision: decisionIn(value, at) }
}
