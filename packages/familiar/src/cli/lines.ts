import type { Line, LineStyle } from '../doctor/document.js'
import { paint, type Io } from './io.js'
import { printable } from './printable.js'
import { columnsOf, padTo, wrapWords } from './width.js'

const GAP = 2

/** A text is not broken into lines shorter than this. */
const LEAST_COLUMNS = 30

/** Returns a line, painted where it has a style. */
export function lineOf(label: string, text: string, style: LineStyle | undefined): Line {
  return style === undefined ? [label, text] : [label, text, style]
}

/**
 * Returns the lines with their texts below each other, safe to show on a terminal. A text that is too long for it goes on
 * below its own begin.
 */
export function formatLines(
  lines: readonly Line[],
  screen: Pick<Io, 'columns' | 'hasColor'> = { columns: null, hasColor: false },
): readonly string[] {
  const width = Math.max(...lines.map(([label]) => columnsOf(printable(label)))) + GAP
  const room = screen.columns === null ? null : Math.max(LEAST_COLUMNS, screen.columns - width)
  return lines.flatMap(([label, text, style]) =>
    wrapWords(printable(text), room).map((part, index) => {
      const shown = style === undefined ? part : paint(screen, style, part)
      return `${padTo(index === 0 ? printable(label) : '', width, 'right')}${shown}`
    }),
  )
}
