import { columnsOf, shortenEnd, shortenMiddle } from './text-width.js'

const ELLIPSIS = '…'

/**
 * Returns a function that shortens one of these paths so that they can still be told apart: in the middle if that does it,
 * else to the part that begins where the path differs from the others.
 */
export function shortenApart(paths: readonly string[]): (path: string, columns: number) => string {
  return (path, columns) => {
    const middle = shortenMiddle(path, columns)
    const isClear = paths.every((other) => other === path || shortenMiddle(other, columns) !== middle)
    return isClear ? middle : partThatDiffers(path, paths, columns)
  }
}

/** Begins with the name in the path that differs or, if that is too long, just before the character that does. */
function partThatDiffers(path: string, paths: readonly string[], columns: number): string {
  const others = paths.filter((other) => other !== path)
  const differs = Math.max(0, ...others.map((other) => commonLength(path, other)))
  const name = path.lastIndexOf('/', differs - 1) + 1
  const start = differs - name < columns - 2 ? name : differs - Math.floor(columns / 2)
  const rest = path.slice(start)
  if (start === 0) return shortenEnd(path, columns)
  // Where the end fits, more of the beginning does too.
  if (columnsOf(rest) < columns) return `${ELLIPSIS}${path.slice(-(columns - 1))}`
  return `${ELLIPSIS}${shortenEnd(rest, columns - 1)}`
}

function commonLength(one: string, other: string): number {
  let length = 0
  while (length < one.length && one[length] === other[length]) length++
  return length
}
