import type { LaneState } from './event-log.js'
import { inOrder, isAgent, isSameTool, partsIn, timeOf, toolIn } from './facts-of-agent.js'
import type { AgentPart, AgentsInLog, PartSlot, Slot } from './facts-of-agent.js'
import type { PackageFields } from './front-matter.js'
import { isAtWork } from './lane-columns.js'
import type { Acted } from './lane-history.js'

/** What the front matter says about the agent. It was written when the work was planned. */
type Planned = Pick<PackageFields, 'agent' | AgentPart>

/** The agent of a package, with its own model, role and profile. */
export type PackageAgent = Planned

const NO_PLAN: Planned = { agent: null, model: null, role: null, agent_profile: null }

/** An event that says who the agent is. */
interface Naming extends Slot<string | null> {
  /** The actor of a lane change, with its parts; null for an annotation or a claim, whose parts are in the log. */
  readonly actor: string | null
}

/**
 * Returns the agent of a package. The log takes precedence over the front matter. If neither names an agent, it is the
 * actor who claimed the package.
 */
export function agentOf(
  log: AgentsInLog,
  state: LaneState | undefined,
  planned: Planned = NO_PLAN,
): PackageAgent {
  const said = inLog(log, state)
  const claim = claimAfter(said.at(-1), state, planned.agent)
  const all = claim === null ? said : [...said, claim]
  const isPlanned = said.length === 0 && planned.agent !== null
  const last = all.at(-1)
  const named = isPlanned ? planned.agent : (last?.value ?? null)
  // The agent that resumes the package may have another model, profile and role.
  const agent = last !== undefined && isReturned(last, state) ? toolIn(named) : named
  const partOf = (part: AgentPart): string | null => {
    const found = ofLast(all, log.parts.get(part) ?? [], part, state)
    if (found !== undefined) return isOf(found, agent) ? found.value : null
    return isInPlan(part, planned, agent, last, state) ? planned[part] : null
  }
  return { agent, model: partOf('model'), role: partOf('role'), agent_profile: partOf('agent_profile') }
}

/**
 * Returns the agents that the log names, oldest first. If an agent began the present review and nobody was named since,
 * it is the last one: those named before are who worked on the package.
 */
function inLog({ named }: AgentsInLog, state: LaneState | undefined): readonly Naming[] {
  const all = named.map((slot) => ({ ...slot, actor: null }))
  const begun = state?.history.begun
  const isInReview = state !== undefined && isAtWork(state.lane) && begun?.is_review === true
  return isInReview && isAgent(begun.by) && orderOf(begun) > (named.at(-1)?.order ?? '')
    ? [...all, namingOf(begun)]
    : all
}

/** Returns the claim that only its actor proves, if the log names no agent or released the last one before it. */
function claimAfter(
  last: Naming | undefined,
  state: LaneState | undefined,
  planned: string | null,
): Naming | null {
  const claim = state?.history.claim ?? null
  if (claim === null) return null
  const isOpen =
    last === undefined
      ? planned === null || isSameTool(planned, claim.by)
      : last.value === null && orderOf(claim) > last.order
  return isOpen ? namingOf(claim) : null
}

/**
 * Returns the last value of a part that belongs to the last agent: it was said since this agent took over, on the same
 * side of every turn. A turn is the beginning of a review, or a review that sent the package back. Two agents with the
 * same name on different sides of a turn have different roles: one implements, the other reviews.
 */
function ofLast(
  named: readonly Naming[],
  slots: readonly PartSlot[],
  part: AgentPart,
  state: LaneState | undefined,
): PartSlot | undefined {
  const last = named.at(-1)
  if (last === undefined) return slots.at(-1)
  if (isReturned(last, state)) return undefined
  const before = named.findLastIndex(({ value }) => !isSameTool(value, last.value))
  const began = before < 0 ? '' : (named[before + 1]?.order ?? '')
  const own = partsIn(last.actor).flatMap(([name, value]) =>
    name === part ? [{ order: last.order, value, of: null }] : [],
  )
  const turns = state?.history.turns ?? []
  return inOrder([...own, ...slots]).findLast(
    ({ order }) => order >= began && !isApart(timeOf(order), timeOf(last.order), turns),
  )
}

/** Returns whether a part was said of this agent, and not of another tool that wrote the event. */
function isOf({ of }: PartSlot, agent: string | null): boolean {
  return of === null || isSameTool(of, agent)
}

/** Returns whether a review has sent the package back into work since its agent was named: someone resumes it. */
function isReturned({ order }: Naming, state: LaneState | undefined): boolean {
  const begun = state?.history.begun
  return state !== undefined && isAtWork(state.lane) && begun?.is_sent_back === true && orderOf(begun) > order
}

/**
 * Returns whether the front matter says a part of this agent: it names the same tool, or nobody. What it says of nobody,
 * and every role, is that of who implements the package, so it does not count for an agent who was named after a review
 * began.
 */
function isInPlan(
  part: AgentPart,
  planned: Planned,
  agent: string | null,
  last: Naming | undefined,
  state: LaneState | undefined,
): boolean {
  const isAfterTurn = last !== undefined && isApart('', timeOf(last.order), state?.history.turns ?? [])
  if (isAfterTurn && (part === 'role' || planned.agent === null)) return false
  return planned.agent === null || isSameTool(planned.agent, agent)
}

/** Returns whether a turn lies between two times. A fact recorded at the time of a turn belongs to what follows the turn. */
function isApart(one: string, other: string, turns: readonly string[]): boolean {
  const [first, second] = one < other ? [one, other] : [other, one]
  return turns.some((turn) => first < turn && turn <= second)
}

function namingOf(acted: Acted): Naming {
  return { order: orderOf(acted), value: acted.by, actor: acted.actor }
}

function orderOf({ at, id }: Acted): string {
  return `${at} ${id}`
}
