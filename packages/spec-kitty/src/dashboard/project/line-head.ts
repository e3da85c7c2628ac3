/** Matches the first member of an object, or the next one, if its value is a text without escapes. */
const TEXT_MEMBER = /\s*"([^"\\]*)"\s*:\s*"([^"\\]*)"\s*(?=[,}]|$)/y

/** Matches the name of a member and the colon after it. */
const NAME = /\s*"((?:[^"\\]|\\.)*)"\s*:\s*/y

const TEXT = /"(?:[^"\\]|\\.)*"/y
const PLAIN = /[^\s,{}[\]"]+/y

/** How much of a line is searched. Real annotations say that they are one in the first 300 characters. */
const MAX_HEAD_CHARS = 64 * 1024

/** Matches the name of the member that only a lane change has. */
const LANE = /"to_lane"\s*:/

/**
 * Returns whether a line that is not JSON is the beginning of an annotation, which moves no package: it says so at its first
 * level before it breaks. A line to which the next one was appended may contain a lane change, so it does not count.
 */
export function isBrokenAnnotation(parts: readonly string[]): boolean {
  const head = parts[0]?.slice(0, MAX_HEAD_CHARS) ?? ''
  return kindIn(head) === 'annotation' && !parts.some((part) => LANE.test(part))
}

/** Returns the text of `kind` at the first level of an object that may be cut off; null if the readable beginning has none. */
function kindIn(head: string): string | null {
  let at = head.search(/\S/)
  if (head[at] !== '{') return null
  for (at += 1; at < head.length; at += 1) {
    const member = matchAt(TEXT_MEMBER, head, at)
    if (member?.[1] === 'kind') return member[2] ?? null
    const end = member === null ? endOfMember(head, at) : at + member[0].length
    if (end === null || head[end] !== ',') return null
    at = end
  }
  return null
}

/** Returns where a member with any value ends; null if it is cut off. */
function endOfMember(text: string, from: number): number | null {
  const name = matchAt(NAME, text, from)
  if (name === null) return null
  let depth = 0
  for (let at = from + name[0].length; at < text.length;) {
    const one = text[at] ?? ''
    if (depth === 0 && (one === ',' || one === '}')) return at
    const token = one === '"' ? matchAt(TEXT, text, at) : matchAt(PLAIN, text, at)
    if (one === '"' && token === null) return null
    if (one === '{' || one === '[') depth += 1
    if (one === '}' || one === ']') depth -= 1
    at += token?.[0].length ?? 1
  }
  return null
}

function matchAt(pattern: RegExp, text: string, at: number): RegExpExecArray | null {
  pattern.lastIndex = at
  return pattern.exec(text)
}
