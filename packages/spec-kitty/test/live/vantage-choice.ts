import { entriesFrom } from './vantage-entries.js'
import type { Cell, Outcome } from './vantage-cells.js'
import type { Vantage } from './vantage-places.js'
import { PROJECTS, ROOTS, type Scope } from './vantage-scopes.js'

/** Which cells there are, which are run, and how they are told. */

/** Nothing tells of the root that only holds the dashboards' files, nor of a project with two processes. */
const UNTOLD: ReadonlySet<Scope> = new Set(['home', 'orphan', 'p-fork'])
const SCOPES: readonly Scope[] = [...ROOTS, ...PROJECTS].filter((scope) => !UNTOLD.has(scope))
/** What is true of a scope hangs on the vantage, and not on every single limit. */
const LIMITED_SCOPES: readonly Scope[] = ['live', 'old', 'p-live']

/** Of the cells that are chosen: those with a limit are the most, those that tell a truth take the longest. */
const SHARES = { limited: 0.3, truth: 0.2 } as const

export function cellsOf(vantages: readonly Vantage[]): readonly Cell[] {
  return vantages.flatMap((vantage) => {
    const isLimited = vantage.sight === 'short'
    return [
      ...entriesFrom(isLimited).map((entry) => ({ vantage, entry })),
      ...(isLimited ? LIMITED_SCOPES : SCOPES).map((scope) => ({ vantage, scope })),
    ]
  })
}

/** Returns that many cells, chosen at random, in an order that leaves what must be old for the end. */
export function choose(cells: readonly Cell[], count: number, random: () => number): readonly Cell[] {
  if (count >= cells.length) return inOrder(cells)
  const shuffled = cells.map((cell) => ({ cell, key: random() })).toSorted((a, b) => a.key - b.key)
  const of = (kind: string): readonly Cell[] =>
    shuffled.filter(({ cell }) => kindOf(cell) === kind).map(({ cell }) => cell)
  const limited = of('limited').slice(0, Math.round(count * SHARES.limited))
  const truth = of('truth').slice(0, Math.round(count * SHARES.truth))
  const others = of('other').slice(0, count - limited.length - truth.length)
  return inOrder([...limited, ...truth, ...others])
}

function kindOf(cell: Cell): keyof typeof SHARES | 'other' {
  if (cell.vantage.sight === 'short') return 'limited'
  return 'entry' in cell ? 'other' : 'truth'
}

/** A predecessor's daemon has to be half a minute old before it is ended: those cells come last. */
export function inOrder(cells: readonly Cell[]): readonly Cell[] {
  const endsOld = (cell: Cell): boolean => 'entry' in cell && cell.entry.ends.includes('oldStale')
  return [...cells.filter((cell) => !endsOld(cell)), ...cells.filter(endsOld)]
}

const COLUMNS = ['cells', 'ended', 'wrongful', 'contradictions', 'faults'] as const

type Row = Readonly<Record<(typeof COLUMNS)[number], number>>

/** Returns the table: a line for each vantage and for each entry point, and one for all. */
export function tableOf(outcomes: readonly Outcome[]): string {
  const by = (key: 'vantage' | 'entry'): readonly string[] =>
    [...new Set(outcomes.map((one) => one[key]))].map((name) =>
      line(name, rowOf(outcomes.filter((one) => one[key] === name))),
    )
  const head = ['vantage'.padEnd(48), ...COLUMNS.map((column) => column.padStart(15))].join('')
  return [head, ...by('vantage'), '', ...by('entry'), '', line('all', rowOf(outcomes))].join('\n')
}

function rowOf(outcomes: readonly Outcome[]): Row {
  const count = (key: Exclude<keyof Outcome, 'vantage' | 'entry'>): number =>
    outcomes.reduce((sum, one) => sum + one[key].length, 0)
  return {
    cells: outcomes.length,
    ended: count('ended'),
    wrongful: count('wrongful'),
    contradictions: count('contradictions'),
    faults: count('faults'),
  }
}

function line(name: string, row: Row): string {
  return [name.padEnd(48), ...COLUMNS.map((column) => String(row[column]).padStart(15))].join('')
}
