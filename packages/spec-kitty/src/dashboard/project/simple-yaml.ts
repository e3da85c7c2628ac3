/**
 * Reads the YAML that tools write into front matter: one name and value per line, and lists. A full YAML parser has a
 * thousand times as much code, and takes ten times as long. Text that a full parser might read differently is not read
 * here.
 */

/** The value of a field. */
export type Field =
  /**
   * Null if the value is empty. `is_string` is false if YAML reads the value as a number or similar; the text is as it is
   * written.
   */
  | { readonly kind: 'text'; readonly text: string | null; readonly is_string: boolean }
  /** An item is undefined if it is not a single value. */
  | { readonly kind: 'list'; readonly items: readonly (string | null | undefined)[] }
  | { readonly kind: 'other' }

const EMPTY: Field = { kind: 'text', text: null, is_string: false }

/** Matches control characters, and spaces other than U+0020. YAML treats some of them as the end of a line. */
const UNUSUAL = /[^\P{C}\n]|[^\P{Z} ]/u

const NAME = /^([A-Za-z_][\w-]*):(?: +(\S.*))?$/
const ITEM = /^( *)- +(\S.*)$/

/** Matches words that YAML reads as a value and not as text. */
const WORD = /^(?:null|true|false)$/i
const NULL = /^(?:null|Null|NULL)$/

/** Matches a text without quotes that YAML can only read as text. A colon belongs to it unless a blank follows. */
const PLAIN = /^[\p{L}\w/.](?:[^:#]|:(?=[^ ]))*$/u
const PLAIN_ITEM = /^[\w/.][\w ./+@-]*$/
const QUOTED = /^(?:"[^"\\]*"|'[^']*')$/
const FLOW = /^\[(.*)\]$/
const FLOW_ITEM = /^(?:"[^"\\,[\]{}]*"|'[^',[\]{}]*'|[\w/.][\w ./+@-]*)$/

/** Matches the beginning of a number, which YAML may not read as text. */
const MAYBE_NUMBER = /^[\d.]/

/** Returns the fields; null if any of them is not simple enough. */
export function readSimpleYaml(yaml: string): ReadonlyMap<string, Field> | null {
  if (UNUSUAL.test(yaml)) return null
  const fields = new Map<string, Field>()
  const lines = yaml.split('\n')
  for (let at = 0; at < lines.length; at += 1) {
    const line = withoutEnd(lines[at])
    if (line === '') continue
    const [, name, value] = NAME.exec(line) ?? []
    if (name === undefined || WORD.test(name) || fields.has(name)) return null
    const items = value === undefined ? itemsBelow(lines, at + 1) : []
    const field = value === undefined ? listOf(items) : fieldOf(value)
    if (field === null || items === null) return null
    fields.set(name, field)
    at += items.length
  }
  return fields
}

/**
 * Removes spaces at the end; other blanks cannot occur here. (A regular expression for this takes quadratic time on
 * blanks in the middle.)
 */
function withoutEnd(line = ''): string {
  return line.trimEnd()
}

/** Returns the items of the list that begins on a line, as they are written; null if the list is not simple. */
function itemsBelow(lines: readonly string[], from: number): readonly string[] | null {
  const items: string[] = []
  let indent: string | null = null
  for (const line of lines.slice(from)) {
    const [, blanks, item] = ITEM.exec(withoutEnd(line)) ?? []
    if (blanks === undefined || item === undefined) break
    if ((indent ??= blanks) !== blanks) return null
    items.push(item)
  }
  return items
}

function listOf(items: readonly string[] | null): Field | null {
  if (items === null) return null
  if (items.length === 0) return EMPTY
  const texts = items.map((item) => textOf(item, PLAIN))
  return texts.includes(undefined) ? null : { kind: 'list', items: texts }
}

function fieldOf(value: string): Field | null {
  const flow = FLOW.exec(value)?.[1]
  if (flow !== undefined) return flowOf(flow)
  const text = textOf(value, PLAIN)
  if (text === undefined) return null
  const isString = QUOTED.test(value) || (text !== null && !MAYBE_NUMBER.test(text) && !WORD.test(text))
  return { kind: 'text', text, is_string: isString }
}

function flowOf(content: string): Field | null {
  if (content.trim() === '') return { kind: 'list', items: [] }
  const parts = content.split(',').map((part) => part.trim())
  if (!parts.every((part) => FLOW_ITEM.test(part))) return null
  return { kind: 'list', items: parts.map((part) => textOf(part, PLAIN_ITEM)) }
}

/** Returns a text without its quotes, null for an empty value, and undefined if it is not simple. */
function textOf(value: string, plain: RegExp): string | null | undefined {
  if (QUOTED.test(value)) return value.slice(1, -1)
  if (!plain.test(value)) return undefined
  return NULL.test(value) ? null : value
}
