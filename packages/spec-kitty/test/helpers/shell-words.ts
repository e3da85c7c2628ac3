/** Splits a line of the shell into its commands, and each into its words, as far as the examples of a help need it. */
export function wordsOf(line: string): readonly (readonly string[])[] {
  const inside = [...line.matchAll(/\$\(([^)]*)\)/g)].map(([, text = '']) => text)
  // What is written into a start file runs there.
  const [, written = ''] = /echo '([^'$]*)' >/.exec(line) ?? []
  if (written !== '') inside.push(...written.split('|'))
  const plain = line.replaceAll(/"?\$\([^)]*\)"?/g, 'X')
  const commands = [plain, ...inside].flatMap((text) => text.match(/(?:'[^']*'|"[^"]*"|[^|;&'"])+/g) ?? [])
  return commands.map((text) => {
    const words = text.replace(/ [<>]{1,2} ?\S+/g, '').match(/(?:'[^']*'|"[^"]*"|[^\s'"])+/g) ?? []
    const bare = words.map((word) => word.replaceAll(/['"]/g, ''))
    const at = bare.indexOf('spec-kitty')
    // xargs adds words.
    if (bare[0] === 'xargs') return [...bare.slice(at), 'X']
    return at < 0 || text.trimStart().startsWith('echo') ? bare : bare.slice(at)
  })
}
