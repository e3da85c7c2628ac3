import { objectOf, parseJson } from 'familiar/cli'
import { decode } from './decode-text.js'
import { readBytes, withFile } from './read-safely.js'
import { MAX_FRONT_MATTER_CHARS, readFields, splitFrontMatter, type PackageFields } from './front-matter.js'
import { instantOf, toMilliseconds } from './timestamps.js'
import type { LocatedEntry } from './locate.js'
import type { Reading } from './remember-files.js'

const MAX_META_BYTES = 1024 * 1024
const MAX_TITLE_CHARS = 500
const MAX_PURPOSE_CHARS = 1000
const MAX_COMMIT_CHARS = 200

/** The fields that say whether the mission is merged; the first one that is set counts. */
const MERGE_NAMES = ['baseline_merge_commit', 'merged_commit'] as const

/** The fields that determine whether a merge can be suggested. */
const DECIDING = [...MERGE_NAMES, 'topology'] as const
const DECIDING_DATES = ['merged_at', 'discarded_at'] as const

const MAX_NAME_CHARS = 100
const MAX_WRONG_DATES = 10

/** The topologies that keep the log in a separate worktree. */
const COORDINATED: ReadonlySet<string> = new Set(['coord', 'lanes_with_coord'])

/**
 * How much of a prompt is read to get its front matter. UTF-8 needs at most three bytes for one UTF-16 unit. Four bytes
 * per unit are read, which leaves room for the lines that begin and end the front matter.
 */
const PROMPT_BYTES = 4 * MAX_FRONT_MATTER_CHARS

/** Usually the front matter ends within this many bytes, so the rest of the file need not be read. */
const HEAD_BYTES = 4096

export interface Meta {
  readonly title: string | null
  /** The newest date in the file, as `instantOf` returns it; null if there is none. */
  readonly newest: string | null
  /** The purpose of the mission, in one line. */
  readonly purpose: string | null
  readonly merge_commit: string | null
  /** ISO 8601 UTC. */
  readonly merged_at: string | null
  readonly discarded_at: string | null
  /** Whether the log is kept in a worktree until the mission is merged. */
  readonly is_coordinated: boolean
  readonly problems: readonly string[]
  /** The problems because of which it is unknown whether the mission is merged, or can be merged. */
  readonly unread: readonly string[]
}

export const NO_META: Meta = {
  title: null,
  newest: null,
  purpose: null,
  merge_commit: null,
  merged_at: null,
  discarded_at: null,
  is_coordinated: false,
  problems: [],
  unread: [],
}

/**
 * Returns the title and the purpose of a mission, whether it is merged or discarded, and when it last changed. Nothing else in
 * `meta.json` is used.
 */
export async function readMeta(found: LocatedEntry): Promise<Reading<Meta>> {
  const read = await withFile(found, (handle, { size }) =>
    readBytes(handle, 0, Math.min(Number(size), MAX_META_BYTES)),
  )
  if ('kind' in read) return { value: { ...NO_META, unread: [read.what] }, is_kept: false }
  const { text, problem } = decode(read, true)
  const meta = objectOf(parseJson(text ?? ''))
  if (meta === null) return kept({ ...NO_META, unread: [problem ?? 'is not a JSON object'] })
  const titles = [meta['friendly_name'], meta['title'], meta['name']]
  const title = titles.find((value): value is string => typeof value === 'string' && value.trim() !== '')
  const isTitleWrong = titles.some((value) => isWrong(value))
  const wrong = [
    ...(isTitleWrong ? ['its title is not text'] : []),
    ...wrongIn(meta, ['purpose_tldr']),
    ...wrongDatesIn(meta, (name) => !isDeciding(name)),
  ]
  const merge_commit =
    MERGE_NAMES.map((name) => lineIn(meta[name], MAX_COMMIT_CHARS)).find((one) => one !== null) ?? null
  const undecided = [...wrongDatesIn(meta, isDeciding), ...wrongIn(meta, DECIDING)]
  return kept({
    title: title?.trim().slice(0, MAX_TITLE_CHARS) ?? null,
    newest: newestIn(meta),
    purpose: lineIn(meta['purpose_tldr'], MAX_PURPOSE_CHARS),
    merge_commit,
    merged_at: timeIn(meta['merged_at']),
    discarded_at: timeIn(meta['discarded_at']),
    is_coordinated: COORDINATED.has(lineIn(meta['topology'], MAX_NAME_CHARS) ?? ''),
    problems: [...(problem === null ? [] : [problem]), ...wrong, ...(merge_commit === null ? [] : undecided)],
    unread: merge_commit === null ? undecided : [],
  })
}

function isWrong(value: unknown): boolean {
  return value != null && typeof value !== 'string'
}

/** Returns a problem for each field whose value is not text, because its meaning is unknown. */
function wrongIn(meta: Readonly<Record<string, unknown>>, names: readonly string[]): readonly string[] {
  return names.filter((name) => isWrong(meta[name])).map((name) => `its ${name} is not text`)
}

function isDeciding(name: string): boolean {
  return DECIDING_DATES.some((one) => one === name)
}

function wrongDatesIn(
  meta: Readonly<Record<string, unknown>>,
  isWanted: (name: string) => boolean,
): readonly string[] {
  return Object.entries(meta)
    .filter(
      ([name, value]) =>
        name.endsWith('_at') && isWanted(name) && value != null && value !== '' && dateOf(value) === null,
    )
    .slice(0, MAX_WRONG_DATES)
    .map(([name]) => `its ${name.slice(-MAX_NAME_CHARS)} is not a time`)
}

function dateOf(value: unknown): string | null {
  return typeof value === 'string' ? instantOf(value) : null
}

function timeIn(value: unknown): string | null {
  const instant = dateOf(value)
  return instant === null ? null : toMilliseconds(instant)
}

/** Returns a text on one line; null if the value is not text. */
function lineIn(value: unknown, max: number): string | null {
  const text = typeof value === 'string' ? value.replaceAll(/\s+/g, ' ').trim() : ''
  return text === '' ? null : text.slice(0, max)
}

/** Returns the newest of the dates in fields whose names end in `_at`, such as `created_at` and `accepted_at`. */
function newestIn(meta: Readonly<Record<string, unknown>>): string | null {
  const dates = Object.entries(meta).flatMap(([name, value]) => {
    return name.endsWith('_at') ? (dateOf(value) ?? []) : []
  })
  return dates.toSorted().at(-1) ?? null
}

/** Returns the fields in the front matter of a prompt. The rest of the prompt is read only when the user opens it. */
export async function readPackage(found: LocatedEntry): Promise<Reading<PackageFields>> {
  const read = await withFile(found, async (handle, { size }) => {
    const head = promptOf(await readBytes(handle, 0, Math.min(Number(size), HEAD_BYTES)), Number(size))
    const isEnough = head.yaml !== null || Number(size) <= HEAD_BYTES
    return isEnough
      ? head
      : promptOf(await readBytes(handle, 0, Math.min(Number(size), PROMPT_BYTES)), Number(size))
  })
  if ('kind' in read) return { value: withProblems(readFields(null), [read.what]), is_kept: false }
  const fields = readFields(read.yaml)
  return kept(withProblems({ ...fields, title: fields.title ?? read.heading }, read.problems))
}

interface PromptHead {
  readonly yaml: string | null
  /** The first heading, without the words and the id that usually precede the title; null if there is none near the beginning. */
  readonly heading: string | null
  readonly problems: readonly string[]
}

const HEADING = /^# +(?:Work Package(?: Prompt)?: +)?(?:WP-?\d+[a-z]?(?: *[:–—] *| +- +))?(\S.*)$/im

/** Returns the front matter at the beginning of a file, and what is wrong with it. */
function promptOf(bytes: Uint8Array, size: number): PromptHead {
  const { text, problem } = decode(bytes, size <= bytes.length)
  const said = problem === null ? [] : [problem]
  if (text === null) return { yaml: null, heading: null, problems: said }
  const { yaml, body, problem: missing } = splitFrontMatter(text)
  const heading = HEADING.exec(body)?.[1]?.trim().slice(0, MAX_TITLE_CHARS) ?? null
  return { yaml, heading, problems: yaml === null ? [...said, missing ?? 'has no front matter'] : said }
}

function withProblems(fields: PackageFields, problems: readonly string[]): PackageFields {
  return { ...fields, problems: [...problems, ...fields.problems] }
}

function kept<T>(value: T): Reading<T> {
  return { value, is_kept: true }
}
