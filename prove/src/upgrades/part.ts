import { cpus, loadavg } from 'node:os'
import { fileURLToPath } from 'node:url'
import type { Failure, Figure, Order, Part, Result } from '../part.js'
import { runWorker, whyImpossible } from '../stage/namespaces.js'
import type { Kind } from './kinds.js'
import type { Seen } from './scene.js'
import type { Task } from './worker.js'

const WORKER = fileURLToPath(new URL('./worker.js', import.meta.url))

type Rounds = Readonly<Partial<Record<Kind, number>>>

const FULL: Rounds = {
  'in-place': 16,
  'purged-path': 12,
  'another-node': 8,
  'mtime-only': 10,
  downgrade: 6,
  'half-written': 10,
  removed: 6,
}
const SHORT: Rounds = { 'in-place': 1, 'mtime-only': 1 }
const HAND_OVER_MS = 1_000
const HAND_OVERS = 40
/** The minimum number of samples for which a 95 % share is meaningful. */
const LEAST_JUDGED = 10
/** The maximum percentage of commands that may start while the first files are incomplete. */
const UNSTARTED_PERCENT = 5

export const upgrades: Part = {
  id: 'upgrades',
  title: 'An upgrade loses no request, restarts nothing without need, and never leaves two daemons.',
  run,
}

async function run({ seed, size, trials, say }: Order): Promise<Result> {
  const impossible = whyImpossible()
  if (impossible !== null) throw new Error(impossible)
  const usual = size === 'short' ? SHORT : FULL
  const only = process.env['PROVE_ONLY']
  const chosen = Object.entries(usual).filter(([kind]) => only === undefined || kind === only)
  const rounds: Rounds = Object.fromEntries(chosen.map(([kind, count]) => [kind, trials ?? count]))
  const scenes = new Map<string, Seen>()
  const loads: number[] = []
  await runWorker(WORKER, { seed, rounds } satisfies Task, ({ kind, ...seen }) => {
    scenes.set(kind, seen)
    loads.push(loadavg()[0] ?? 0)
    say(
      `${kind}: ${seen.handOvers.length} hand-overs, ${seen.requests} requests, wrong: ${seen.wrong.join('; ')}`,
    )
  })
  const load = Math.max(...loads, 0).toFixed(1)
  return { figures: figuresOf(scenes, load, size === 'short'), failures: failuresOf(scenes) }
}

function failuresOf(scenes: ReadonlyMap<string, Seen>): readonly Failure[] {
  return [...scenes].flatMap(([trial, { wrong }]) => wrong.map((why) => ({ trial, why })))
}

function figuresOf(scenes: ReadonlyMap<string, Seen>, load: string, isShort: boolean): readonly Figure[] {
  const all = [...scenes.values()]
  const sum = (of: (seen: Seen) => number): number => all.reduce((total, seen) => total + of(seen), 0)
  const counted = (what: string, value: number | string): Figure => ({ what, value, goal: '', met: true })
  const zero = (what: string, value: number): Figure => ({ what, value, goal: '0', met: value === 0 })
  const times = all.flatMap(({ handOvers }) => handOvers).toSorted((a, b) => a - b)
  const processor = all.flatMap((seen) => seen.processor).toSorted((a, b) => a - b)
  // Elapsed time also depends on how busy the machine is, so it is judged only for hand-overs during which the witness
  // saw no busy machine.
  const onTime = all.flatMap((seen) => seen.onTime).toSorted((a, b) => a - b)
  const judged = (what: string, sorted: readonly number[]): Figure => {
    const isJudged = !isShort && sorted.length >= LEAST_JUDGED
    const ms = at(sorted, 0.95)
    return {
      what,
      value: `${ms} ms`,
      goal: isJudged ? `< ${HAND_OVER_MS} ms` : '',
      met: !isJudged || ms < HAND_OVER_MS,
    }
  }
  const commands = sum((seen) => seen.commands)
  const mostUnstarted = Math.ceil((commands * UNSTARTED_PERCENT) / 100)
  const most = Math.max(...all.map(({ mostDaemons }) => mostDaemons), 0)
  return [
    ...[...scenes].map(([kind, seen]) => counted(`hand-overs, ${kind}`, seen.handOvers.length)),
    {
      what: 'hand-overs',
      value: times.length,
      goal: isShort ? '' : `>= ${HAND_OVERS}`,
      met: isShort || times.length >= HAND_OVERS,
    },
    counted('hand-over, median', `${at(times, 0.5)} ms`),
    counted('hand-over, 95 %', `${at(times, 0.95)} ms`),
    counted('of them while no busy machine was seen', onTime.length),
    judged('hand-over, 95 % of these', onTime),
    counted('of it processor time of command and daemon, median', `${at(processor, 0.5)} ms`),
    judged('of it processor time of command and daemon, 95 %', processor),
    counted('load of the machine meanwhile', `${load} on ${cpus().length} cores`),
    counted(
      'requests answered',
      sum(({ requests }) => requests),
    ),
    counted('requests refused and tried again', refusedIn(all)),
    zero(
      'requests lost',
      sum(({ lost }) => lost),
    ),
    counted('commands meanwhile', commands),
    {
      what: 'forgiven: commands that Node could not begin, as a file that it reads first was not whole',
      value: sum(({ unstarted }) => unstarted),
      goal: `<= ${mostUnstarted}`,
      met: sum(({ unstarted }) => unstarted) <= mostUnstarted,
    },
    zero(
      'restarts without a newer version',
      sum(({ restarts }) => restarts),
    ),
    counted(
      'looks at the listeners',
      sum(({ samples }) => samples),
    ),
    { what: 'most daemons at one moment', value: most, goal: '1', met: most === 1 },
    zero(
      'things wrong',
      sum(({ wrong }) => wrong.length),
    ),
  ]
}

function refusedIn(all: readonly Seen[]): string {
  const total: Record<string, number> = {}
  for (const { refused } of all)
    for (const [code, count] of Object.entries(refused)) total[code] = (total[code] ?? 0) + count
  const said = Object.entries(total).map(([code, count]) => `${count} ${code}`)
  return said.length === 0 ? '0' : said.join(', ')
}

function at(sorted: readonly number[], share: number): number {
  return Math.round(sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0)
}
