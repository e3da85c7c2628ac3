/** One top-level name of the front matter, with all lines below it. */
export interface Block {
  readonly name: string
  readonly text: string
}

/** Matches a name at the beginning of a line, with its colon. */
const HEAD = /^(?:"([^"\\]*)"|'([^']*)'|([A-Za-z_][\w-]*)) *:(?=[ \t]|$)/

/**
 * Matches lines that belong to the name above: blank and indented lines, comments, items, and the end of a list over
 * several lines.
 */
const UNDER = /^(?:[ \t#\]}]|-(?:[ \t]|$)|$)/

/**
 * Splits front matter at its names, so that only the names that are shown have to be parsed. Most of the rest (histories,
 * lists of files) is slow to parse as full YAML, and often lacks a quote. Returns null if it is unclear where a name
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

/** Returns the text of a one-line value as it is written. For a text whose colon YAML would misread. */
export function plainTextOf({ text }: Block): string | null {
  return PLAIN_LINE.exec(text)?.[1]?.trimEnd() ?? null
}
