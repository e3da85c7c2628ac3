import { actorText, identityOf, isAbsent, nameOf } from './fact-values.js'

/** The annotation that set a value. The later one wins; if two have the same time, the one with the larger id. */
export interface Slot<T> {
  /** The time of the event, a space, and its id. */
  readonly order: string
  readonly value: T
}

/** The facts that apply only to one agent, in the order of the text form: `badger:large-1:reviewer-x:reviewer`. */
export const PARTS = ['model', 'agent_profile', 'role'] as const

export type AgentPart = (typeof PARTS)[number]

/** A value of a part, and the agent that it was said of. */
export interface PartSlot extends Slot<string | null> {
  /** Null if the event does not say it: then it is about who is the agent of the package at that time. */
  readonly of: string | null
}

/** What the log says about the agents of one package, oldest first. */
export interface AgentsInLog {
  /** The agents that annotations and claims name. A null means that there is no agent any more. */
  readonly named: readonly Slot<string | null>[]
  /** The values of each part. A null means that the log says explicitly that there is none. */
  readonly parts: ReadonlyMap<AgentPart, readonly PartSlot[]>
}

export const NO_AGENTS: AgentsInLog = { named: [], parts: new Map() }

/** The maximum number of values that are kept of each kind; the oldest are dropped. */
const MAX_KEPT = 1000

/** Matches people and the tool itself: they act without being the agent of a package. */
const GENERIC =
  /^(?:(?:user|unknown|system|implement-command|finalize-tasks|migration|merge)(?:$|:)|spec-kitty(?:$|[ :]))/i

/** Returns whether the actor of an event, or who is in the front matter, can be the agent of a package. */
export function isAgent(actor: string | null): actor is string {
  return actor !== null && !isAbsent(actor) && !GENERIC.test(actor)
}

/** Returns a collector of the agents that the log names, and of their parts, in any order. */
export function readAgents() {
  const named = readSlots<Slot<string | null>>()
  const parts = new Map(PARTS.map((part) => [part, readSlots<PartSlot>()]))
  const say = (order: string, part: AgentPart, value: string | null, of: string | null = null): void =>
    parts.get(part)?.add({ order, value, of })
  return {
    /** Adds an agent, with the parts in its text and, if the actor of the event is the same tool, those of the actor. */
    name(order: string, agent: string | null, actor: unknown = null): void {
      named.add({ order, value: agent })
      const own = isSameTool(nameOf(actor), agent) ? partsIn(actorText(actor)) : []
      for (const [part, value] of [...own, ...partsIn(agent)]) say(order, part, value)
    },
    say,
    result: (): AgentsInLog => ({
      named: named.sorted(),
      parts: new Map([...parts].map(([part, slots]) => [part, slots.sorted()])),
    }),
  }
}

function readSlots<One extends Slot<unknown>>() {
  let slots: One[] = []
  return {
    add(slot: One): void {
      slots.push(slot)
      if (slots.length > 2 * MAX_KEPT) slots = inOrder(slots).slice(-MAX_KEPT)
    },
    sorted: () => inOrder(slots),
  }
}

/** Sorts by time and id. Values of one event stay in the order in which they were added. */
export function inOrder<One extends Slot<unknown>>(slots: readonly One[]): One[] {
  return slots.toSorted((one, other) => (one.order < other.order ? -1 : one.order > other.order ? 1 : 0))
}

/** Returns the parts in the text of an agent. An empty part says nothing. */
export function partsIn(agent: string | null): readonly (readonly [AgentPart, string | null])[] {
  const [, ...texts] = agent?.split(':') ?? []
  return PARTS.flatMap((part, at) => {
    const text = texts[at]?.trim() ?? ''
    return text === '' ? [] : [[part, identityOf(part, text, []) ?? null] as const]
  })
}

export function timeOf(order: string): string {
  return order.split(' ', 1)[0] ?? ''
}

/** Returns whether two agents are the same tool, whatever their models, profiles and roles are. */
export function isSameTool(one: string | null, other: string | null): boolean {
  return toolOf(one) === toolOf(other)
}

function toolOf(agent: string | null): string {
  return toolIn(agent)?.toLowerCase() ?? ''
}

/** Returns the tool in the text of an agent, without its model, profile and role. */
export function toolIn(agent: string | null): string | null {
  return agent?.split(':')[0]?.trim() ?? null
}
