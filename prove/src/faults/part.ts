import { fileURLToPath } from 'node:url'
import type { Failure, Figure, Order, Part, Result } from '../part.js'
import { BUILT } from '../stage/builds.js'
import { runWorker, whyImpossible } from '../stage/namespaces.js'
import type { Outcome } from './trial.js'
import type { Task } from './worker.js'

const WORKER = fileURLToPath(new URL('./worker.js', import.meta.url))

/** Two workers even on few cores, because each waits often. */
const WORKERS = 2
/**
 * The time limit of a full run, which does as many trials as fit, in the order of the seed. `--trials 100000` does all,
 * which takes hours.
 */
const FULL_MINUTES = 15
const ALL = 100_000
const LEAST = 150
const SHORT = 6
/** The time limit of the next command. It takes 1 s; if it has to wait for a process, C4 allows it 2 s more. */
const NEXT_MS = 3_000
/** The maximum percentage of trials that may be forgiven for the same reason. */
const FORGIVEN_PERCENT = 5
/** The same limit for failures in Node's own calls, which our code cannot handle. A quarter of the trials affects such calls. */
const NODES_PERCENT = 10

interface PlanSize {
  readonly possible: number
  readonly ours: number
  readonly calls: number
}

export const faults: Part = {
  id: 'faults',
  title:
    'After a fault at any call there is at most one daemon, nothing is lost, and the next command works.',
  run: (order) => runWith(order, BUILT, process.env['PROVE_ONLY'] ?? ''),
}

/** Runs the trials with this package: ours, or a copy with a bug in it. */
export async function runWith(order: Order, tool: string, only: string): Promise<Result> {
  const impossible = whyImpossible(['strace', 'nsenter'])
  if (impossible !== null) throw new Error(impossible)
  const isShort = order.size === 'short'
  const trials = order.trials ?? (isShort ? SHORT : ALL)
  const minutes = Number(process.env['PROVE_MINUTES'] ?? FULL_MINUTES)
  const limitMs = order.trials === null && !isShort ? minutes * 60_000 : null
  const of = isShort || only !== '' ? 1 : WORKERS
  const outcomes: Outcome[] = []
  let plan: PlanSize = { possible: 0, ours: 0, calls: 0 }
  const onLine = (line: any): void => {
    if (line.kind === 'plan') plan = line
    else outcomes.push(line)
    if (line.kind === 'trial' && outcomes.length % 50 === 0) order.say(`${outcomes.length} trials`)
    if (line.kind === 'trial' && line.wrong.length > 0)
      order.say(`WRONG ${line.name}: ${line.wrong.join('; ')}`)
  }
  const share = Array.from({ length: of }, (_, number) => ({ number, of }))
  await Promise.all(
    share.map((one) =>
      runWorker(
        WORKER,
        { seed: order.seed, trials, size: order.size, share: one, tool, only, limitMs } satisfies Task,
        onLine,
      ),
    ),
  )
  return { figures: figuresOf(outcomes, plan, isShort), failures: failuresOf(outcomes) }
}

function failuresOf(outcomes: readonly Outcome[]): readonly Failure[] {
  return outcomes
    .filter(({ wrong }) => wrong.length > 0)
    .map(({ name, wrong }) => ({ trial: name, why: wrong.join('; ') }))
}

function figuresOf(outcomes: readonly Outcome[], plan: PlanSize, isShort: boolean): readonly Figure[] {
  const count = (condition: (one: Outcome) => boolean): number => outcomes.filter(condition).length
  const sum = (of: (one: Outcome) => number): number => outcomes.reduce((total, one) => total + of(one), 0)
  const wrong = count((one) => one.wrong.length > 0)
  const isCall = (one: Outcome): boolean => /^(?:E[A-Z]+|SIGKILL)$/.test(one.fault)
  const counted = (what: string, value: number | string): Figure => ({ what, value, goal: '', met: true })
  const actions = [...new Set(outcomes.map(({ action }) => action))].toSorted()
  const hardships = [...new Set(outcomes.filter((one) => !isCall(one)).map(({ fault }) => fault))].toSorted()
  const prompt = outcomes.filter(({ isBusy }) => !isBusy)
  const times = prompt.map(({ nextMs }) => nextMs).toSorted((a, b) => a - b)
  const p95 = Math.round(times[Math.floor(times.length * 0.95)] ?? 0)
  const forgiven = (why: string, value: number, percent = FORGIVEN_PERCENT): Figure => {
    const most = Math.ceil((outcomes.length * percent) / 100)
    return { what: `forgiven: ${why}`, value, goal: `<= ${most}`, met: value <= most }
  }
  return [
    {
      what: 'trials',
      value: outcomes.length,
      goal: isShort ? '' : `>= ${LEAST}`,
      met: isShort || outcomes.length >= LEAST,
    },
    counted('calls that the actions make', plan.calls),
    counted('of them on our files, sockets, children and signals', plan.ours),
    counted('trials that all of these would be', plan.possible),
    counted(
      'SIGKILL at a call',
      count(({ fault, isHit }) => fault === 'SIGKILL' && isHit),
    ),
    counted(
      'errors at a call that is ours',
      count((one) => isCall(one) && one.fault !== 'SIGKILL' && one.isHit && one.isOurs),
    ),
    counted(
      "errors at a call of Node's own",
      count((one) => isCall(one) && one.fault !== 'SIGKILL' && one.isHit && !one.isOurs),
    ),
    counted(
      'faults whose call did not come this time',
      count((one) => !one.isHit),
    ),
    ...actions.map((id) =>
      counted(
        `trials of ${id}`,
        count(({ action }) => action === id),
      ),
    ),
    ...hardships.map((id) =>
      counted(
        `trials of ${id}`,
        count(({ fault }) => fault === id),
      ),
    ),
    counted(
      'events acknowledged',
      sum(({ acknowledged }) => acknowledged),
    ),
    { what: 'events lost', value: sum(({ lost }) => lost), goal: '0', met: sum(({ lost }) => lost) === 0 },
    counted('next commands while the machine was seen to be busy', outcomes.length - prompt.length),
    {
      what: 'the other next commands, 95 % within',
      value: `${p95} ms`,
      goal: `< ${NEXT_MS} ms`,
      met: p95 < NEXT_MS,
    },
    forgiven(
      'next commands run again (exit 75), while the machine was seen to be busy',
      sum(({ again }) => again),
    ),
    forgiven(
      'next commands during or after which the daemon met the fault; the one after that worked',
      count(({ isHitNow }) => isHitNow),
    ),
    forgiven(
      'called internal: a file of the package could not be read',
      count(({ isInternal }) => isInternal),
    ),
    forgiven(
      "said in Node's words, or hung: the fault met a call of Node's own",
      count(({ isNodes }) => isNodes),
      NODES_PERCENT,
    ),
    { what: 'trials with something wrong', value: wrong, goal: '0', met: wrong === 0 },
  ]
}
