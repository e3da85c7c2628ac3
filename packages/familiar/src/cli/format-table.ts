import { paint, type Io, type Style } from './io.js'
import { printable } from './printable.js'
import { columnsOf, padTo, shortenEnd, shortenMiddle, wrapWords } from './text-width.js'

export interface Column<T> {
  readonly title: string
  readonly align?: 'right'
  readonly cell: (row: T) => string
  /** Which part of a cell is left out if the terminal is too narrow: the middle of a path, the end of a text. */
  readonly shorten?: 'middle' | 'end'
  /** True for a column that is dropped before any text is shortened. */
  readonly isExtra?: boolean
  readonly style?: (row: T) => Style | null
}

export interface Table {
  readonly header: string
  readonly rows: readonly string[]
  /** A line that says which columns are not shown; null if all are shown. */
  readonly hidden: string | null
}

type Screen = Pick<Io, 'columns' | 'hasColor'>

const GAP = '  '

/** The width of the mark that the caller puts to the left of every row. */
const MARK_WIDTH = 2

/** The least width to which a cell is shortened. A shorter rest would say nothing. */
const LEAST_COLUMNS = { middle: 20, end: 12 } as const

/**
 * Returns a table for this terminal. If it is too narrow, paths are shortened first. Then the extra columns are dropped, from
 * the right, then texts lose their ends, and only then other columns are dropped. The table says which are not shown. In a
 * pipe, everything is printed in full.
 */
export function layTable<T>(columns: readonly Column<T>[], rows: readonly T[], screen: Screen): Table {
  const cells = columns.map((column) => rows.map((row) => printable(column.cell(row))))
  const natural = columns.map(({ title }, index) =>
    (cells[index] ?? []).reduce((most, cell) => Math.max(most, columnsOf(cell)), columnsOf(title)),
  )
  const widths = screen.columns === null ? natural : fit(columns, natural, screen.columns - MARK_WIDTH)
  const shown = columns.slice(0, widths.length)
  const line = (textOf: (index: number) => string, style: (index: number) => Style | null): string =>
    shown
      .map((column, index) => {
        const text = placed(textOf(index), column, widths[index] ?? 0, index === shown.length - 1)
        const painted = style(index)
        return painted === null ? text : paint(screen, painted, text)
      })
      .join(GAP)
      .trimEnd()
  return {
    header: line(
      (index) => shown[index]?.title ?? '',
      () => null,
    ),
    rows: rows.map((row, at) =>
      line(
        (index) => cells[index]?.[at] ?? '',
        (index) => shown[index]?.style?.(row) ?? null,
      ),
    ),
    hidden: hiddenText(columns.slice(widths.length).map(({ title }) => title)),
  }
}

/** Returns the table as lines: its header, its rows and, after them, which columns are not shown. */
export function formatTable<T>(
  columns: readonly Column<T>[],
  rows: readonly T[],
  width: number | null,
): readonly string[] {
  const { header, rows: lines, hidden } = layTable(columns, rows, { columns: width, hasColor: false })
  return [header, ...lines, ...(hidden === null ? [] : wrapWords(hidden, width))]
}

function hiddenText(titles: readonly string[]): string | null {
  return titles.length === 0 ? null : `${titles.join(', ')} not shown: widen the terminal, or --json`
}

/** Returns the widths of the columns that are shown. */
function fit<T>(
  columns: readonly Column<T>[],
  natural: readonly number[],
  available: number,
): readonly number[] {
  const kept = columns.filter(({ isExtra }) => isExtra !== true).length
  for (let shown = columns.length; shown > 1; shown--) {
    const room = available - GAP.length * (shown - 1)
    const kinds = shown > kept ? PATHS_ONLY : PATHS_AND_TEXTS
    const widths = shrink(columns.slice(0, shown), natural, room, kinds)
    if (widths !== null) return widths
  }
  return [Math.max(1, Math.min(natural[0] ?? 1, available))]
}

const PATHS_ONLY = ['middle'] as const
const PATHS_AND_TEXTS = ['middle', 'end'] as const

/** Returns widths that fit into the available space; null if there are none. */
function shrink<T>(
  columns: readonly Column<T>[],
  natural: readonly number[],
  room: number,
  kinds: readonly ('middle' | 'end')[],
): readonly number[] | null {
  const widths = natural.slice(0, columns.length)
  let excess = widths.reduce((sum, width) => sum + width, 0) - room
  for (const kind of kinds) {
    for (let index = columns.length - 1; index >= 0 && excess > 0; index--) {
      const width = widths[index] ?? 0
      if (columns[index]?.shorten !== kind) continue
      const taken = Math.min(excess, Math.max(0, width - LEAST_COLUMNS[kind]))
      widths[index] = width - taken
      excess -= taken
    }
  }
  return excess > 0 ? null : widths
}

function placed<T>(text: string, { align, shorten }: Column<T>, width: number, isLast: boolean): string {
  const short = shorten === 'middle' ? shortenMiddle(text, width) : shortenEnd(text, width)
  if (align !== 'right' && isLast) return short
  return padTo(short, width, align === 'right' ? 'left' : 'right')
}
