import type { Ran } from '../helpers/cli.js'
import { faultsOf, lackFaults, refusalFaults } from './vantage-answers.js'
import type { Entry } from './vantage-entries.js'
import type { Fleet } from './vantage-fleet.js'
import type { Places, Vantage } from './vantage-places.js'
import { daemonsBelow } from './vantage-processes.js'
import { rulingOf } from './vantage-rules.js'
import type { Scope } from './vantage-scopes.js'
import { contradictionsOf } from './vantage-known.js'
import { claimOf, tellersOf, type Claim } from './vantage-truth.js'
import { run, settle, untilOld } from './vantage-run.js'

/** One run: an entry point from a vantage, or all that tell of one scope from a vantage. */
export type Cell =
  | { readonly vantage: Vantage; readonly entry: Entry }
  | { readonly vantage: Vantage; readonly scope: Scope }

export interface Outcome {
  readonly vantage: string
  readonly entry: string
  readonly ended: readonly string[]
  /** Victims that were ended and must not be. */
  readonly wrongful: readonly string[]
  /** Commands that contradict each other, or what is so. */
  readonly contradictions: readonly string[]
  /** Victims that are left and must not be, and answers that are none. */
  readonly faults: readonly string[]
}

export function nameOf(cell: Cell): string {
  return 'entry' in cell ? cell.entry.name : `one truth @ ${cell.scope}`
}

type Done = Omit<Outcome, 'vantage' | 'entry'>

/** Runs a cell against the fleet. */
export async function runCell(cell: Cell, fleet: Fleet, places: Places, settleMs: number): Promise<Outcome> {
  const done =
    'entry' in cell
      ? (await runEntry(cell.vantage, cell.entry, fleet, settleMs)).done
      : await runTruth(cell, fleet, settleMs)
  places.tidy()
  return { vantage: cell.vantage.name, entry: nameOf(cell), ...done }
}

/** Runs an entry point against the fleet, which is whole before, and whole again afterwards. */
async function runEntry(
  vantage: Vantage,
  entry: Entry,
  fleet: Fleet,
  settleMs: number,
): Promise<{ readonly ran: Ran; readonly done: Done }> {
  await untilOld(vantage, entry, fleet)
  const ages = agesOf(fleet)
  const { must, may } = rulingOf(vantage, entry, (name) => ages.get(name) ?? 0)
  const known = new Set(daemonsBelow(fleet.scopes.base))
  const ran = await run(vantage, entry, fleet)
  await settle(fleet, must, known, settleMs)
  // A daemon that was started may end something until it ends itself, which is when the fleet is made whole.
  const ended = await fleet.restore()
  const wrongful = ended.filter((name) => !may.includes(name))
  const left = must.filter((name) => !ended.includes(name)).map((name) => `${name} is left`)
  const found = [
    ...left,
    ...faultsOf(vantage, ran, entry.args ?? []),
    ...lackFaults(vantage, entry, ran, ended),
    ...refusalFaults(vantage, entry, ran),
  ]
  const faults = found.map((one) => explained(one, ran))
  return { ran, done: { ended, wrongful, contradictions: [], faults } }
}

function agesOf({ victims }: Fleet): ReadonlyMap<string, number> {
  const now = performance.now()
  return new Map([...victims].map(([name, { startedAt }]) => [name, now - startedAt]))
}

function explained(fault: string, { status, stdout, stderr }: Ran): string {
  const said = `${stderr} ${stdout}`.replaceAll(/\s+/g, ' ').trim().slice(0, 200)
  return `${fault} (exit ${status}: ${said})`
}

/** Beside a predecessor's dashboard ours may start, and says nothing of that one. */
const SILENT_STARTS: ReadonlySet<Scope> = new Set(['p-old'])

/** All that tell of a scope, each before the same fleet. */
async function runTruth(
  { vantage, scope }: { readonly vantage: Vantage; readonly scope: Scope },
  fleet: Fleet,
  settleMs: number,
): Promise<Done> {
  const claims = new Map<string, Claim>()
  const all: Done[] = []
  for (const teller of tellersOf(scope)) {
    const { ran, done } = await runEntry(vantage, teller.entry, fleet, settleMs)
    if (!(teller.name === 'start' && SILENT_STARTS.has(scope)))
      claims.set(teller.name, claimOf(teller, ran, fleet.scopes.at(scope)))
    all.push(named(teller.name, done))
  }
  return { ...joined(all), contradictions: contradictionsOf(vantage, scope, claims) }
}

function named(name: string, { ended, wrongful, faults }: Done): Done {
  const say = (texts: readonly string[]): readonly string[] => texts.map((text) => `${name}: ${text}`)
  return { ended, wrongful: say(wrongful), contradictions: [], faults: say(faults) }
}

function joined(all: readonly Done[]): Omit<Done, 'contradictions'> {
  return {
    ended: all.flatMap(({ ended }) => ended),
    wrongful: all.flatMap(({ wrongful }) => wrongful),
    faults: all.flatMap(({ faults }) => faults),
  }
}
