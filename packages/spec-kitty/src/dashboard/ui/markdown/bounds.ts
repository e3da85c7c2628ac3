/**
 * The maximum amount of markup that is formatted in one document. Some markup takes time that grows with the square of
 * its length, and a page with much markup cannot be laid out quickly by any browser. Documents of 200 kB have about 9 000
 * marks, dense tables 16 000.
 */
const MAX_MARKS = 24_000

/** The deepest nesting of quotes and lists that is formatted. */
export const MAX_DEPTH = 30

/** A tag counts as several marks, because a tag that is not closed is opened again in each of the following paragraphs. */
const TAG_MARKS = 4

/** The largest table that is formatted, in cells. Even a row of one character has as many cells as the head of its table. */
const MAX_CELLS = 24_000

/** Matches the two lines with which a table begins, and its rows. */
const TABLE = /^([^\n]*\|[^\n]*)\n[ \t|:-]*-[ \t|:-]*\n((?:[^\n]*\S[^\n]*(?:\n|$))*)/

/** Matches possible markup: each match becomes at most two elements, or causes a search to the end of its paragraph. */
const MARK = /[\n*_`~<>&![\]\\|#@^]|^[ \t]*(?:[-+]|\d+[.)])|:\/\/|www\./gm

/**
 * Splits a document at the beginning of the line where its markup becomes too much. The first part can be formatted
 * within about a second. The rest, usually nothing, must be shown as plain text.
 */
export function splitAtBound(text: string): readonly [formatted: string, rest: string] {
  let marks = 0
  for (const { 0: mark, index } of text.matchAll(MARK)) {
    marks += mark === '<' ? TAG_MARKS : 1
    if (marks <= MAX_MARKS) continue
    const end = text.lastIndexOf('\n', index - 1) + 1
    return [text.slice(0, end), text.slice(end)]
  }
  return [text, '']
}

/** Of more definitions, the rest is left out: each makes every paragraph a little slower. */
const MAX_DEFINITIONS = 1_000

/** The line that says where the links with a label lead. */
const DEFINITION = /^ {0,3}\[((?:[^\\[\]\n]|\\.){1,999})\]:[^\n]+/gm

/** What may be the label of a link. */
const LABEL = /\[((?:[^\\[\]]|\\.){1,999})\]/g

/** Returns the lines of the rest that say where links of the formatted part lead. */
export function definitionsFor(formatted: string, rest: string): string {
  if (rest === '') return ''
  const labels = new Set([...formatted.matchAll(LABEL)].map(([, label = '']) => sameLabel(label)))
  const lines: string[] = []
  for (const [line, label = ''] of rest.matchAll(DEFINITION)) {
    if (lines.length === MAX_DEFINITIONS) break
    // The first definition of a label counts.
    if (labels.delete(sameLabel(label))) lines.push(line)
  }
  return lines.join('\n')
}

function sameLabel(label: string): string {
  return label.toLowerCase().replaceAll(/\s+/g, ' ')
}

/** Returns whether the text begins with a table that has too many cells. Most of the cells need not be written out. */
export function isHugeTable(text: string): boolean {
  const [, head, rows] = TABLE.exec(text) ?? []
  if (head === undefined || rows === undefined) return false
  return head.split('|').length * rows.split('\n').length > MAX_CELLS
}
