import { decisionIn, type DecisionStep } from './decisions.js'
import { createdIn, type CreatedPackage } from './created-packages.js'

/** An event that moves no package. It shows when something happened, and may contain the title of a package, or a decision. */
export interface OtherEvent {
  readonly kind: 'other'
  readonly id: string | null
  readonly at: string | null
  readonly created: (CreatedPackage & { readonly id: string }) | null
  readonly decision: DecisionStep | null
}

/** Returns the event on a line that neither moves nor annotates a package. */
export function otherOf(
  value: Readonly<Record<string, unknown>>,
  id: string | null,
  at: string | null,
): OtherEvent {
  return { kind: 'other', id, at, created: createdIn(value), decision: decisionIn(value, at) }
}
