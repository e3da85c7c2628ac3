/** The maximum length of a range. A real mission has about twelve packages and fifty subtasks. */
const MAX_ROW = 200

/** Matches a range: `WP01-WP07`, `T063..T070`. */
const ROW = /^([A-Za-z]+-?)(\d+)\s*(?:-|–|—|\.\.\.?|\bto\b|\bthrough\b)\s*([A-Za-z]+-?)(\d+)$/

/** Matches an id with text that people write after it: `WP01 (the schema)`, `WP01: the schema`, `WP01-the-schema`. */
const ID_WITH_MORE =
  /^(WP-?\d+(?:[a-z]|(?:\.\d+)+)?)(?:\s*\(.*|\s*[:–—]\s*\p{L}.*|\s+-\s+\p{L}.*|[-_]\p{L}[\w-]*)?$/iu

/** Matches an id: a number, and a letter (`WP01b`) or further numbers (`WP01.1`). */
const ID = /^WP-?(\d+)([a-z]|(?:\.\d+)+)?$/i

/** Matches another package id after the first. The text after the first id is then not a remark. */
const ANOTHER = /.\bWP(?:-?\d|$)/i

const NONE = /^(?:none|n\/a|nil|-|–|—)$/i

/** Returns all ids of a range, given as its first and last id; null if the text is not a range. */
export function rangeIn(text: string): readonly string[] | null {
  const [, prefix = '', first = '', again = '', last = ''] = ROW.exec(text.trim()) ?? []
  const [from, to] = [Number(first), Number(last)]
  if (prefix === '' || prefix.toLowerCase() !== again.toLowerCase()) return null
  if (to <= from || to - from >= MAX_ROW) return null
  return Array.from(
    { length: to - from + 1 },
    (_, at) => prefix + String(from + at).padStart(first.length, '0'),
  )
}

/** Returns the packages that a text names, which may be none; null if the text contains anything else. */
export function packageIdsIn(text: string): readonly string[] | null {
  if (NONE.test(text.trim())) return []
  const parts = text.split(/[,;&+]|\band\b/i).map((part) => part.trim())
  const ids = parts.map((part) => rangeIn(part) ?? idIn(part))
  return ids.includes(null) ? null : ids.flatMap((one) => one ?? [])
}

function idIn(part: string): readonly string[] | null {
  const id = ID_WITH_MORE.exec(part)?.[1]
  return id === undefined || ANOTHER.test(part) ? null : [id.replace(/^wp/i, 'WP')]
}

/** Returns whether a text is nothing but the id of a package. */
export function isPackageId(text: string): boolean {
  return ID.test(text)
}

/** Returns the same text for all spellings of an id: `WP1`, `wp01` and `WP-001`; `WP01.1` and `wp1.1`. */
export function sameId(id: string): string {
  const [, number, more = ''] = ID.exec(id.trim()) ?? []
  return number === undefined ? id : `WP${plain(number)}${more.toLowerCase().replaceAll(/\d+/g, plain)}`
}

function plain(number: string): string {
  return number.replace(/^0+(?=\d)/, '')
}

/** Returns a function that maps all spellings of an id to one name, the one that was passed first. */
export function oneNameEach(): (id: string) => string {
  const names = new Map<string, string>()
  return (id) => {
    const known = names.get(id)
    if (known !== undefined) return known
    const same = sameId(id)
    const name = names.get(same) ?? id
    names.set(same, name)
    names.set(id, name)
    return name
  }
}
