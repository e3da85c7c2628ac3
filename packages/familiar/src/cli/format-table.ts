import { paint, type Io, type Style } from './io.js'
import { printable } from './printable.js'
import { columnsOf, padTo, shortenEnd, shortenMiddle, wrapWords } from './text-width.js'

export interface Column<T> {
  readonly title: string
  readonly align?: 'right'
  readonly cell: (row: T) => string
  /** Where a cell is shortened if the terminal is too narrow: a path in the middle, a text at its end. */
  readonly shorten?: 'middle' | 'end'
  /** True for a column that is dropped before any text is shortened. Those that come first are more important. */
  readonly isExtra?: boolean
  /** True for a column that is dropped before the others of its kind. */
  readonly isLesser?: boolean
  /** Shortens a cell in place of `shortenMiddle`. */
  readonly shortened?: (text: string, columns: number) => string
  readonly style?: (row: T) => Style | null
}

export interface Table {
  readonly header: string
  readonly rows: readonly string[]
  /** A line that says which columns are not shown; null if all are shown. */
  readonly hidden: string | null
}

/** On a terminal, `~` stands for the home directory of the user in `env` where a path may be shortened. */
type Screen = Pick<Io, 'columns' | 'hasColor'> & Partial<Pick<Io, 'env'>>

const GAP = '  '

/** The width of the mark that the caller prints to the left of every row. */
const MARK_WIDTH = 2

interface Step {
  readonly kind: 'middle' | 'end'
  /** The minimum width to which a cell is shortened. */
  readonly least: number
}

/** How cells are shortened, step by step. Both ends of a path are still recognisable in 20 columns. */
const PATHS: readonly Step[] = [{ kind: 'middle', least: 20 }]
const STEPS: readonly Step[] = [...PATHS, { kind: 'end', least: 12 }, { kind: 'middle', least: 12 }]

/**
 * Returns a table that fits this terminal. If the terminal is too narrow, paths are shortened. Of the extra columns, from
 * the left, the lesser ones last, each is shown for which there is room then. If there is none even without them, texts lose their ends; paths are
 * shortened further; other columns are dropped, the lesser ones first. The table says which columns are not shown. In a
 * pipe, everything is printed in full.
 */
export function layTable<T>(columns: readonly Column<T>[], rows: readonly T[], screen: Screen): Table {
  const home = screen.columns === null ? undefined : screen.env?.['HOME']
  const textOf = ({ cell, shorten }: Column<T>, row: T): string =>
    shorten === 'middle' ? withTilde(cell(row), home) : cell(row)
  const cells = columns.map((column) => rows.map((row) => printable(textOf(column, row))))
  const natural = columns.map(({ title }, index) =>
    (cells[index] ?? []).reduce((most, cell) => Math.max(most, columnsOf(cell)), columnsOf(title)),
  )
  const widths = screen.columns === null ? natural : fit(columns, natural, screen.columns - MARK_WIDTH)
  const last = widths.findLastIndex((width) => width !== null)
  const line = (
    cellOf: (column: Column<T>, index: number) => string,
    style: (column: Column<T>) => Style | null,
  ): string =>
    columns
      .flatMap((column, index) => {
        const width = widths[index] ?? null
        if (width === null) return []
        const text = placed(cellOf(column, index), column, width, index === last)
        const painted = style(column)
        return [painted === null ? text : paint(screen, painted, text)]
      })
      .join(GAP)
      .trimEnd()
  return {
    header: line(
      ({ title }) => title,
      () => null,
    ),
    rows: rows.map((row, at) =>
      line(
        (_, index) => cells[index]?.[at] ?? '',
        ({ style }) => style?.(row) ?? null,
      ),
    ),
    hidden: hiddenText(columns.filter((_, index) => widths[index] === null).map(({ title }) => title)),
  }
}

/** Returns the path with `~` for the home directory of the user. */
export function withTilde(path: string, userHome = ''): string {
  return userHome.startsWith('/') && path.startsWith(`${userHome}/`)
    ? `~${path.slice(userHome.length)}`
    : path
}

/** Returns the table as lines: the header, the rows and, at the end, which columns are not shown. */
export function formatTable<T>(
  columns: readonly Column<T>[],
  rows: readonly T[],
  width: number | null,
  env: Io['env'] = {},
): readonly string[] {
  const { header, rows: lines, hidden } = layTable(columns, rows, { columns: width, hasColor: false, env })
  return [header, ...lines, ...(hidden === null ? [] : wrapWords(hidden, width))]
}

function hiddenText(titles: readonly string[]): string | null {
  return titles.length === 0 ? null : `${titles.join(', ')} not shown: widen the terminal, or --json`
}

/** The lowest rank of an extra column. Columns with higher ranks are less important. */
const EXTRA = 2

function rank<T>({ isExtra = false, isLesser = false }: Column<T>): number {
  return (isExtra ? EXTRA : 0) + (isLesser ? 1 : 0)
}

/** Returns the width of each column; null for one that is not shown. */
function fit<T>(
  columns: readonly Column<T>[],
  natural: readonly number[],
  available: number,
): readonly (number | null)[] {
  const ranks = columns.map(rank)
  const rankOf = (index: number): number => ranks[index] ?? 0
  const all = columns.map((_, index) => index)
  const byImportance = all.toSorted((one, other) => rankOf(one) - rankOf(other) || one - other)
  const widthsOf = (shown: readonly number[], steps: readonly Step[]): (number | null)[] | null => {
    const widths = natural.map((width, index) => (shown.includes(index) ? width : null))
    const room = available - GAP.length * (shown.length - 1)
    return shrink(columns, widths, room, steps) ? widths : null
  }
  const extra = byImportance.filter((index) => rankOf(index) >= EXTRA)
  const others = byImportance.filter((index) => rankOf(index) < EXTRA)
  let shown = others
  for (const index of extra) {
    const more = [...shown, index]
    if (widthsOf(more, PATHS) !== null) shown = more
  }
  if (shown.length > others.length) return widthsOf(shown, PATHS) ?? natural
  for (let count = others.length; count > 1; count--) {
    const widths = widthsOf(others.slice(0, count), STEPS)
    if (widths !== null) return widths
  }
  const [most = 0] = byImportance
  const width = Math.max(1, Math.min(natural[most] ?? 1, available))
  return all.map((index) => (index === most ? width : null))
}

/** Shortens the columns until they fit into the available space. Returns whether they do. */
function shrink<T>(
  columns: readonly Column<T>[],
  widths: (number | null)[],
  available: number,
  steps: readonly Step[],
): boolean {
  let excess = widths.reduce<number>((sum, width) => sum + (width ?? 0), 0) - available
  for (const { kind, least } of steps) {
    for (let index = columns.length - 1; index >= 0 && excess > 0; index--) {
      const width = widths[index] ?? null
      if (width === null || columns[index]?.shorten !== kind) continue
      const taken = Math.min(excess, Math.max(0, width - least))
      widths[index] = width - taken
      excess -= taken
    }
  }
  return excess <= 0
}

function placed<T>(
  text: string,
  { align, shorten, shortened = shortenMiddle }: Column<T>,
  width: number,
  isLast: boolean,
): string {
  const short = shorten === 'middle' ? shortened(text, width) : shortenEnd(text, width)
  if (align !== 'right' && isLast) return short
  return padTo(short, width, align === 'right' ? 'left' : 'right')
}
