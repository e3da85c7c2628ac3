/** A line of a log, or a part of a long one. */
export interface LinePart {
  readonly text: string
  readonly isFirst: boolean
  readonly isLast: boolean
}

/** Longer lines (in characters) are passed on in parts, so that a line need not fit into memory. */
export const LONG_LINE = 256 * 1024

/** Joins pieces of a text into lines. */
export interface LineSplitter {
  /** Returns the lines that end in this piece, and the part of a long line that has arrived so far. */
  add(piece: string): readonly LinePart[]
  /** Returns the unfinished last line. Called after the last piece. */
  end(): readonly LinePart[]
}

/** Returns a splitter. A piece may begin and end anywhere in a line. */
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
