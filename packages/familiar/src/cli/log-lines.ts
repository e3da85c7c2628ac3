/** A line of a log, or a part of a long one. */
export interface LinePart {
  readonly text: string
  readonly isFirst: boolean
  readonly isLast: boolean
}

/** A longer line is passed on in parts, so that no line, however long, has to fit into memory. In characters. */
export const LONG_LINE = 256 * 1024

/** Joins pieces of a text into lines. */
export interface LineSplitter {
  /** Returns the lines that the piece ends, and what is known of a long one. */
  add(piece: string): readonly LinePart[]
  /** Returns what is left as a line: nothing more is to be waited for. */
  end(): readonly LinePart[]
}

/** Returns a splitter. A piece may begin and end in the middle of a line. */
export function splitLines(): LineSplitter {
  let held = ''
  let isInLong = false
  const take = (text: string, isLast: boolean): LinePart => {
    const part = { text, isFirst: !isInLong, isLast }
    isInLong = !isLast
    held = ''
    return part
  }
  return {
    add: (piece) => {
      const ended = piece.split('\n')
      const rest = ended.pop() ?? ''
      const parts = ended.map((text) => take(held + text, true))
      held += rest
      return held.length > LONG_LINE || (isInLong && held !== '') ? [...parts, take(held, false)] : parts
    },
    end: () => (held !== '' || isInLong ? [take(held, true)] : []),
  }
}
