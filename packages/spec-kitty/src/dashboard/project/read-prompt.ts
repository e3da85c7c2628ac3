import { decode } from './decode-text.js'
import { CONFLICT, hasConflict } from './merge-conflict.js'
import { readBytes, withFile } from './read-safely.js'
import { NO_FRONT_MATTER, readFields, type PackageFields } from './front-matter.js'
import { MAX_FRONT_MATTER_CHARS, splitFrontMatter } from './split-front-matter.js'
import type { LocatedEntry } from './locate.js'
import { MAX_TITLE_CHARS } from './read-meta.js'
import { kept, type Reading } from './remember-files.js'

/**
 * How much of a prompt is read to get its front matter. UTF-8 needs at most three bytes for one UTF-16 unit. Four bytes
 * per unit are read, which leaves room for the lines that begin and end the front matter.
 */
const PROMPT_BYTES = 4 * MAX_FRONT_MATTER_CHARS

/** Usually the front matter ends within this many bytes, so the rest of the file need not be read. */
const HEAD_BYTES = 4096

/** Returns the fields in the front matter of a prompt. The rest of the prompt is read only when the user opens it. */
export async function readPrompt(found: LocatedEntry): Promise<Reading<PackageFields>> {
  const read = await withFile(found, async (handle, { size }) => {
    const head = promptOf(await readBytes(handle, 0, Math.min(Number(size), HEAD_BYTES)), Number(size))
    const isEnough = head.yaml !== null || Number(size) <= HEAD_BYTES
    return isEnough
      ? head
      : promptOf(await readBytes(handle, 0, Math.min(Number(size), PROMPT_BYTES)), Number(size))
  })
  if ('kind' in read) {
    const fields = { ...readFields(null), unknown_needs: read.what }
    return { value: withProblems(fields, [read.what]), is_kept: false }
  }
  const fields = readFields(read.yaml)
  const unknown_needs = read.unknown_needs ?? fields.unknown_needs
  const title = fields.title ?? read.heading
  return kept(withProblems({ ...fields, title, unknown_needs }, read.problems))
}

interface PromptHead {
  readonly yaml: string | null
  /** The first heading, without the words and the id that usually precede the title; null if there is none near the beginning. */
  readonly heading: string | null
  /** Why it is unknown what the package needs: there is no front matter, or it has two versions. Null if there is one. */
  readonly unknown_needs: string | null
  readonly problems: readonly string[]
}

const HEADING =
  /^# +(?:Work Package(?: Prompt)?: +)?(?:WP-?\d+(?:[a-z]|(?:\.\d+)+)?(?: *[:–—] *| +- +))?(\S.*)$/im

/** Matches a block of code, in which `#` begins a comment and not a heading. */
const CODE = /^ {0,3}(`{3,}|~{3,})[\s\S]*?(?:^ {0,3}\1|(?![\s\S]))/gm

/** Returns the front matter at the beginning of a file, and what is wrong with it. */
function promptOf(bytes: Uint8Array, size: number): PromptHead {
  const { text, problem } = decode(bytes, size <= bytes.length)
  const said = problem === null ? [] : [problem]
  if (text === null) return { yaml: null, heading: null, unknown_needs: problem, problems: said }
  const { yaml, body, problem: missing } = splitFrontMatter(text)
  const conflict = hasConflict(yaml ?? text.slice(0, MAX_FRONT_MATTER_CHARS)) ? CONFLICT : null
  const noYaml = yaml === null ? (missing ?? NO_FRONT_MATTER) : null
  const heading = HEADING.exec(body.replaceAll(CODE, ''))?.[1]?.trim().slice(0, MAX_TITLE_CHARS) ?? null
  const wrong = [conflict, noYaml].filter((what) => what !== null)
  return { yaml, heading, unknown_needs: conflict ?? noYaml, problems: [...said, ...wrong] }
}

function withProblems(fields: PackageFields, problems: readonly string[]): PackageFields {
  return { ...fields, problems: [...problems, ...fields.problems] }
}
