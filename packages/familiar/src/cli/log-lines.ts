/** A line of a log, or a part of a long one. */
export interface LinePart {
  readonly text: string
  readonly isFirst: boolean
  readonly isLast: boolean
}

/** A line of more characters than this is passed on in parts, so that no line has to fit into memory. */
export const LONG_LINE = 256 * 1024

/** Joins pieces of a text into lines. */
export interface LineSplitter {
  /** Returns the lines that end in this piece, and the part of a long line that has arrived. */
  add(piece: string): readonly LinePart[]
  /** Returns the unfinished line that is left. Called when nothing more will arrive. */
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
