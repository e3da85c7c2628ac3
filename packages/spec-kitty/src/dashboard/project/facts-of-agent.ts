import type { TextFact } from './runtime-facts.js'

/** The annotation that gave a value: the later one wins, and of two at the same time the one with the larger id. */
export interface Slot<T> {
  /** The time of the event, a space, and its id. */
  readonly order: string
  readonly value: T
}

/** The facts that are about the agent which the log names, and about no other one. */
const OF_AGENT: ReadonlySet<TextFact> = new Set(['model', 'role', 'agent_profile'])

/** Of more than this, the oldest are forgotten: only those since the last other agent are asked for. */
const MAX_NAMED = 1000

export type Texts = ReadonlyMap<TextFact, Slot<string | null>>

/** Returns what collects which agents the log names, in any order. A null says that there is none any more. */
export function namedAgents() {
  let named: Slot<string | null>[] = []
  return {
    add(order: string, value: string | null): void {
      named.push({ order, value })
      if (named.length > 2 * MAX_NAMED) named = sorted(named).slice(-MAX_NAMED)
    },
    /**
     * Leaves out the model, role and profile that were said of another agent than the one that the log names last: before
     * this one took over, or on the other side of a turn. A turn is the beginning of a review, or that it sent the package
     * back: who implements a package may have the same name as who reviews it, and has another role.
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

/** Returns whether a turn is between two times. What is said at the time of a turn belongs to what follows it. */
function isApart(one: string, other: string, turns: readonly string[]): boolean {
  const [first, second] = one < other ? [one, other] : [other, one]
  return turns.some((turn) => first < turn && turn <= second)
}

function timeOf(order: string): string {
  return order.split(' ', 1)[0] ?? ''
}

/** An agent may be written with its model and role: `badger:large-1:reviewer`. */
export function toolOf(agent: string | null): string {
  return agent?.split(':')[0] ?? ''
}
