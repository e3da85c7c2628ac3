/**
 * Repeats random schedules of the exploration with real clients and daemons. Each of their effects waits for the
 * controller. After every move, the effect and its result must equal those of the exploration. A crash is a real SIGKILL.
 */
import { spawn, spawnSync, type ChildProcess } from 'node:child_process'
import {
  closeSync,
  constants,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
  writeSync,
} from 'node:fs'
import { Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { isDeepStrictEqual } from 'node:util'
import type { Random } from '../random.js'
import { bundleGated } from './bundle-gated.js'
import { textOf, type Plain } from './effects.js'
import { beginOf, chosenOf, type Automata } from './explore.js'
import { FIRST_PORT } from './scene.js'
import { lineOf } from './trace-words.js'
import type { Actor, Move, Scenario, World } from './world.js'
import { Machine } from './machine.js'

export interface Replayed {
  readonly moves: number
  readonly crashes: number
  /** What differed, with the trace up to that move; null if nothing did. */
  readonly divergence: string | null
}

export interface Replayer {
  readonly replay: (scenario: Scenario, random: Random, firstPort: number) => Promise<Replayed>
  readonly end: () => void
}

const NODE_MODULES = fileURLToPath(new URL('../../../node_modules', import.meta.url))

/** A real process answers within milliseconds. One that takes longer than this has diverged. */
const PATIENCE_MS = 20_000

const PORTS = 8

/** Creates what all replays share: the bundle of the gated program, in its own directory. */
export async function makeReplayer(automata: Automata): Promise<Replayer> {
  const directory = mkdtempSync(join(tmpdir(), 'protocol-'))
  writeFileSync(join(directory, 'package.json'), '{"type":"module"}')
  symlinkSync(NODE_MODULES, join(directory, 'node_modules'))
  const program = join(directory, 'gated.mjs')
  await bundleGated(program)
  let trials = 0
  return {
    replay: (scenario, random, firstPort) => {
      const place = join(directory, String(trials++))
      mkdirSync(place)
      return replay({ automata, scenario, random, program, place, firstPort })
    },
    end: () => rmSync(directory, { recursive: true, force: true }),
  }
}

interface Trial {
  readonly automata: Automata
  readonly scenario: Scenario
  readonly random: Random
  readonly program: string
  readonly place: string
  readonly firstPort: number
}

async function replay(trial: Trial): Promise<Replayed> {
  const { automata, scenario, random, place } = trial
  await automata.prepare(scenario)
  const machine = new Machine(automata.get, scenario)
  const world = await beginOf(machine, { ...scenario, isWarm: false })
  const lines: string[] = []
  let crashes = 0
  const stage = new Stage(trial)
  try {
    for (const [index, { kind }] of world.actors.entries()) if (kind === 'client') stage.start(index)
    for (const index of scenario.clients.keys()) await stage.expect(machine, world, index)
    for (;;) {
      const move = chosenOf(machine, world, random)
      if (move === undefined) return { moves: lines.length, crashes, divergence: null }
      lines.push(lineOf(machine, world, move))
      crashes += Number(move.kind === 'crash')
      await stage.make(machine, world, move)
    }
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error)
    return { moves: lines.length, crashes, divergence: [why, ...lines].join('\n  ') }
  } finally {
    await stage.end()
    rmSync(place, { recursive: true, force: true })
  }
}

interface Real {
  readonly up: Socket
  readonly lines: string[]
  readonly down: number
  wake: () => void
}

/** The real processes of one trial, by the index of the actor. */
class Stage {
  readonly #trial: Trial
  readonly #gates: readonly Real[]
  readonly #children = new Map<number, ChildProcess>()
  readonly #pids = new Map<number, number>()

  constructor(trial: Trial) {
    this.#trial = trial
    const { place, scenario } = trial
    const gates = scenario.clients.flatMap((_, index) => [index, index + scenario.clients.length])
    const paths = gates.flatMap((index) => [`${place}/gate-${index}.up`, `${place}/gate-${index}.down`])
    spawnSync('mkfifo', paths)
    for (const name of ['life', 'daemon']) writeFileSync(join(place, name), '', { mode: 0o600 })
    this.#gates = gates.toSorted((a, b) => a - b).map((index) => openGate(`${place}/gate-${index}`))
  }

  start(index: number): void {
    const { program, place, scenario, firstPort } = this.#trial
    const count = scenario.clients.length
    const orders = {
      scope: place,
      from: firstPort,
      to: firstPort + PORTS,
      version: scenario.clients[index],
      daemonGate: `${place}/gate-${index + count}`,
    }
    const env = {
      PATH: process.env['PATH'],
      PROVE_ROLE: 'client',
      PROVE_GATE: `${place}/gate-${index}`,
      PROVE_ORDERS: JSON.stringify(orders),
    }
    const stdio = [
      'ignore',
      'ignore',
      process.env['PROVE_DEBUG'] === undefined ? 'ignore' : 'inherit',
    ] as const
    const child = spawn(process.execPath, [program], { env, stdio: [...stdio] })
    this.#children.set(index, child)
    this.#pids.set(index, child.pid ?? 0)
  }

  /** Waits for the actor's next effect, and compares it with that of the exploration. */
  async expect(machine: Machine, world: World, index: number): Promise<void> {
    const actor = world.actors[index] as Actor
    if (actor.life !== 'runs' && actor.outcome === '') return
    const { name, args } = machine.effect(actor)
    const line = await this.#line(index, `expected ${name} ${JSON.stringify(args)}`)
    const said = this.#plain(world, line) as { effect: string; args: Plain[] }
    const wanted = { effect: name, args: name === 'shutdown' ? args.slice(1) : name === 'spawn' ? [] : args }
    if (name === 'exit') wanted.args = []
    if (!isDeepStrictEqual({ ...said }, wanted))
      throw new Error(`expected ${JSON.stringify(wanted)}, got ${JSON.stringify(said)}`)
  }

  async make(machine: Machine, world: World, move: Move): Promise<void> {
    const before = world.actors.map(({ life }) => life)
    const actor = world.actors[move.actor] as Actor
    const { name } = machine.effect(actor)
    const result = machine.told(world, move)
    if (move.kind === 'crash') process.kill(this.#pids.get(move.actor) ?? 0, 'SIGKILL')
    else await this.#step(world, move.actor, name, result ?? null)
    const why = await machine.make(world, move)
    if (why !== null) throw new Error(why)
    const isStill = actor.life === 'runs' || actor.outcome !== ''
    if (move.kind !== 'crash' && isStill) await this.expect(machine, world, move.actor)
    if (name === 'spawn' && move.kind === 'step') await this.expect(machine, world, actor.partner)
    for (const [index, { life }] of world.actors.entries())
      if (before[index] === 'runs' && life !== 'runs') await this.#gone(index)
  }

  async #step(world: World, index: number, name: string, result: Plain): Promise<void> {
    const word = { late: result === 'late', ...(name === 'idle' ? { event: result } : {}) }
    writeSync(this.#gates[index]?.down ?? -1, JSON.stringify(word))
    if (name === 'exit') return
    const { result: raw } = JSON.parse(
      await this.#line(index, `expected the result ${JSON.stringify(result)}`),
    ) as { result: Plain }
    if (name === 'spawn') {
      this.#pids.set((world.actors[index] as Actor).partner, Number(textOf(raw).slice(4)))
      return
    }
    const said = this.#plain(world, JSON.stringify(raw))
    const wanted = comparable(name, result)
    if (!isDeepStrictEqual(said, wanted))
      throw new Error(`expected the result ${JSON.stringify(wanted)}, got ${JSON.stringify(said)}`)
  }

  /** Returns the line with its pids and ports replaced by those of the exploration. */
  #plain({ actors }: World, line: string): Plain {
    const { firstPort } = this.#trial
    const text = line
      .replaceAll(/"port:(\d+)"/g, (_, port: string) => String(Number(port) - firstPort + FIRST_PORT))
      .replaceAll(/"pid:(\d+)"/g, (_, pid: string) => String(this.#named(actors, Number(pid))))
      .replaceAll(/daemon pid:(\d+)/g, (_, pid: string) => `daemon ${this.#named(actors, Number(pid))}`)
    return JSON.parse(text) as Plain
  }

  #named(actors: readonly Actor[], pid: number): number {
    const found = [...this.#pids].find(([, real]) => real === pid)
    return found === undefined ? -1 : (actors[found[0]]?.pid ?? -1)
  }

  async #line(index: number, wanted: string): Promise<string> {
    const gate = this.#gates[index] as Real
    const until = Date.now() + PATIENCE_MS
    while (gate.lines.length === 0) {
      if (Date.now() > until) throw new Error(`${wanted}, but actor ${index + 1} does nothing any more`)
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, 1_000)
        gate.wake = () => {
          clearTimeout(timer)
          resolve()
        }
      })
    }
    return gate.lines.shift() ?? ''
  }

  /** Waits until the process has ended, so that the kernel has freed its resources. */
  async #gone(index: number): Promise<void> {
    const pid = this.#pids.get(index) ?? 0
    const until = Date.now() + PATIENCE_MS
    while (isThere(pid)) {
      if (Date.now() > until) throw new Error(`process of actor ${index + 1} does not end`)
      await sleep(1)
    }
  }

  async end(): Promise<void> {
    for (const [index, pid] of this.#pids) {
      if (isThere(pid)) process.kill(pid, 'SIGKILL')
      await this.#gone(index)
    }
    for (const { up, down } of this.#gates) {
      up.destroy()
      closeSync(down)
    }
  }
}

function openGate(path: string): Real {
  const up = new Socket({
    fd: openSync(`${path}.up`, constants.O_RDWR | constants.O_NONBLOCK),
    readable: true,
    writable: false,
  })
  const gate: Real = { up, lines: [], down: openSync(`${path}.down`, 'r+'), wake: () => undefined }
  let rest = ''
  up.on('data', (chunk: Buffer) => {
    const parts = (rest + chunk.toString('utf8')).split('\n')
    rest = parts.pop() ?? ''
    gate.lines.push(...parts)
    gate.wake()
  })
  return gate
}

/** Returns whether the process still holds resources. A zombie without other threads has freed everything. */
function isThere(pid: number): boolean {
  try {
    const isZombie = /^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'))
    return !isZombie || readdirSync(`/proc/${pid}/task`).length > 1
  } catch {
    return false
  }
}

/** Returns the result of the exploration, without what a real process cannot report. */
function comparable(name: string, result: Plain): Plain {
  if (name === 'listeners') return (result as readonly Plain[]).length
  if (name === 'inspect') return (result as readonly (readonly number[])[]).map(([pid = 0]) => pid)
  if (name === 'scan') {
    const { holder, daemons } = result as { holder: Plain; daemons: readonly { readonly pid: number }[] }
    return { holder, daemons: daemons.map(({ pid }) => pid) }
  }
  return result
}
