/** Returns every text that one slip makes of a word: a letter dropped, replaced or inserted, or two swapped. */
export function typosOf(word: string): readonly string[] {
  const places = Array.from({ length: word.length }, (_, index) => index)
  const typos = places.flatMap((at) => {
    const [before, letter, after] = [word.slice(0, at), word.charAt(at), word.slice(at + 1)]
    return [
      before + after,
      `${before}x${after}`,
      `${before}x${letter}${after}`,
      `${before}${after.slice(0, 1)}${letter}${after.slice(1)}`,
    ]
  })
  return [...new Set([...typos, `${word}x`])].filter((typo) => typo !== word && typo !== '')
}
