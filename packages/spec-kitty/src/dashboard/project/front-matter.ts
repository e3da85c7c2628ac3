import { isMap, isScalar, isSeq, parseDocument, type Node } from 'yaml'
import { readSimpleYaml, type Field } from './simple-yaml.js'

/** Real front matter has one or two KiB. */
export const MAX_FRONT_MATTER_CHARS = 16 * 1024

/** The time to parse YAML grows faster than the number of its parts. This many take about 20 ms. */
const MAX_PARTS = 1000
const PARTS = /\n|[-:][ \t]|[,?!&*[\]{}"'@]/g

const ONE_ID = /^[\w.-]+$/

const MAX_VALUE_CHARS = 500
const MAX_ITEMS = 200
const MAX_PROBLEMS = 10

/** A file split into front matter and body. */
export interface Split {
  /** Null: it has no front matter, or front matter without an end. */
  readonly yaml: string | null
  readonly body: string
  readonly problem: string | null
}

/** Splits off the front matter. Front matter without an end is left in the body, so that nothing is hidden. */
export function splitFrontMatter(text: string): Split {
  if (!/^---[ \t]*(\n|$)/.test(text)) return { yaml: null, body: text, problem: null }
  const start = text.indexOf('\n') + 1
  const end = /^(---|\.\.\.)[ \t]*$/gm
  end.lastIndex = start
  const found = start === 0 ? null : end.exec(text.slice(0, start + MAX_FRONT_MATTER_CHARS))
  if (found === null) return { yaml: null, body: text, problem: 'its front matter has no end' }
  const body = text.slice(found.index + found[0].length + 1)
  return { yaml: text.slice(start, found.index), body, problem: null }
}

/** The fields of a work package. Null or an empty list: the file does not have the field. */
export interface PackageFields {
  readonly id: string | null
  readonly title: string | null
  readonly dependencies: readonly string[]
  readonly subtasks: readonly string[]
  readonly agent: string | null
  readonly assignee: string | null
  readonly phase: string | null
  readonly model: string | null
  readonly role: string | null
  readonly agent_profile: string | null
  /** The lane in projects without a log. If `status.events.jsonl` names a lane, that one counts. */
  readonly lane: string | null
  readonly problems: readonly string[]
}

/**
 * Returns the fields of a work package. Reads single YAML nodes and never converts the whole document to objects: aliases
 * are not followed, so a few lines cannot grow into gigabytes, and no key becomes a property of an object.
 */
export function readFields(yaml: string | null): PackageFields {
  const problems: string[] = []
  const fields = fieldsOf(yaml ?? '', problems)
  const text = (name: string): string | null => textOf(name, fields.get(name), problems)
  const list = (name: string): readonly string[] => listOf(name, fields.get(name), problems)
  return {
    id: idOf(fields.get('work_package_id'), problems),
    title: text('title'),
    dependencies: list('dependencies'),
    subtasks: list('subtasks'),
    agent: text('agent'),
    assignee: text('assignee'),
    phase: text('phase'),
    model: text('model'),
    role: text('role'),
    agent_profile: text('agent_profile'),
    lane: text('lane'),
    problems: [...new Set(problems)].slice(0, MAX_PROBLEMS),
  }
}

type Fields = ReadonlyMap<string, Field>

/** Detects duplicate keys itself, because the YAML library compares every key with every other. */
function fieldsOf(yaml: string, problems: string[]): Fields {
  if ((yaml.match(PARTS)?.length ?? 0) > MAX_PARTS) {
    problems.push('its front matter has too many parts to be read')
    return new Map()
  }
  return readSimpleYaml(yaml) ?? readAnyYaml(yaml, problems)
}

function readAnyYaml(yaml: string, problems: string[]): Fields {
  const fields = new Map<string, Field>()
  const contents = parse(yaml, problems)
  if (contents === null) return fields
  if (!isMap(contents)) {
    problems.push('its front matter is no list of names and values')
    return fields
  }
  for (const { key, value } of contents.items) {
    const name = isScalar(key) && typeof key.value === 'string' ? key.value : null
    if (name === null || value === null) continue
    if (fields.has(name))
      problems.push(`its front matter says ${quoted(name)} twice, and the first one counts`)
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
    if (errors.length > 0) problems.push('its front matter is no YAML')
    else if (warnings.length > 0) problems.push('its front matter has a tag that means nothing here')
    return errors.length > 0 ? null : contents
  } catch {
    problems.push('its front matter is no YAML')
    return null
  }
}

function fieldOf(node: Node): Field {
  if (isSeq(node)) return { kind: 'list', items: node.items.map((item) => scalarOf(item)) }
  const text = scalarOf(node)
  if (text === undefined) return { kind: 'other' }
  return { kind: 'text', text, is_string: isScalar(node) && typeof node.value === 'string' }
}

/** The id is compared with the ids in the events, so a value that is not text is refused, not converted. */
function idOf(field: Field | undefined, problems: string[]): string | null {
  if (field?.kind === 'text' && field.text !== null && !field.is_string) {
    problems.push('its work_package_id is no text')
    return null
  }
  return textOf('work_package_id', field, problems)
}

function textOf(name: string, field: Field | undefined, problems: string[]): string | null {
  if (field === undefined) return null
  if (field.kind === 'text') return shortened(field.text)
  problems.push(`its ${name} is no text`)
  return null
}

function listOf(name: string, field: Field | undefined, problems: string[]): readonly string[] {
  if (field === undefined) return []
  if (field.kind !== 'list') return itemOf(name, textOf(name, field, problems), problems)
  if (field.items.length > MAX_ITEMS) problems.push(`only ${MAX_ITEMS} of its ${name} are shown`)
  const items = field.items.slice(0, MAX_ITEMS)
  if (items.includes(undefined)) problems.push(`an item of its ${name} is no text`)
  return items.flatMap((item) => shortened(item ?? null) ?? [])
}

/** A single id is read as a list of one. Any other text, such as `"[]"`, is not understood. */
function itemOf(name: string, text: string | null, problems: string[]): readonly string[] {
  if (text === null) return []
  if (ONE_ID.test(text)) return [text]
  problems.push(`its ${name} are the text ${quoted(text)}, not a list`)
  return []
}

/** Returns numbers and dates as they are written. Undefined: not a single value, or an alias for one. */
function scalarOf(node: unknown): string | null | undefined {
  if (!isScalar(node)) return undefined
  if (node.value === null) return null
  return typeof node.value === 'string' ? node.value : (node.source ?? '')
}

function shortened(text: string | null): string | null {
  const trimmed = text?.trim() ?? ''
  return trimmed === '' ? null : trimmed.slice(0, MAX_VALUE_CHARS)
}

function quoted(name: string): string {
  return JSON.stringify(name.slice(0, MAX_VALUE_CHARS))
}
