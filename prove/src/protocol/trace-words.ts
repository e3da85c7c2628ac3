import { textOf, type Plain } from './effects.js'
import type { Explored } from './explore.js'
import { beginOf, type Automata } from './explore.js'
import type { Actor, Move, Scenario, World } from './world.js'
import { Machine } from './machine.js'

/** Returns a trace in words: one line per move, with the actor, its action and the result. */
export async function told(
  automata: Automata,
  scenario: Scenario,
  trace: readonly Move[],
): Promise<readonly string[]> {
  const machine = new Machine(automata.get, scenario)
  const world = await beginOf(machine, scenario)
  const lines: string[] = []
  for (const move of trace) {
    lines.push(lineOf(machine, world, move))
    await machine.make(world, move)
  }
  return lines
}

/** Returns the name of an actor in a trace. */
export function nameOf(world: World, index: number): string {
  const { kind, version, pid } = world.actors[index] as Actor
  return kind === 'client' ? `client ${index + 1} (version ${version})` : `daemon ${pid} (version ${version})`
}

export function lineOf(machine: Machine, world: World, { actor, kind }: Move): string {
  const who = nameOf(world, actor)
  if (kind === 'crash') return `${who} crashes`
  if (kind === 'reuse') return `another program gets the pid of ${who}`
  const { name, args } = machine.effect(world.actors[actor] as Actor)
  const result = machine.told(world, { actor, kind }) ?? null
  return `${who} ${phraseOf(name, args, result)}`
}

function phraseOf(name: string, args: readonly Plain[], result: Plain): string {
  const [first] = args
  const lock = first === 'life' ? 'the life-cycle lock' : 'the daemon lock'
  if (result === 'late') return `waits in vain (${name})`
  switch (name) {
    case 'lock.try':
      if (args[1] === 'probe')
        return `looks whether ${lock} is held: ${result === true ? 'it is free' : 'yes'}`
      return result === true ? `takes ${lock}` : `finds ${lock} busy`
    case 'lock.look':
      return `reads that ${lock} is ${result === true ? 'free' : 'held'}`
    case 'lock.take':
      return `writes its name into ${lock}`
    case 'lock.close':
      return `releases ${lock}`
    case 'record.read':
    case 'record.disk':
      return `reads the record: ${recordText(result)}`
    case 'record.write':
      return 'writes its record'
    case 'record.mark':
      return result === true ? 'marks the record as stopped' : 'leaves the record as it is'
    case 'handshake':
      return `asks daemon ${textOf(first)} for its proof: ${textOf(result).replace(/:.*/, '')}`
    case 'shutdown':
      return `asks daemon ${textOf(first)} to leave: ${textOf(result)}`
    case 'kill':
      return `sends ${textOf(args[1])} to process ${textOf(first)}: ${textOf(result)}`
    case 'spawn':
      return `starts daemon ${textOf(result)}`
    case 'pipe.send':
      return `says ${textOf(first)} on the startup pipe`
    case 'pipe.receive':
      return result === null
        ? 'sees the end of the startup pipe'
        : `reads ${textOf(result)} from the startup pipe`
    case 'pipe.close':
      return 'closes the startup pipe'
    case 'sleep':
      return 'wakes and looks again'
    case 'bind':
      return `listens on port ${textOf(result)}`
    case 'unlisten':
      return 'listens no more'
    case 'exit':
      return 'exits'
    case 'idle':
      return `gets ${textOf(result)}`
    case 'scan':
      return 'scans the machine'
    case 'inspect':
      return `looks which process ${textOf(first)} is: ${inspectedText(result)}`
    default:
      return `${name} ${args.map(textOf).join(' ')}: ${JSON.stringify(result)}`
  }
}

function recordText(result: Plain): string {
  if (result === null) return 'there is none'
  const { pid, version, state } = result as {
    readonly pid: number
    readonly version: number
    readonly state: string
  }
  return `daemon ${pid}, version ${version}, ${state}`
}

function inspectedText(result: Plain): string {
  const [found] = result as readonly (readonly [number, number])[]
  if (found === undefined) return 'gone'
  return found[1] < 0 ? 'another program' : 'the daemon'
}

/** Returns one line about an exploration. */
export function sizeOf({ states, moves, depth }: Explored): string {
  return `${states} states, ${moves} moves, depth ${depth}`
}
