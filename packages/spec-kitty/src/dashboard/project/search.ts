import type { SearchReply, SearchResult } from '../api.js'
import { readDocument } from './documents.js'
import type { LocatedEntry } from './locate.js'
import type { MissionRead } from './mission.js'
import { sameId } from './package-ids.js'
import { pathOf } from './project-paths.js'

/** The maximum length of a search text. */
export const MAX_QUERY_CHARS = 200

const MAX_RESULTS = 50
const MAX_WORDS = 10

/** The time limit of a search. Reading all documents of a large project takes longer than a user waits. */
const MAX_MS = 2_000

const READ_AT_ONCE = 4

/** How much of the line is shown before and after the match. */
const BEFORE_CHARS = 60
const BEHIND_CHARS = 140

/** Returns what is wrong with a search text; null if it is valid. */
export function refusalOfQuery(query: string | null): string | null {
  if (query === null || query.trim() === '') return 'Say what to search for: ?q=TEXT.'
  if (query.length > MAX_QUERY_CHARS)
    return `The text to search for is longer than ${MAX_QUERY_CHARS} characters.`
  return /\p{Cc}/u.test(query) ? 'The text to search for has control characters.' : null
}

type Mission = Pick<MissionRead, 'id' | 'title' | 'purpose' | 'work_packages' | 'documents'>

/**
 * Searches missions, which are given in the order of the results. First searches names and titles. Then reads documents
 * until there are enough results, the time is over, or every caller has given up.
 */
export async function searchMissions(
  query: string,
  missions: readonly Mission[],
  directories: ReadonlyMap<string, LocatedEntry>,
  signal: AbortSignal,
): Promise<SearchReply> {
  const words = query.toLowerCase().split(/\s+/).filter(Boolean).slice(0, MAX_WORDS)
  const named = missions.flatMap((mission) => missionResult(mission, words))
  const packages = missions.flatMap((mission) => packageResults(mission, words))
  const byName = missions.flatMap((mission) => documentResults(mission, words))
  const results = [...named, ...packages, ...byName]
  const listed = missions.flatMap((mission) => mission.documents.map(({ name }) => ({ mission, name })))
  const known = new Set(byName.map(({ mission, document }) => `${mission.id}/${document}`))
  const rest = listed.filter(({ mission, name }) => !known.has(`${mission.id}/${name}`))
  const room = MAX_RESULTS - results.length
  const { found, read } = await searchTexts(rest, directories, words, room, signal)
  return {
    query,
    results: [...results, ...found].slice(0, MAX_RESULTS),
    is_complete: results.length + found.length <= MAX_RESULTS && read === rest.length,
    documents_read: read,
    documents_total: listed.length,
  }
}

interface Place {
  readonly mission: Mission
  readonly name: string
}

/** Reads documents in order until more than `room` of them contain all words. Returns those, and how many documents were read. */
async function searchTexts(
  places: readonly Place[],
  directories: ReadonlyMap<string, LocatedEntry>,
  words: readonly string[],
  room: number,
  signal: AbortSignal,
): Promise<{ readonly found: readonly SearchResult[]; readonly read: number }> {
  const found: { readonly at: number; readonly result: SearchResult }[] = []
  const rest = places.entries()
  const until = performance.now() + MAX_MS
  let read = 0
  const worker = async (): Promise<void> => {
    for (const [at, place] of rest) {
      if (found.length > room || room <= 0 || performance.now() > until || signal.aborted) return
      const result = await textResult(place, directories, words)
      read += 1
      if (result !== null) found.push({ at, result })
    }
  }
  await Promise.all(Array.from({ length: READ_AT_ONCE }, worker))
  return { found: found.toSorted((one, other) => one.at - other.at).map(({ result }) => result), read }
}

async function textResult(
  { mission, name }: Place,
  directories: ReadonlyMap<string, LocatedEntry>,
  words: readonly string[],
): Promise<SearchResult | null> {
  const directory = directories.get(mission.id)
  const reply = directory === undefined ? null : await readDocument(directory, name, pathOf(mission.id, name))
  const text = reply?.text ?? null
  if (text === null || !hasAll(text.toLowerCase(), words)) return null
  return { ...documentResult(mission, name), ...snippetOf(text, words) }
}

function missionResult({ id, title, purpose }: Mission, words: readonly string[]): readonly SearchResult[] {
  if (!hasAll(`${id} ${title} ${purpose ?? ''}`.toLowerCase(), words)) return []
  const place = { mission: { id, title }, work_package: null, document: null }
  return [{ kind: 'mission', ...place, title, snippet: purpose, line: null }]
}

function packageResults(mission: Mission, words: readonly string[]): readonly SearchResult[] {
  const { id, title } = mission
  return mission.work_packages
    .filter((one) => isFoundIn(mission, `${one.id} ${one.title} ${one.agent ?? ''}`, one.id, words))
    .map((one) => ({
      kind: 'package',
      mission: { id, title },
      work_package: one.id,
      document: one.document,
      title: one.title,
      snippet: null,
      line: null,
    }))
}

function documentResults(mission: Mission, words: readonly string[]): readonly SearchResult[] {
  return mission.documents
    .filter(({ name, work_package }) => isFoundIn(mission, name, work_package, words))
    .map(({ name }) => documentResult(mission, name))
}

function documentResult({ id, title, documents }: Mission, name: string): SearchResult {
  const work_package = documents.find((one) => one.name === name)?.work_package ?? null
  const place = { mission: { id, title }, work_package, document: name }
  return { kind: 'document', ...place, title: name, snippet: null, line: null }
}

/**
 * Returns whether all words match, and at least one of them matches this text itself; the others may match the name of
 * its mission. A word that is the id of a package matches that package in any spelling.
 */
function isFoundIn(mission: Mission, own: string, wp: string | null, words: readonly string[]): boolean {
  const text = own.toLowerCase()
  const place = `${mission.id} ${mission.title}`.toLowerCase()
  const isOwn = (word: string) => text.includes(word) || (wp !== null && sameId(word) === sameId(wp))
  return words.some(isOwn) && words.every((word) => isOwn(word) || place.includes(word))
}

function hasAll(text: string, words: readonly string[]): boolean {
  return words.every((word) => text.includes(word))
}

/**
 * Returns the line with the first match. The lower-case text may be longer than the original, so the match is located
 * line by line.
 */
function snippetOf(text: string, words: readonly string[]): Pick<SearchResult, 'snippet' | 'line'> {
  const lines = text.split('\n')
  const at = lines.findIndex((line) => words.some((word) => line.toLowerCase().includes(word)))
  const line = lines[at] ?? ''
  const [start = 0] = words
    .map((word) => line.toLowerCase().indexOf(word))
    .filter((place) => place >= 0)
    .toSorted((one, other) => one - other)
  const from = Math.max(0, start - BEFORE_CHARS)
  const to = start + BEHIND_CHARS
  const cut = line
    .slice(from, to)
    .replaceAll(/[\s\p{Cc}]+/gu, ' ')
    .trim()
  return { snippet: `${from > 0 ? '…' : ''}${cut}${to < line.length ? '…' : ''}`, line: at + 1 }
}
