const STRING = /"(?:[^"\\]|\\.)*"/y
/** Matches a JSON value that is neither an object, an array nor a string. */
const PLAIN = /[^\s,\]}]+/y

/**
 * Returns the text of a member's value, exactly as it was written; null if the object has no such member. If several
 * members have the same name, the last one counts, as in `JSON.parse`. `json` must be an object that `JSON.parse`
 * accepts.
 */
export function memberText(json: string, name: string): string | null {
  let found: string | null = null
  let at = json.indexOf('{') + 1
  for (;;) {
    at = skip(json, at, /[\s,]*/y)
    if (json[at] !== '"') return found
    const keyEnd = skip(json, at, STRING)
    const key: unknown = JSON.parse(json.slice(at, keyEnd))
    const from = skip(json, keyEnd, /\s*:\s*/y)
    at = valueEnd(json, from)
    if (key === name) found = json.slice(from, at)
  }
}

function valueEnd(json: string, from: number): number {
  let [at, depth] = [from, 0]
  do {
    const mark = json[at] ?? ''
    if (mark === '"') at = skip(json, at, STRING)
    else if ('{[}]'.includes(mark)) {
      depth += mark === '{' || mark === '[' ? 1 : -1
      at += 1
    } else at = depth === 0 ? skip(json, at, PLAIN) : at + 1
  } while (depth > 0)
  return at
}

function skip(text: string, from: number, pattern: RegExp): number {
  pattern.lastIndex = from
  return from + (pattern.exec(text)?.[0].length ?? 0)
}
