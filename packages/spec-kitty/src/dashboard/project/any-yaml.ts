import { isMap, isScalar, isSeq, parseDocument, type Node, type YAMLMap } from 'yaml'
import type { Field as SimpleField } from './simple-yaml.js'

/** Reads any YAML that `readSimpleYaml` cannot read with certainty, one node after the other. */

/** The names for the id of a package: the first is from the predecessor's own front matter, the others are what people write. */
export const ID_NAMES = ['work_package_id', 'wp_id', 'wp', 'id'] as const

const MAX_NAME_CHARS = 500

export const NO_YAML = 'its front matter is not YAML'

/** A value as full YAML reads it: a simple value, or a map of names to texts. */
export type Field = SimpleField | { readonly kind: 'map'; readonly texts: ReadonlyMap<string, string | null> }

export type Fields = ReadonlyMap<string, Field>

/** Returns the top-level names with their values. */
export function readAnyYaml(yaml: string, problems: string[]): Fields {
  const fields = new Map<string, Field>()
  const contents = parse(yaml, problems)
  if (contents === null) return fields
  if (!isMap(contents)) {
    problems.push('its front matter is not a list of names and values')
    return fields
  }
  for (const { key, value } of contents.items) {
    const name = isScalar(key) && typeof key.value === 'string' ? key.value : null
    if (name === null || value === null) continue
    if (fields.has(name)) problems.push(twice(name))
    else fields.set(name, fieldOf(value as Node))
  }
  return fields
}

function parse(yaml: string, problems: string[]): Node | null {
  try {
    const { contents, errors, warnings } = parseDocument(yaml, {
      uniqueKeys: false,
      prettyErrors: false,
    })
    if (errors.length > 0) problems.push(NO_YAML)
    else if (warnings.length > 0) problems.push('its front matter has a tag that means nothing here')
    return errors.length > 0 ? null : contents
  } catch {
    problems.push(NO_YAML)
    return null
  }
}

function fieldOf(node: Node): Field {
  if (isSeq(node)) return { kind: 'list', items: node.items.map((item) => itemOf(item)) }
  if (isMap(node)) return { kind: 'map', texts: textsIn(node) }
  const text = scalarOf(node)
  if (text === undefined) return { kind: 'other' }
  return { kind: 'text', text, is_string: isScalar(node) && typeof node.value === 'string' }
}

/** Returns the item of a list. Both `- T001: Set it up` and a map with `id: T001` are the item T001. */
function itemOf(node: unknown): string | null | undefined {
  if (!isMap(node)) return scalarOf(node)
  const texts = textsIn(node)
  const named = ID_NAMES.map((name) => texts.get(name)).find((text) => text != null)
  if (named !== undefined || node.flow === true) return named
  const [only] = texts.size === 1 && node.items.length === 1 ? texts.keys() : []
  return only
}

/** Returns the names of a map whose values are single texts. */
function textsIn(node: YAMLMap): ReadonlyMap<string, string | null> {
  const pairs = node.items.flatMap(({ key, value }) => {
    const [name, text] = [scalarOf(key), scalarOf(value)]
    return name == null || text === undefined ? [] : [[name, text] as const]
  })
  return new Map(pairs)
}

/** Returns numbers and dates as they are written. Undefined if the node is not a single value, or is an alias. */
function scalarOf(node: unknown): string | null | undefined {
  if (!isScalar(node)) return undefined
  if (node.value === null) return null
  return typeof node.value === 'string' ? node.value : (node.source ?? '')
}

/** Returns the problem for a name that occurs twice. */
export function twice(name: string): string {
  return `its front matter says ${JSON.stringify(name.slice(0, MAX_NAME_CHARS))} twice, and the first one counts`
}
