/**
 * The shipped code of one actor as an automaton. A state is the sequence of results that the code has received so far,
 * and each state knows the next effect of the code. The code itself runs only when a state is reached with a result for
 * the first time.
 */
import { isDeepStrictEqual } from 'node:util'
import type { Random } from '../random.js'
import type { Load } from './bundle.js'
import type { Effect, EffectName, Plain } from './effects.js'
import { runActor, type Role } from './run-actor.js'

interface State {
  readonly effect: Effect
  readonly parent: number
  /** The result that led from the parent to this state. */
  readonly told: Plain
  readonly next: Map<string, number>
  /** How often something was late before this state. */
  readonly lates: number
  /** For a pause: whether nothing was late in the previous polling round. */
  readonly isEven: boolean
}

export interface Automaton {
  readonly first: number
  readonly effectOf: (state: number) => Effect
  /** Returns the state after `result`. Runs the code if the state is new. */
  readonly step: (state: number, result: Plain) => number | Promise<number>
  readonly size: () => number
  /**
   * Continues at random from pairs of histories that are treated as the same state. Returns how many pairs were tried,
   * and the first one after which the code has different effects.
   */
  readonly check: (random: Random, pairs: number) => Promise<Checked>
}

/** The effects that a polling loop may have. The code does not remember their results. */
const LOOKS: ReadonlySet<EffectName> = new Set([
  'lock.try',
  'lock.look',
  'lock.close',
  'lock.holder',
  'record.read',
  'record.disk',
  'handshake',
  'inspect',
  'listeners',
])

const MOST_MERGED = 4_000

/** How many effects of two histories are compared. */
const CONTINUED = 15

interface Merged {
  readonly state: number
  readonly kept: readonly Plain[]
  readonly dropped: readonly Plain[]
}

export interface Checked {
  readonly pairs: number
  readonly different: string | null
}

interface Round {
  readonly head: number | undefined
  readonly isEven: boolean
}

export async function automatonOf(load: Load, role: Role): Promise<Automaton> {
  const states: State[] = []
  const known = new Map<string, number>()
  const merged: Merged[] = []
  const run = (history: readonly Plain[]): Promise<Effect> => runActor(load, role, history)

  const historyOf = (state: number): Plain[] => {
    const { parent, told } = states[state] as State
    return parent < 0 ? [] : [...historyOf(parent), told]
  }
  const add = (effect: Effect, parent: number, told: Plain): number => {
    const lates = Number(told === 'late') + (states[parent]?.lates ?? 0)
    const key = role.kind === 'client' ? clientKey(effect, parent) : daemonKey(effect)
    const named = key === null ? null : `${key} ${lates}`
    const { head, isEven } = roundOf(effect, parent, told)
    const same = head ?? (named === null ? undefined : known.get(named))
    if (same !== undefined) {
      if (merged.length < MOST_MERGED)
        merged.push({ state: same, kept: historyOf(same), dropped: [...historyOf(parent), told] })
      return same
    }
    states.push({ effect, parent, told, next: new Map(), lates, isEven })
    if (named !== null) known.set(named, states.length - 1)
    return states.length - 1
  }
  /** A client forgets what it has read when it begins to wait for the life-cycle lock, and when it starts a daemon. */
  const clientKey = ({ name, args }: Effect, parent: number): string | null => {
    if (name === 'spawn') return 'spawn'
    const isFirst = name === 'lock.try' && args[0] === 'life' && !hasDone(parent, 'sleep')
    return isFirst ? 'queue' : null
  }
  const hasDone = (state: number, name: EffectName): boolean => {
    if (state < 0) return false
    const { effect, parent } = states[state] as State
    return effect.name === name || hasDone(parent, name)
  }
  /**
   * Returns the polling round that ends with this pause. `head` is the previous pause, if that is the same state: there
   * is only polling in between, and nothing was late in this round and the previous one.
   */
  const roundOf = ({ name, args }: Effect, from: number, told: Plain): Round => {
    if (name !== 'sleep' && name !== 'idle') return { head: undefined, isEven: true }
    let result = told
    for (let at = from; at >= 0;) {
      const { effect, parent, told: before, isEven } = states[at] as State
      if (result === 'late') return { head: undefined, isEven: false }
      if (effect.name === name && effect.args[0] === args[0]) {
        const isLoop = isEven && (result === 'woke' || result === 'tick')
        return { head: isLoop ? at : undefined, isEven: true }
      }
      if (!LOOKS.has(effect.name)) break
      result = before
      at = parent
    }
    return { head: undefined, isEven: true }
  }

  add(await run([]), -1, null)
  return {
    first: 0,
    effectOf: (state) => (states[state] as State).effect,
    step: (state, result) => {
      const { next } = states[state] as State
      const key = JSON.stringify(result)
      const after = next.get(key)
      if (after !== undefined) return after
      return run([...historyOf(state), result]).then((effect) => {
        const after = add(effect, state, result)
        next.set(key, after)
        return after
      })
    },
    size: () => states.length,
    check: async (random, pairs) => {
      const chosen = Array.from({ length: merged.length === 0 ? 0 : pairs }, () => random.pick(merged))
      for (const { state, kept, dropped } of chosen) {
        const more: Plain[] = []
        for (let at = state; more.length < CONTINUED;) {
          const one = await run([...kept, ...more])
          const other = await run([...dropped, ...more])
          if (!isDeepStrictEqual(one, other))
            return { pairs, different: JSON.stringify({ kept, dropped, more }) }
          const edges = [...(states[at] as State).next]
          if (edges.length === 0) break
          const [result, next] = random.pick(edges)
          more.push(JSON.parse(result) as Plain)
          at = next
        }
      }
      return { pairs: chosen.length, different: null }
    },
  }
}

/** A daemon remembers only its port from what it has read; everything else goes into its log and its record. */
function daemonKey({ name, args }: Effect): string | null {
  return name === 'record.write' ? `write ${JSON.stringify(args)}` : null
}
