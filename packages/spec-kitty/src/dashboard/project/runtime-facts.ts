import { objectOf } from 'familiar/cli'
import {
  actorText,
  identityOf,
  isAbsent,
  MAX_NOTE_CHARS,
  MAX_SUBTASKS,
  MAX_VALUE_CHARS,
  nameOf,
  personOf,
  resultOf,
  reviewOf,
  statesIn,
  textIn,
  textOf,
  type Review,
  type ReviewResult,
} from './fact-values.js'
import {
  isAgent,
  isSameTool,
  NO_AGENTS,
  PARTS,
  partsIn,
  readAgents,
  timeOf,
  type AgentsInLog,
  type Slot,
} from './facts-of-agent.js'
import { sameSubtask, subtaskState } from './subtasks.js'
import { instantOf, toMilliseconds } from './timestamps.js'

export interface Note {
  /** ISO 8601 UTC. */
  readonly at: string
  readonly by: string | null
  readonly text: string
}

/** The process that works on a package, according to the log. */
export interface ClaimedProcess {
  readonly pid: number
  /** When the process started, in milliseconds since 1970; null if the log does not contain the time. */
  readonly started_ms: number | null
  /** When the log named the process, as `instantOf` returns it. */
  readonly claimed_at: string
}

/** Why it is unknown which process works on a package, and when the log said so, as `instantOf` returns it. */
export interface ProcessGap {
  readonly why: 'released' | 'invalid' | 'taken_over'
  readonly at: string
}

/** What the annotations of a log say about one work package. */
export interface RuntimeFacts {
  readonly agents: AgentsInLog
  /** Undefined: never annotated. Null: the last annotation says explicitly that there is none. */
  readonly assignee: string | null | undefined
  /** The state of each subtask, by its id. */
  readonly subtasks: ReadonlyMap<string, string>
  /** The last notes, oldest first. */
  readonly notes: readonly Note[]
  readonly review: Review | null
  readonly review_result: ReviewResult | null
  /** Null if the log names no process, if the claim was released, or if another agent took over without naming its process. */
  readonly process: ClaimedProcess | null
  /** Why `process` is null although the log says something of a process; null if it never did, or there is one. */
  readonly process_gap: ProcessGap | null
  /** The time of the newest annotation or claim, as `instantOf` returns it; null without one. */
  readonly newest: string | null
}

export const NO_FACTS: RuntimeFacts = {
  agents: NO_AGENTS,
  assignee: undefined,
  subtasks: new Map(),
  notes: [],
  review: null,
  review_result: null,
  process: null,
  process_gap: null,
  newest: null,
}

export interface Annotation {
  readonly event_id: string
  /** The time, as `instantOf` returns it. */
  readonly at: string
  readonly actor: unknown
  readonly delta: Readonly<Record<string, unknown>>
}

export interface FactsReader {
  /** Adds one annotation, and returns its problems. Annotations may come in any order. */
  take(annotation: Annotation): readonly string[]
  /** Adds a claim by a lane change: the agent and its process. Returns its problems. */
  claim(claim: Annotation): readonly string[]
  result(): RuntimeFacts
}

const MAX_NOTES = 20

/** The largest pid of any kernel: Linux has the highest limit (PID_MAX_LIMIT). */
const MAX_PID = 4_194_304

/** The year 5138. A larger number cannot be a time in seconds. */
const LATEST_SECONDS = 100_000_000_000

/** Returns a reader for the annotations of one work package. Each field has the value of its latest annotation. */
export function readFacts(): FactsReader {
  const assignees = new Map<'assignee', Slot<string | null>>()
  /** The key is the same for all spellings of an id. */
  const subtasks = new Map<string, Slot<readonly [id: string, state: string]>>()
  const reviews = new Map<'review', Slot<Review | null>>()
  const results = new Map<'review_result', Slot<ReviewResult | null>>()
  const agents = readAgents()
  const process = readProcess()
  let notes: Slot<Note>[] = []
  let newest: string | null = null
  /**
   * Takes the parts of an agent. Where one is a placeholder, the text of the agent counts or, if the annotation names none,
   * that of its actor, if that is the agent of the package.
   */
  const sayParts = (
    order: string,
    delta: Annotation['delta'],
    problems: string[],
    agent: string | null = null,
  ): void => {
    const own = new Map(partsIn(agent))
    for (const part of PARTS) {
      const value = delta[part]
      const isOpen = typeof value === 'string' && isAbsent(value.trim())
      const filled = isOpen ? own.get(part) : null
      const text = filled ?? identityOf(part, value, problems)
      if (text !== undefined) agents.say(order, part, text, filled == null ? null : agent)
    }
  }

  return {
    take({ event_id: id, at, actor, delta: said }) {
      if (newest === null || at > newest) newest = at
      const order = `${at} ${id}`
      const problems: string[] = []
      const delta = withAgent(said)
      process.take(order, delta, problems)
      // The release takes effect before the values of the same annotation, which may name the next agent.
      if (isRelease(delta)) agents.name(order, null)
      const agent = identityOf('agent', delta['agent'], problems)
      if (agent !== undefined) agents.name(order, agent)
      const assignee = identityOf('assignee', delta['assignee'], problems)
      if (assignee !== undefined) put(assignees, 'assignee', order, assignee)
      sayParts(order, delta, problems, agent === undefined ? actorText(actor) : agent)
      for (const [subtask, state] of statesIn(delta['subtasks'], problems)) {
        const same = sameSubtask(subtask)
        if (subtasks.size < MAX_SUBTASKS || subtasks.has(same))
          put(subtasks, same, order, [subtask, subtaskState(state)])
      }
      const note = textOf('note', delta['note'], problems, MAX_NOTE_CHARS)
      if (note != null) notes = lastNotes(notes, { order, value: noteOf(at, actor, note) })
      const review = reviewOf(delta['review'], problems)
      if (review !== undefined) put(reviews, 'review', order, review)
      const result = resultOf(delta['review_result'], problems)
      if (result !== undefined) put(results, 'review_result', order, result)
      return problems
    },
    claim({ event_id: id, at, actor, delta: said }) {
      if (newest === null || at > newest) newest = at
      const order = `${at} ${id}`
      const problems: string[] = []
      const delta = withAgent(said)
      process.take(order, delta, problems)
      const agent = identityOf('agent', delta['agent'], []) ?? null
      // A command that was told no agent claims the package in its own name.
      if (!isAgent(agent)) return problems
      agents.name(order, agent, actor)
      if (objectOf(said['agent']) !== null) sayParts(order, delta, [])
      return problems
    },
    result: () => ({
      ...process.result(agents.result().named),
      agents: agents.result(),
      assignee: assignees.get('assignee')?.value,
      subtasks: new Map([...subtasks.values()].map(({ value }) => value)),
      notes: notes.map(({ value }) => value),
      review: reviews.get('review')?.value ?? null,
      review_result: results.get('review_result')?.value ?? null,
      newest,
    }),
  }
}

/**
 * Reads an agent that is written as an object: a tool with its model, profile and role. Values beside the object take
 * precedence.
 */
function withAgent(delta: Annotation['delta']): Annotation['delta'] {
  const agent = objectOf(delta['agent'])
  if (agent === null) return delta
  const { model, role } = agent
  const agent_profile = agent['profile'] ?? agent['profile_id'] ?? agent['agent_profile']
  return { model, role, agent_profile, ...delta, agent: nameOf(agent) }
}

/**
 * Returns whether an annotation releases the package. Older versions of the tool wrote an empty agent and the pid 0 for
 * this.
 */
function isRelease(delta: Annotation['delta']): boolean {
  const { shell_pid: pid, agent, release_runtime_claim: isReleased } = delta
  return isReleased === true || ((pid === 0 || pid === '0') && agent === '')
}

/** A process that an event names, and the agent that the same event names, if any. */
type Claim = (Omit<ClaimedProcess, 'claimed_at'> & { readonly agent: string | null }) | 'released' | 'invalid'

/**
 * Returns a reader for the process that works on a package. Pid and start time are a pair from one event. If an event
 * names no process, or one half of the pair is invalid, the process is unknown, because the previous one is not meant. It
 * is also unknown if another agent took over later without naming its process. A placeholder, or the name of the tool
 * itself, is no agent that could take over.
 */
function readProcess() {
  const claims = new Map<'claim', Slot<Claim>>()
  return {
    take(order: string, delta: Annotation['delta'], problems: string[]): void {
      const name = textIn(delta['agent'], MAX_VALUE_CHARS)
      const claim = claimIn(delta, isAgent(name) ? name : null, problems)
      if (claim !== undefined) put(claims, 'claim', order, claim)
    },
    result(named: AgentsInLog['named']): Pick<RuntimeFacts, 'process' | 'process_gap'> {
      const claim = claims.get('claim')
      if (claim === undefined) return { process: null, process_gap: null }
      const { value } = claim
      if (typeof value === 'string') return gapAt(value, claim.order)
      const later = named.filter((one) => one.order > claim.order && isAgent(one.value))
      // A claim that names no agent is that of the first one who is named after it.
      const [first, last] = [later.at(0), later.at(-1)]
      if (last !== undefined && !isSameTool(last.value, value.agent ?? first?.value ?? null))
        return gapAt('taken_over', last.order)
      const { pid, started_ms } = value
      return { process: { pid, started_ms, claimed_at: timeOf(claim.order) }, process_gap: null }
    },
  }
}

function gapAt(why: ProcessGap['why'], order: string): Pick<RuntimeFacts, 'process' | 'process_gap'> {
  return { process: null, process_gap: { why, at: timeOf(order) } }
}

/** Returns the process that an event names, or why it names none; undefined if the event does not mention a process. */
function claimIn(delta: Annotation['delta'], agent: string | null, problems: string[]): Claim | undefined {
  const { shell_pid: said, shell_pid_created_at: start } = delta
  const pid = pidIn(said)
  if (pid === null) {
    if (isRelease(delta)) return 'released'
    if (said === undefined && start == null) return undefined
    problems.push(
      said === undefined ? 'has shell_pid_created_at without shell_pid' : 'has shell_pid that is not a pid',
    )
    return 'invalid'
  }
  const started_ms = start == null ? null : startIn(start)
  if (start != null && started_ms === null) problems.push('has shell_pid_created_at that is not a time')
  return { pid, started_ms, agent }
}

/** Returns the pid of an agent; null for an invalid one. Pid 1, the first process of a system, is not an agent. */
function pidIn(value: unknown): number | null {
  const pid = typeof value === 'string' && /^\d{1,10}$/.test(value) ? Number(value) : value
  return typeof pid === 'number' && Number.isInteger(pid) && pid > 1 && pid < MAX_PID ? pid : null
}

/** Returns a start time in milliseconds since 1970, from seconds since 1970 or from ISO 8601; null for anything else. */
function startIn(value: unknown): number | null {
  const seconds = typeof value === 'string' && /^\d{1,12}(\.\d{1,9})?$/.test(value) ? Number(value) : value
  if (typeof seconds === 'number') return seconds > 0 && seconds < LATEST_SECONDS ? seconds * 1000 : null
  const instant = typeof value === 'string' ? instantOf(value) : null
  return instant === null ? null : Date.parse(toMilliseconds(instant))
}

function put<Key, T>(slots: Map<Key, Slot<T>>, key: Key, order: string, value: T): void {
  const before = slots.get(key)
  if (before === undefined || before.order <= order) slots.set(key, { order, value })
}

function lastNotes(notes: readonly Slot<Note>[], note: Slot<Note>): Slot<Note>[] {
  const all = [...notes, note].toSorted((one, other) => (one.order < other.order ? -1 : 1))
  return all.slice(-MAX_NOTES)
}

function noteOf(at: string, actor: unknown, text: string): Note {
  return { at: toMilliseconds(at), by: personOf(actor), text }
}
