/** The maximum length of front matter. Real front matter has one or two KiB; with the history of many reviews, thirty. */
export const MAX_FRONT_MATTER_CHARS = 64 * 1024

/** A file split into front matter and body. */
export interface Split {
  /** Null if the file has no front matter, or front matter without an end. */
  readonly yaml: string | null
  readonly body: string
  readonly problem: string | null
}

/** Splits off the front matter. Front matter without an end is left in the body, so that nothing is hidden. */
export function splitFrontMatter(text: string): Split {
  const [begin] = /^\n{0,3}---[ \t]*(\n|$)/.exec(text) ?? []
  if (begin === undefined) return { yaml: null, body: text, problem: null }
  const start = begin.endsWith('\n') ? begin.length : 0
  const end = /^(---|\.\.\.)[ \t]*$/gm
  end.lastIndex = start
  const found = start === 0 ? null : end.exec(text.slice(0, start + MAX_FRONT_MATTER_CHARS))
  if (found === null) return { yaml: null, body: text, problem: whyNoEnd(text, start, end) }
  const body = text.slice(found.index + found[0].length + 1)
  return { yaml: text.slice(start, found.index), body, problem: null }
}

/** Returns why the end of the front matter was not found: there is none, or it comes too late. */
function whyNoEnd(text: string, start: number, end: RegExp): string {
  const isLong = text.length > start + MAX_FRONT_MATTER_CHARS
  end.lastIndex = start
  const kibibytes = MAX_FRONT_MATTER_CHARS / 1024
  if (isLong && end.test(text)) return `its front matter is longer than ${kibibytes} KiB and was not read`
  return isLong ? `its front matter has no end in its first ${kibibytes} KiB` : 'its front matter has no end'
}
