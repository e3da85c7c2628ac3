import { join } from 'node:path'
import { randomOf } from '../random.js'
import { ACTIONS, perform, type Action } from './actions.js'
import { callsIn, KNOWN, type Call } from './calls.js'
import type { createStage } from './stage.js'

type Stage = ReturnType<typeof createStage>

/** Runs each action once without a fault, and returns its calls. A short run enumerates one or two actions. */
export async function enumerate(
  stage: Stage,
  { seed, size, only }: { seed: number; size: 'full' | 'short'; only: string },
): Promise<ReadonlyMap<string, readonly Call[]>> {
  const random = randomOf(seed)
  const quick = ACTIONS.filter(({ needsOrphans }) => !needsOrphans)
  const actions = size === 'short' ? [random.pick(quick)] : ACTIONS
  const wanted = only === '' ? actions : ACTIONS.filter(({ id }) => only.startsWith(`${id} `))
  const calls = new Map<string, readonly Call[]>()
  const aging = wanted.filter(({ needsOrphans }) => needsOrphans).length
  if (aging > 0) stage.prepareOrphans(aging)
  for (const action of wanted.toSorted(
    (a, b) => Number(a.needsOrphans ?? false) - Number(b.needsOrphans ?? false),
  ))
    calls.set(action.id, await callsOf(stage, action, TRIES))
  return calls
}

/** How often an action is tried. Tracing every call is so slow that a command may give up on a busy machine. */
const TRIES = 3

async function callsOf(stage: Stage, action: Action, tries: number): Promise<readonly Call[]> {
  if (action.needsOrphans) await stage.waitForOrphans()
  const place = stage.make(action.needsOrphans)
  await action.prepare?.(place)
  const trace = join(stage.base, `${action.id}.trace`)
  const ran = await perform(action, place, [...tracing(action, trace), ...kinds(action)])
  await stage.clear(place)
  if (ran.status === 0) return callsIn(trace, place.base)
  if (tries <= 1 || action.needsOrphans)
    throw new Error(`${action.id} does not work undisturbed: ${ran.stderr}`)
  return callsOf(stage, action, tries - 1)
}

/**
 * Returns the kinds of calls to trace. If every call of a command and its daemon were traced, the command could take so
 * long that it gives up.
 */
function kinds({ reach }: Action): readonly string[] {
  return reach === 'all' ? ['--seccomp-bpf', '-e', `trace=${KNOWN.join()}`] : []
}

/**
 * Returns the tracer command that precedes a command line. It either follows the processes that the command starts or
 * detaches from them. With a kernel filter it is faster, but can inject only errors, not signals.
 */
export function tracing(action: Action, trace: string, filter: readonly string[] = []): readonly string[] {
  const reach =
    action.reach === 'command'
      ? ['-b', 'execve']
      : filter.some((word) => word.includes(':error='))
        ? ['--seccomp-bpf']
        : []
  return ['strace', '-D', '-f', ...reach, '-q', '-y', '-o', trace, ...filter]
}
