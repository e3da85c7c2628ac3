import type { Line } from '../doctor/document.js'
import { splitComment } from '../define/shell-quote.js'
import { paint, type Io } from './io.js'
import { printable } from './printable.js'
import { columnsOf, padTo, wrapComment, wrapWords } from './text-width.js'

const GAP = 2

/** Text is never wrapped to fewer columns than this. */
const LEAST_COLUMNS = 30

/**
 * Returns the lines with their texts aligned, safe to show on a terminal. A text that is too long continues below its own
 * beginning. A command (cyan) is never broken, so that it can be copied; it starts further left if it fits only there.
 * If its comment does not fit beside it, the comment stands above. If a path or URL does not fit behind its label, it
 * stands below, further left, if it fits there.
 */
export function formatLines(
  lines: readonly Line[],
  screen: Pick<Io, 'columns' | 'hasColor'> = { columns: null, hasColor: false },
): readonly string[] {
  const width = Math.max(...lines.map(([label]) => columnsOf(printable(label)))) + GAP
  const room = screen.columns === null ? null : Math.max(LEAST_COLUMNS, screen.columns - width)
  return lines
    .flatMap((line) => commentApart(line, room))
    .flatMap(([label, ...text]) => {
      if (room !== null && isLongWord(label, text, room, screen)) return belowLabel(label, text, screen)
      const length = label === '' && text[1] === 'cyan' ? columnsOf(printable(text[0])) : 0
      const isHelped = room !== null && length > room && length + GAP <= (screen.columns ?? 0)
      const indent = isHelped ? GAP : width
      return partsOf(text, room, screen).map(
        (part, index) => `${padTo(index === 0 ? printable(label) : '', indent, 'right')}${part}`,
      )
    })
}

type Text = readonly [string, Line[2]?, Line[3]?]
type Screen = Pick<Io, 'columns' | 'hasColor'>

/** Returns whether the first word would be broken by the terminal behind the label, but not below it. */
function isLongWord(label: string, [text, , command]: Text, room: number, { columns }: Screen): boolean {
  const [word = ''] = printable(text).split(' ')
  const length = columnsOf(word)
  return label !== '' && command === undefined && length > room && length + GAP <= (columns ?? 0)
}

function belowLabel(label: string, [text, style]: Text, screen: Screen): readonly string[] {
  const lines = wrapWords(printable(text), (screen.columns ?? 0) - GAP)
  const below = lines.map((line) => (style === undefined ? line : paint(screen, style, line)))
  return [printable(label), ...below.map((line) => `${' '.repeat(GAP)}${line}`)]
}

function commentApart(line: Line, room: number | null): readonly Line[] {
  const [label, text, style] = line
  const [command, comment] = splitComment(text)
  if (room === null || style !== 'cyan' || comment === null || columnsOf(printable(text)) <= room)
    return [line]
  return [
    ...wrapComment(comment, room).map((one, index): Line => [index === 0 ? label : '', one, 'dim']),
    ['', command, 'cyan'],
  ]
}

/** Puts the command on the line of its text if there is room; otherwise on its own line. */
function partsOf(
  [text, style, command]: Text,
  room: number | null,
  screen: Pick<Io, 'hasColor'>,
): readonly string[] {
  const lines = wrapWords(printable(text), style === 'cyan' ? null : room)
  const painted = lines.map((line) => (style === undefined ? line : paint(screen, style, line)))
  if (command === undefined) return painted
  const shown = printable(command)
  const last = `${lines.at(-1) ?? ''} ${shown}`
  const fits = room === null || columnsOf(last) <= room
  const after = paint(screen, 'cyan', shown)
  return fits ? [...painted.slice(0, -1), `${painted.at(-1) ?? ''} ${after}`] : [...painted, after]
}
