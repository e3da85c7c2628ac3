import type { TextFact } from './runtime-facts.js'

/** The annotation that set a value. The later one wins; if two have the same time, the one with the larger id. */
export interface Slot<T> {
  /** The time of the event, a space, and its id. */
  readonly order: string
  readonly value: T
}

/** The facts that apply only to the agent that the log names. */
const OF_AGENT: ReadonlySet<TextFact> = new Set(['model', 'role', 'agent_profile'])

/**
 * The maximum number of agents that are kept; the oldest are dropped. Only those since the last change of the agent are
 * needed.
 */
const MAX_NAMED = 1000

export type Texts = ReadonlyMap<TextFact, Slot<string | null>>

/** Returns a collector of the agents that the log names, in any order. A null means that there is no agent any more. */
export function namedAgents() {
  let named: Slot<string | null>[] = []
  return {
    add(order: string, value: string | null): void {
      named.push({ order, value })
      if (named.length > 2 * MAX_NAMED) named = sorted(named).slice(-MAX_NAMED)
    },
    /**
     * Removes the model, role and profile that were recorded for another agent than the one that the log names last:
     * before this agent took over, or before or after a turn. A turn is the beginning of a review, or a review that sent
     * the package back. Two agents with the same name on different sides of a turn have different roles: one implements,
     * the other reviews.
     */
    ofLast(texts: Texts, turns: readonly string[]): Texts {
      const all = sorted(named)
      const last = all.at(-1)
      if (last === undefined) return texts
      const before = all.findLastIndex(({ value }) => toolOf(value) !== toolOf(last.value))
      const began = all[before + 1]?.order ?? ''
      const isOfLast = ({ order }: Slot<string | null>): boolean =>
        (before < 0 || order >= began) && !isApart(timeOf(order), timeOf(last.order), turns)
      return new Map([...texts].filter(([name, slot]) => !OF_AGENT.has(name) || isOfLast(slot)))
    },
  }
}

function sorted<T>(slots: readonly Slot<T>[]): Slot<T>[] {
  return slots.toSorted((one, other) => (one.order < other.order ? -1 : one.order > other.order ? 1 : 0))
}

/** Returns whether a turn lies between two times. A fact recorded at the time of a turn belongs to what follows the turn. */
function isApart(one: string, other: string, turns: readonly string[]): boolean {
  const [first, second] = one < other ? [one, other] : [other, one]
  return turns.some((turn) => first < turn && turn <= second)
}

function timeOf(order: string): string {
  return order.split(' ', 1)[0] ?? ''
}

/** An agent may be written together with its model and role: `badger:large-1:reviewer`. */
export function toolOf(agent: string | null): string {
  return agent?.split(':')[0] ?? ''
}
