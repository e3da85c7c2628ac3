import { objectOf, parseJson } from 'familiar/cli'
import { decode } from './decode-text.js'
import { CONFLICT, hasConflict } from './merge-conflict.js'
import { readBytes, withFile } from './read-safely.js'
import { futureOf, instantOf, toMilliseconds } from './timestamps.js'
import type { LocatedEntry } from './locate.js'
import { kept, type Reading } from './remember-files.js'

const MAX_META_BYTES = 1024 * 1024
export const MAX_TITLE_CHARS = 500
const MAX_PURPOSE_CHARS = 1000
const MAX_COMMIT_CHARS = 200

/** The fields that say whether the mission is merged; the first one that is set counts. */
const MERGE_NAMES = ['baseline_merge_commit', 'merged_commit'] as const

/** The fields that determine whether a merge can be suggested. */
const DECIDING = [...MERGE_NAMES, 'topology'] as const
const DECIDING_DATES = ['merged_at', 'discarded_at'] as const

const MAX_NAME_CHARS = 100
const MAX_WRONG_DATES = 10
const MAX_FUTURE_DATES = 10
const MAX_SLUG_CHARS = 300
const SHORT_ID_CHARS = 8

/** The topologies that keep the log in a separate worktree. */
const COORDINATED: ReadonlySet<string> = new Set(['coord', 'lanes_with_coord'])

export interface Meta {
  readonly title: string | null
  /** The newest date in the file, and the first dates that were in the future when it was read, as `instantOf` returns them. */
  readonly dates: readonly string[]
  /** The purpose of the mission, in one line. */
  readonly purpose: string | null
  readonly merge_commit: string | null
  /** ISO 8601 UTC. */
  readonly merged_at: string | null
  readonly discarded_at: string | null
  /** Whether the log is kept in a worktree until the mission is merged. */
  readonly is_coordinated: boolean
  /** The names of the mission (`slug`, `mission_slug`), with which the names of its worktrees begin. */
  readonly slugs: readonly string[]
  /** The first eight characters of `mission_id`; null if there is none. */
  readonly short_id: string | null
  readonly coordination_branch: string | null
  readonly problems: readonly string[]
  /** The problems because of which it is unknown whether the mission is merged, or can be merged. */
  readonly unread: readonly string[]
}

export const NO_META: Meta = {
  title: null,
  dates: [],
  purpose: null,
  merge_commit: null,
  merged_at: null,
  discarded_at: null,
  is_coordinated: false,
  slugs: [],
  short_id: null,
  coordination_branch: null,
  problems: [],
  unread: [],
}

/**
 * Returns the title and the purpose of a mission, whether it is merged or discarded, when it last changed, and what tells its
 * coordination worktree. Nothing else in `meta.json` is used.
 */
export async function readMeta(found: LocatedEntry): Promise<Reading<Meta>> {
  const read = await withFile(found, (handle, { size }) =>
    readBytes(handle, 0, Math.min(Number(size), MAX_META_BYTES)),
  )
  if ('kind' in read) return { value: { ...NO_META, unread: [read.what] }, is_kept: false }
  const { text, problem } = decode(read, true)
  const meta = objectOf(parseJson(text ?? ''))
  if (meta === null) return kept({ ...NO_META, unread: [problem ?? whyNotJson(text ?? '')] })
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
    dates: datesIn(meta),
    purpose: lineIn(meta['purpose_tldr'], MAX_PURPOSE_CHARS),
    merge_commit,
    merged_at: timeIn(meta['merged_at']),
    discarded_at: timeIn(meta['discarded_at']),
    is_coordinated: COORDINATED.has(lineIn(meta['topology'], MAX_NAME_CHARS) ?? ''),
    slugs: [meta['slug'], meta['mission_slug']].flatMap((name) => lineIn(name, MAX_SLUG_CHARS) ?? []),
    short_id: shortIdIn(meta),
    coordination_branch: lineIn(meta['coordination_branch'], MAX_SLUG_CHARS),
    problems: [...(problem === null ? [] : [problem]), ...wrong, ...(merge_commit === null ? [] : undecided)],
    unread: merge_commit === null ? undecided : [],
  })
}

function whyNotJson(text: string): string {
  return hasConflict(text) ? CONFLICT : 'is not a JSON object'
}

function shortIdIn({ mission_id: id, mid8 }: Readonly<Record<string, unknown>>): string | null {
  const text = lineIn(id, MAX_NAME_CHARS) ?? lineIn(mid8, MAX_NAME_CHARS) ?? ''
  return text.length < SHORT_ID_CHARS ? null : text.slice(0, SHORT_ID_CHARS)
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

/**
 * Returns the dates that say when the mission last changed, also once others have come: the newest that is not in the future,
 * and the next ones. They are in fields whose names end in `_at`, such as `created_at` and `accepted_at`.
 */
function datesIn(meta: Readonly<Record<string, unknown>>): readonly string[] {
  const dates = Object.entries(meta)
    .flatMap(([name, value]) => (name.endsWith('_at') ? (dateOf(value) ?? []) : []))
    .toSorted()
  const come = dates.filter((date) => futureOf(date) === null).length
  return dates.slice(Math.max(0, come - 1), come + MAX_FUTURE_DATES)
}
