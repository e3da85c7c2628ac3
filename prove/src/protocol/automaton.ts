/**
 * The shipped code of one actor as an automaton. A state is the sequence of results that the code has received so far,
 * and each state knows the next effect of the code. The code itself runs only when a state is reached with a result for
 * the first time.
 */
import { isDeepStrictEqual } from 'node:util'
import type { Random } from '../random.js'
import type { Load, Program } from './bundle.js'
import { textOf, type Effect, type EffectName, type Effects, type Plain } from './effects.js'

export interface Role {
  readonly kind: 'client' | 'daemon'
  readonly version: number
  /** The actor's pid; 0 for a client, because nothing depends on its own pid. */
  readonly pid: number
}

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
  const run = (history: readonly Plain[]): Promise<Effect> => execute(load, role, history)

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

/**
 * Effects whose result the code uses at once. After any other effect, the code may continue to its next effect before the
 * first has happened; that next effect is then held back.
 */
const TELLING: ReadonlySet<EffectName> = new Set([
  'lock.try',
  'lock.look',
  'record.read',
  'record.disk',
  'record.mark',
  'kill',
  'spawn',
])

/** Thrown by an effect that has no result yet. Everything that the code does after that is ignored. */
const HALT = Object.assign(new Error('halted'), { isHalt: true })

/** The maximum number of turns of the event loop to the next effect. Code that needs more hangs. */
const MOST_TURNS = 40

/** After this number of turns without an effect, a daemon that serves counts as idle. */
const QUIET_TURNS = 4

/** Runs the code of an actor with the results of its effects so far, and returns its next effect. */
async function execute(load: Load, role: Role, history: readonly Plain[]): Promise<Effect> {
  const given = [...history]
  const seen: { next: Effect | null; fault: string | null } = { next: null, fault: null }
  const take = (name: EffectName, args: readonly Plain[]): { readonly result: Plain } | null => {
    if (seen.next !== null) return null
    if (given.length > 0) return { result: given.shift() ?? null }
    seen.next = { name, args }
    return null
  }
  const effects: Effects = {
    self: role,
    clock: { now: 1_000_000 },
    situation: { scope: 'here', isReplaced: false },
    events: new Map(),
    fail: (why) => (seen.fault ??= why),
    sync: (name, ...args) => {
      const taken = take(name, args)
      if (taken === null && TELLING.has(name)) throw HALT
      return taken?.result ?? null
    },
    async: (name, ...args) => {
      const taken = take(name, args)
      return taken === null ? new Promise(() => undefined) : Promise.resolve(taken.result)
    },
  }
  let isServing = false
  const program = load(effects)
  const work = role.kind === 'client' ? runClient(program, role, take) : runDaemon(program, role, effects)
  void work.then(
    () => (isServing = true),
    (error: unknown) => take('end', [`error ${codeOf(error)}`]),
  )
  for (let turn = 0, quiet = 0; seen.next === null; turn++, quiet++) {
    await new Promise((resolve) => setImmediate(resolve))
    if (seen.fault !== null)
      throw new Error(`the ${role.kind} fails where the shipped one would not: ${seen.fault}`)
    if (turn > MOST_TURNS + history.length * QUIET_TURNS)
      throw new Error(`the ${role.kind} hangs after ${JSON.stringify(history)}`)
    if (seen.next !== null || !isServing || role.kind === 'client' || quiet < QUIET_TURNS) continue
    const event = take('idle', [])
    if (event !== null) happen(effects, textOf(event.result))
    quiet = 0
  }
  return seen.next
}

/** The idle time of a daemon. It is longer than every wait, so that it passes only if the exploration chooses that. */
const IDLE_MS = 900_000

/** Sends an event to a daemon that serves: a signal, a request, a tick, or a tick on which it must retire. */
function happen({ events, clock, situation }: Effects, event: string): void {
  const [name = '', reason] = event.split(' ')
  const act = (): void => void events.get(name)?.()
  if (reason === 'unused') clock.now += IDLE_MS
  if (reason === 'replaced') situation.isReplaced = true
  if (reason === 'absent') {
    situation.scope = 'absent'
    act()
  }
  act()
  situation.scope = 'here'
}

function codeOf(error: unknown): string {
  const { code, stack } = error as { readonly code?: string; readonly stack?: string }
  return code ?? String(stack)
}

type Take = (name: EffectName, args: readonly Plain[]) => unknown

async function runClient(program: Program, { version }: Role, take: Take): Promise<void> {
  const { family, SCOPE: scope, platform, versionText } = program
  const found = await program.connect({
    family,
    scope,
    platform,
    self: {
      implementation: 'own',
      packageVersion: versionText(version),
      protocolVersion: 1,
      buildTime: null,
      executable: 'node',
    },
    launch: { args: [], env: {}, cwd: '/', logFile: `${scope}/log` },
    doctorCommand: () => 'doctor',
    stopCommand: 'stop',
    versionVariable: '',
  })
  take('end', [`daemon ${found.record.pid}`])
}

async function runDaemon(program: Program, { version }: Role, effects: Effects): Promise<void> {
  const { family, SCOPE: scope, platform, versionText } = program
  await program.serve({
    family,
    scope,
    platform,
    logFile: `${scope}/log`,
    packageVersion: versionText(version),
    protocolVersion: 1,
    buildTime: null,
    describe: () => ({}),
    isInstallationChanged: () => effects.situation.isReplaced,
    timing: { tickMs: 30_000, idleMs: IDLE_MS, drainMs: 5_000, cleanEveryMs: 60_000 },
    mayHavePipe: true,
    exit: (code: number) => effects.sync('exit', code),
  })
}
