import { blocksOf, plainTextOf, type Block } from './front-matter-blocks.js'
import { ID_NAMES, NO_YAML, readAnyYaml, twice, type Field, type Fields } from './any-yaml.js'
import { isAbsent } from './fact-values.js'
import { isAgent, partsIn, type AgentPart } from './facts-of-agent.js'
import { isPackageId, packageIdsIn, rangeIn } from './package-ids.js'
import { readSimpleYaml } from './simple-yaml.js'

/** The maximum number of parts, because the time to parse YAML grows faster than their number. This many take about 20 ms. */
const MAX_PARTS = 1000
const PARTS = /\n|[-:][ \t]|[,?!&*[\]{}"'@]/g

/** The maximum number of names. Real front matter has about twenty. */
const MAX_NAMES = 500

const ALIAS = /(?:^|[\s[{,:-])\*[^\s*]/m

const ONE_ID = /^[\w.-]+$/

const MAX_VALUE_CHARS = 500
const MAX_ITEMS = 200
const MAX_PROBLEMS = 10

/** The fields of a work package. Null or an empty list means that the file does not contain the field. */
export interface PackageFields {
  readonly id: string | null
  readonly title: string | null
  readonly dependencies: readonly string[]
  /** Why it is unknown what the package depends on: the file says more than could be read. Null if that is known. */
  readonly unknown_needs: string | null
  readonly subtasks: readonly string[]
  readonly agent: string | null
  readonly assignee: string | null
  readonly phase: string | null
  readonly model: string | null
  readonly role: string | null
  readonly agent_profile: string | null
  /** The lane in projects without a log. A lane in `status.events.jsonl` takes precedence. */
  readonly lane: string | null
  /** The status of the last review, as older versions wrote it. */
  readonly review_status: string | null
  readonly reviewed_by: string | null
  readonly problems: readonly string[]
}

/** The problem with a file that has no front matter. */
export const NO_FRONT_MATTER = 'has no front matter'

/** The names that are read, each with the other names that older projects and people use for it. */
const NAMES = {
  id: ID_NAMES,
  title: ['title', 'work_package_title'],
  dependencies: ['dependencies', 'depends_on'],
  subtasks: ['subtasks'],
  agent: ['agent'],
  assignee: ['assignee'],
  phase: ['phase', 'phases'],
  model: ['model'],
  role: ['role'],
  agent_profile: ['agent_profile'],
  lane: ['lane'],
  review_status: ['review_status'],
  reviewed_by: ['reviewed_by'],
} as const

const WANTED: ReadonlySet<string> = new Set(Object.values(NAMES).flat())

/**
 * Returns the fields of a work package. Reads single YAML nodes and never converts the whole document to objects. Aliases
 * are not followed, so a few lines cannot expand to gigabytes, and no key becomes a property of an object.
 */
export function readFields(yaml: string | null): PackageFields {
  const problems: string[] = []
  const fields = fieldsOf(yaml ?? '', problems)
  const [ofYaml] = problems
  const found = (name: keyof typeof NAMES) => firstOf(fields, NAMES[name])
  const text = (name: keyof typeof NAMES): string | null => textOf(...found(name), problems)
  const list = (name: keyof typeof NAMES): readonly string[] => listOf(...found(name), problems)
  const agent = agentOf(found('agent')[1], problems)
  const wrong: string[] = []
  const dependencies = dependenciesOf(...found('dependencies'), wrong)
  const other = otherDependencies(fields)
  if (other !== null) wrong.push(other)
  const unread = unreadDependencies(yaml, fields)
  const isNameKnown = NAMES.dependencies.some((name) => name === unread)
  if (unread !== null && (ofYaml === undefined || !isNameKnown)) wrong.push(`its ${unread} cannot be read`)
  const isUnread = unread !== null || fields.size === 0
  const saidTwice = NAMES.dependencies.map((name) => twice(name)).find((what) => problems.includes(what))
  problems.push(...wrong)
  return {
    id: idOf(fields, problems),
    title: text('title'),
    dependencies,
    unknown_needs:
      yaml === null ? NO_FRONT_MATTER : (wrong[0] ?? saidTwice ?? (isUnread ? (ofYaml ?? null) : null)),
    subtasks: list('subtasks').flatMap((id) => rangeIn(id) ?? id),
    agent: agent.agent,
    assignee: present(text('assignee')),
    phase: text('phase'),
    model: agent.model ?? present(text('model')),
    role: agent.role ?? present(text('role')),
    agent_profile: agent.agent_profile ?? present(text('agent_profile')),
    lane: text('lane'),
    review_status: text('review_status'),
    reviewed_by: present(text('reviewed_by')),
    problems: [...new Set(problems)].slice(0, MAX_PROBLEMS),
  }
}

/** Matches names for dependencies as people write them. */
const ABOUT_NEEDS = /^[ \t]{0,8}["']?(depend[\w -]{0,20}|requires|needs|deps|blocked[-_]by)["']?[ \t]{0,8}:/im

/** Returns the name under which the front matter contains dependencies that were not read; null if there is none. */
function unreadDependencies(yaml: string | null, fields: Fields): string | null {
  if (yaml === null || NAMES.dependencies.some((name) => fields.has(name))) return null
  return ABOUT_NEEDS.exec(yaml)?.[1] ?? null
}

/** Returns the problem with front matter that contains dependencies under two names; null if only one of them counts. */
function otherDependencies(fields: Fields): string | null {
  const said = NAMES.dependencies.filter((name) => fields.has(name) && !isEmpty(fields.get(name)))
  const values = new Set(said.map((name) => JSON.stringify(fields.get(name))))
  return values.size < 2 ? null : `its ${said.join(' and its ')} differ, and the first of them count`
}

/** Returns the first of several names that has a value or, if none does, the first that exists. */
function firstOf(fields: Fields, names: readonly string[]): readonly [string, Field | undefined] {
  const there = names.filter((name) => fields.has(name))
  const name = there.find((one) => !isEmpty(fields.get(one))) ?? there[0] ?? names[0] ?? ''
  return [name, fields.get(name)]
}

function isEmpty(field: Field | undefined): boolean {
  if (field?.kind === 'list') return field.items.length === 0
  return field?.kind === 'text' && (field.text ?? '').trim() === ''
}

/** Detects duplicate keys itself, because the YAML library compares every key with every other. */
function fieldsOf(yaml: string, problems: string[]): Fields {
  const blocks = blocksOf(yaml)
  const wanted = blocks?.filter(({ name }) => WANTED.has(name)) ?? []
  const text = blocks === null ? yaml : wanted.map((block) => block.text).join('\n')
  if ((blocks?.length ?? 0) > MAX_NAMES || hasTooManyParts(text)) {
    problems.push('its front matter has too many parts to be read')
    return new Map()
  }
  const simple = readSimpleYaml(text)
  if (simple !== null) return simple
  // An alias may refer to a value under a name that is not read.
  if (blocks !== null && !ALIAS.test(text)) return readBlocks(wanted, problems)
  const own: string[] = []
  const whole = readAnyYaml(yaml, own)
  // The apparent alias is emphasis in a title, which YAML cannot parse.
  if (blocks !== null && own.includes(NO_YAML)) return readBlocks(wanted, problems)
  problems.push(...own)
  return whole
}

function hasTooManyParts(text: string): boolean {
  return text.length > MAX_PARTS && (text.match(PARTS)?.length ?? 0) > MAX_PARTS
}

/** Parses each name separately, so that a mistake under one does not affect the others. */
function readBlocks(blocks: readonly Block[], problems: string[]): Fields {
  const fields = new Map<string, Field>()
  for (const block of blocks) {
    const { name, text } = block
    if (fields.has(name)) problems.push(twice(name))
    else {
      const own: string[] = []
      const read = (readSimpleYaml(text) ?? readAnyYaml(text, own)).get(name)
      const plain = read === undefined ? plainTextOf(block) : null
      problems.push(...own)
      if (plain !== null) fields.set(name, { kind: 'text', text: plain, is_string: true })
      else if (read !== undefined) fields.set(name, read)
    }
  }
  return fields
}

/** The id is compared with the ids in the events, so a value that is not text is rejected, not converted. */
function idOf(fields: Fields, problems: string[]): string | null {
  const [name, ...others] = NAMES.id
  const field = fields.get(name)
  if (field?.kind === 'text' && field.text !== null && !field.is_string) {
    problems.push('its work_package_id is not text')
    return null
  }
  const id = textOf(name, field, problems)
  if (id !== null) return id
  const texts = others
    .map((other) => fields.get(other))
    .map((one) => (one?.kind === 'text' ? one.text : null))
  // Under any other name than `work_package_id`, there may be ids of something else.
  return texts.find((text) => text !== null && isPackageId(text)) ?? null
}

type Agent = Pick<PackageFields, 'agent' | 'model' | 'role' | 'agent_profile'>

/**
 * Returns the agent: an actor as in the log, a tool with its model, profile and role, or all of them in one text
 * (`badger:large-1:reviewer-x:reviewer`).
 */
function agentOf(field: Field | undefined, problems: string[]): Agent {
  if (field?.kind !== 'map') {
    const agent = present(textOf('agent', field, problems))
    const parts = new Map(partsIn(agent))
    const part = (name: AgentPart): string | null => parts.get(name) ?? null
    return {
      agent: named(agent),
      model: part('model'),
      role: part('role'),
      agent_profile: part('agent_profile'),
    }
  }
  const { texts } = field
  const first = (...names: readonly string[]): string | null =>
    names.map((name) => present(shortened(texts.get(name) ?? null))).find((text) => text !== null) ?? null
  const agent = first('tool', 'name', 'agent', 'id')
  if (agent === null) problems.push('its agent names no tool')
  return {
    agent: named(agent),
    model: first('model'),
    role: first('role'),
    agent_profile: first('profile', 'profile_id', 'agent_profile'),
  }
}

/** Returns an agent, or null for people and the tool itself. Old versions of the tool wrote `system` if they knew no agent. */
function named(agent: string | null): string | null {
  return isAgent(agent) ? agent : null
}

/** Returns a text, or null if it is one that stands for a missing value. */
function present(text: string | null): string | null {
  return text === null || isAbsent(text) ? null : text
}

function textOf(name: string, field: Field | undefined, problems: string[]): string | null {
  if (field === undefined) return null
  if (field.kind === 'text') return shortened(field.text)
  problems.push(`its ${name} is not text`)
  return null
}

function listOf(name: string, field: Field | undefined, problems: string[]): readonly string[] {
  if (field === undefined) return []
  if (field.kind !== 'list' && field.kind !== 'text') {
    problems.push(`its ${name} are neither a list nor text`)
    return []
  }
  if (field.kind === 'text') return onlyItem(name, shortened(field.text), problems)
  if (field.items.length > MAX_ITEMS) problems.push(`only ${MAX_ITEMS} of its ${name} are shown`)
  const items = field.items.slice(0, MAX_ITEMS)
  if (items.includes(undefined)) problems.push(`an item of its ${name} is not text`)
  return items.flatMap((item) => shortened(item ?? null) ?? [])
}

/** A single id is read as a list of one. Any other text, such as `"[]"`, is not understood. */
function onlyItem(name: string, text: string | null, problems: string[], has = ONE_ID): readonly string[] {
  if (text === null) return []
  if (ONE_ID.test(text) && has.test(text)) return [text]
  problems.push(`its ${name} are the text ${quoted(text)}, not a list`)
  return []
}

/** Returns the ids of other packages. A text may name one id, several, or the first and the last of a range. */
function dependenciesOf(name: string, field: Field | undefined, problems: string[]): readonly string[] {
  if (field?.kind === 'list' && field.items.some((item) => item?.trim() === '' || item === null))
    problems.push(`an item of its ${name} is empty`)
  if (field?.kind !== 'text')
    return listOf(name, field, problems).flatMap((item) => packageIdsIn(item) ?? item)
  const text = textOf(name, field, problems)
  const ids = text === null ? [] : packageIdsIn(text)
  // A word without a number, such as `all`, is not a package.
  return ids ?? onlyItem(name, text, problems, /\d/)
}

function shortened(text: string | null): string | null {
  const trimmed = text?.trim() ?? ''
  return trimmed === '' ? null : trimmed.slice(0, MAX_VALUE_CHARS)
}

function quoted(name: string): string {
  return JSON.stringify(name.slice(0, MAX_VALUE_CHARS))
}
