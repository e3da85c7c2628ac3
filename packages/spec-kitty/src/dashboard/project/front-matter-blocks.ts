/** One name at the top of the front matter, with everything that stands under it. */
export interface Block {
  readonly name: string
  readonly text: string
}

/** A name at the beginning of a line, and its colon. */
const HEAD = /^(?:"([^"\\]*)"|'([^']*)'|([A-Za-z_][\w-]*)) *:(?=[ \t]|$)/

/** What belongs to the name above: blank and indented lines, comments, items, and the end of a list over several lines. */
const UNDER = /^(?:[ \t#\]}]|-(?:[ \t]|$)|$)/

/**
 * Cuts front matter at its names, so that only the names that are shown need be parsed. Most of the rest (histories,
 * lists of files) is slow to parse as full YAML, and often lacks a quote. Returns null if it is not clear where a name
 * begins.
 */
export function blocksOf(yaml: string): readonly Block[] | null {
  const blocks: { readonly name: string; readonly lines: string[] }[] = []
  for (const line of yaml.split('\n')) {
    const [head, ...names] = HEAD.exec(line) ?? []
    const last = blocks.at(-1)
    if (head !== undefined)
      blocks.push({ name: names.find((name) => name !== undefined) ?? '', lines: [line] })
    else if (!UNDER.test(line) || (last === undefined && !/^\s*(?:#|$)/.test(line))) return null
    else last?.lines.push(line)
  }
  return blocks.map(({ name, lines }) => ({ name, text: lines.join('\n') }))
}

const PLAIN_LINE = /^[\w"']+ *:[ \t]+([\p{L}\p{N}][^\n]*)\n*$/u

/** Returns the text of a one-line value as it is written, for a text whose colon YAML would take for something else. */
export function plainTextOf({ text }: Block): string | null {
  return PLAIN_LINE.exec(text)?.[1]?.trimEnd() ?? null
}
