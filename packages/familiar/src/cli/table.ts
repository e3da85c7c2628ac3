import { printable } from './printable.js'

export interface Column<T> {
  readonly title: string
  readonly align?: 'right'
  readonly cell: (row: T) => string
}

const GAP = '  '

/** The caller puts a mark of this width to the left of every row. */
const MARK_WIDTH = 2

/**
 * Returns a header and one line per row. On a terminal (`width` known), columns that do not fit are dropped from the
 * right; in a pipe, every column is printed in full.
 */
export function formatTable<T>(
  columns: readonly Column<T>[],
  rows: readonly T[],
  width: number | null,
): readonly string[] {
  const cells = columns.map((column) => [column.title, ...rows.map((row) => printable(column.cell(row)))])
  const widths = cells.map((column) => Math.max(...column.map((cell) => cell.length)))
  const shown = width === null ? columns.length : fitting(widths, width - MARK_WIDTH)
  return [undefined, ...rows].map((_, line) =>
    columns
      .slice(0, shown)
      .map((column, index) => align(cells[index]?.[line] ?? '', widths[index] ?? 0, column.align))
      .join(GAP)
      .trimEnd(),
  )
}

function fitting(widths: readonly number[], available: number): number {
  let used = -GAP.length
  for (const [index, width] of widths.entries()) {
    used += GAP.length + width
    if (used > available) return index
  }
  return widths.length
}

function align(text: string, width: number, side: 'right' | undefined): string {
  return side === 'right' ? text.padStart(width) : text.padEnd(width)
}
