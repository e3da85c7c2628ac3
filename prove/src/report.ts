import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { cpus, release } from 'node:os'
import type { Order, Part, Result } from './part.js'

const DOCS = new URL('../../docs/proofs/', import.meta.url)

/** The figures of a part, as they are stored in `docs/proofs/figures`. */
export interface Kept extends Result {
  readonly command: string
  /** `2026-11-26`. */
  readonly date: string
  readonly machine: string
  readonly seconds: number
}

/** How many failures are printed; the others are only counted. */
const SHOWN = 20

/** Returns whether every goal is met and no trial failed. */
export function isGood({ figures, failures }: Result): boolean {
  return failures.length === 0 && figures.every(({ met }) => met)
}

/** Returns the figures as a table in Markdown. */
export function tableOf({ figures }: Result): string {
  const rows = [
    ['what', 'figure', 'goal', 'met'],
    ...figures.map(({ what, value, goal, met }) => [
      what,
      String(value),
      goal,
      goal === '' ? '' : met ? 'yes' : '**no**',
    ]),
  ]
  const widths = [0, 1, 2, 3].map((column) => Math.max(...rows.map((row) => row[column]?.length ?? 0), 3))
  const line = (cells: readonly string[]): string =>
    `| ${widths.map((width, column) => (cells[column] ?? '').padEnd(width)).join(' | ')} |`
  const rule = line(widths.map((width) => '-'.repeat(width)))
  return [line(rows[0] ?? []), rule, ...rows.slice(1).map((row) => line(row))].join('\n')
}

/** Returns a line for each failure, at most twenty, and one line for the rest. */
export function failuresOf({ failures }: Result): readonly string[] {
  const shown = failures.slice(0, SHOWN).map(({ trial, why }) => `FAILED ${trial}: ${why}`)
  return failures.length > SHOWN ? [...shown, `and ${failures.length - SHOWN} more`] : shown
}

/** Returns the figures as they are shown in the page of their part. */
export function printKept(kept: Kept): string {
  const { command, date, machine, seconds } = kept
  return `\n${tableOf(kept)}\n\n\`${command}\`, ${date}: ${seconds} s on ${machine}.\n\n`
}

/** Returns the marker that precedes the figures of a part. Exactly one page contains it. */
export function markOf(id: string): string {
  return `<!-- figures: ${id} -->\n`
}

/** Returns the page with these figures between the marker and the next `<!-- /figures -->`. */
export function withFigures(page: string, id: string, kept: Kept): string {
  const begin = page.indexOf(markOf(id)) + markOf(id).length
  return page.slice(0, begin) + printKept(kept) + page.slice(page.indexOf('<!-- /figures -->', begin))
}

/** Stores the figures with the command that produced them, the date and the machine, and writes them into the page. */
export function writeFigures(part: Part, order: Order, result: Result, seconds: number): void {
  const short = order.size === 'short' ? ' --short' : ''
  const trials = order.trials === null ? '' : ` --trials ${order.trials}`
  const kept: Kept = {
    command: `npm run prove -- ${part.id} --seed ${order.seed}${short}${trials}`,
    date: new Date().toISOString().slice(0, 10),
    machine: `${cpus().length} cores, ${process.platform} ${release().split('.').slice(0, 2).join('.')}, Node ${process.versions.node}`,
    seconds,
    ...result,
  }
  mkdirSync(new URL('figures/', DOCS), { recursive: true })
  writeFileSync(new URL(`figures/${part.id}.json`, DOCS), `${JSON.stringify(kept, null, 2)}\n`)
  const pages = readdirSync(DOCS).filter((name) => name.endsWith('.md'))
  for (const page of pages.map((name) => new URL(name, DOCS))) {
    const text = readFileSync(page, 'utf8')
    if (text.includes(markOf(part.id))) writeFileSync(page, withFigures(text, part.id, kept))
  }
}
