import { objectOf, parseJson } from 'familiar/cli'
import { decode } from './decode.js'
import { readLanes, type LaneHistory, type LaneReader } from './events.js'
import { readBytes, withFile } from './files.js'
import { MAX_FRONT_MATTER_CHARS, readFields, splitFrontMatter, type PackageFields } from './front-matter.js'
import type { LocatedEntry } from './locate.js'
import type { Reading } from './memory.js'

const MAX_META_BYTES = 1024 * 1024
const MAX_TITLE_CHARS = 500

/**
 * How much of a prompt is read to get its front matter. UTF-8 needs at most three bytes for one UTF-16 unit. Four bytes
 * per unit are read, which leaves room for the lines that begin and end the front matter.
 */
const PROMPT_BYTES = 4 * MAX_FRONT_MATTER_CHARS

export interface Meta {
  readonly title: string | null
  readonly problems: readonly string[]
}

/** Returns the title of a mission. Nothing else in `meta.json` is used. */
export async function readMeta(found: LocatedEntry): Promise<Reading<Meta>> {
  const read = await withFile(found, (handle) => readBytes(handle, 0, MAX_META_BYTES))
  if ('kind' in read) return { value: { title: null, problems: [read.what] }, is_kept: false }
  const { text, problem } = decode(read, true)
  const meta = objectOf(parseJson(text ?? ''))
  if (meta === null) return kept({ title: null, problems: [problem ?? 'is no JSON object'] })
  const titles = [meta['friendly_name'], meta['title'], meta['name']]
  const title = titles.find((value): value is string => typeof value === 'string' && value.trim() !== '')
  const wrong = titles.some((value) => value != null && typeof value !== 'string')
    ? ['its title is no text']
    : []
  return kept({
    title: title?.trim().slice(0, MAX_TITLE_CHARS) ?? null,
    problems: problem === null ? wrong : [problem, ...wrong],
  })
}

/** Returns the fields in the front matter of a prompt. The rest of the prompt is read only when the user opens it. */
export async function readPackage(found: LocatedEntry): Promise<Reading<PackageFields>> {
  const size = Number(found.stats.size)
  const read = await withFile(found, (handle) => readBytes(handle, 0, Math.min(size, PROMPT_BYTES)))
  if ('kind' in read) return { value: withProblems(readFields(null), [read.what]), is_kept: false }
  const { text, problem } = decode(read, size <= PROMPT_BYTES)
  const said = problem === null ? [] : [problem]
  if (text === null) return kept(withProblems(readFields(null), said))
  const split = splitFrontMatter(text)
  const missing = split.yaml === null ? [split.problem ?? 'has no front matter'] : []
  return kept(withProblems(readFields(split.yaml), [...said, ...missing]))
}

function withProblems(fields: PackageFields, problems: readonly string[]): PackageFields {
  return { ...fields, problems: [...problems, ...fields.problems] }
}

/** Of a file that is larger than this, only the end is read: the latest lanes are there. */
const MAX_EVENTS_BYTES = 16 * 1024 * 1024
const CHUNK_BYTES = 64 * 1024
const MAX_LINE_BYTES = 256 * 1024

/** Returns the lanes recorded in `status.events.jsonl`, which is read in chunks. */
export async function readEvents(found: LocatedEntry): Promise<Reading<LaneHistory>> {
  const size = Number(found.stats.size)
  const lanes = readLanes()
  const start = Math.max(0, size - MAX_EVENTS_BYTES)
  const read = await withFile(found, async (handle) => {
    const lines = lineSplitter(lanes, start > 0)
    for (let at = start; at < size; at += CHUNK_BYTES)
      lines.take(await readBytes(handle, at, Math.min(CHUNK_BYTES, size - at)))
    lines.end()
    return lanes.result()
  })
  if ('kind' in read) return { value: { ...lanes.result(), problems: [read.what] }, is_kept: false }
  if (start === 0) return kept(read)
  return kept({ ...read, problems: ['is larger than 16 MiB, and only its end was read', ...read.problems] })
}

function kept<T>(value: T): Reading<T> {
  return { value, is_kept: true }
}

const NEWLINE = 10

/**
 * Returns a reader that cuts bytes into lines and passes them to `lanes`. With `skipsFirst`, the first line is dropped:
 * it is incomplete, because reading began in the middle of the file.
 */
function lineSplitter(lanes: LaneReader, skipsFirst: boolean) {
  let parts: Uint8Array[] = []
  let bytes = 0
  let skips = skipsFirst
  let isFirst = true

  const keep = (part: Uint8Array): void => {
    bytes += part.length
    if (bytes <= MAX_LINE_BYTES) parts.push(Buffer.from(part))
    else parts = []
  }
  const text = (): string => {
    const line = Buffer.concat(parts)
    const decoded = isFirst ? decode(line, true).text : line.toString('utf8')
    isFirst = false
    return decoded ?? line.toString('latin1')
  }
  const finish = (): void => {
    if (skips) skips = false
    else if (bytes > MAX_LINE_BYTES) lanes.longLine()
    else lanes.line(text())
    parts = []
    bytes = 0
  }
  return {
    take(chunk: Uint8Array): void {
      let from = 0
      for (let to = chunk.indexOf(NEWLINE); to >= 0; to = chunk.indexOf(NEWLINE, from)) {
        keep(chunk.subarray(from, to))
        finish()
        from = to + 1
      }
      keep(chunk.subarray(from))
    },
    end(): void {
      if (bytes > 0 && !skips && bytes <= MAX_LINE_BYTES) lanes.rest(text())
    },
  }
}
