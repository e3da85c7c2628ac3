/**
 * Divides a text at the words that were searched for, ignoring case: `[['Upload in ', false], ['batch', true], ['es',
 * false]]`. The parts together are the text.
 */
export function markWords(text: string, query: string): readonly (readonly [part: string, isHit: boolean])[] {
  const words = query.split(/\s+/).filter((word) => word !== '')
  if (words.length === 0) return [[text, false]]
  const longestFirst = words.toSorted((one, other) => other.length - one.length)
  const parts = text.split(new RegExp(`(${longestFirst.map(escaped).join('|')})`, 'iu'))
  return parts.flatMap((part, at) => (part === '' ? [] : [[part, at % 2 === 1] as const]))
}

function escaped(word: string): string {
  return word.replaceAll(/[\\^$.*+?()[\]{}|/]/g, String.raw`\$&`)
}
