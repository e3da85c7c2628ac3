import { lstatSync } from 'node:fs'
import { join } from 'node:path'
import { objectOf, parseJson, stringOf } from 'familiar/cli'
import type { ProjectUuid } from './event.js'
import { readGivenUuid, uuidOfPlace } from './project-uuid.js'

/**
 * What identifies the project at a path: the id in its configuration (null if there is none), and marks of its directory
 * and its content. The path alone is not enough, because another project may be there later.
 */
interface Origin {
  readonly uuid: string | null
  readonly marks: Readonly<Record<string, string>>
}

/** The origin of an event that was queued before origins were recorded. Only the event's `project_uuid` is known. */
interface OldOrigin {
  readonly publishedUuid: string
}

/** What is known about a project when events of it are published. */
export interface KnownProject {
  readonly projectUuid: ProjectUuid
  /** The origin as it is stored with each event. */
  readonly origin: string
}

/**
 * The marks that stay as long as a directory is the same project. One of the entries inside is enough, because a `git
 * checkout` may remove `.kittify` and create it again, and a project need not be in git.
 */
const DIRECTORY = '.'
const INSIDE = ['.git', '.kittify', 'kitty-specs'] as const

/** Reads what identifies the project that is in this directory now. */
export async function readProject(project: string): Promise<KnownProject> {
  const marks = marksOf(project)
  const given = typeof marks === 'string' ? { why: marks } : await readGivenUuid(project)
  const uuid = 'why' in given ? null : given.uuid
  const origin: Origin = { uuid, marks: typeof marks === 'string' ? {} : marks }
  return {
    projectUuid: 'why' in given ? given : { uuid: uuid ?? (await uuidOfPlace(project)) },
    origin: JSON.stringify(origin),
  }
}

/** The project that is now in the directory in which events were published. */
export interface Standing {
  readonly isSame: boolean
  /** The id that an event would get now; null if it cannot be read. */
  readonly uuid: string | null
}

/**
 * Returns whether the project in this directory now is the one with this origin. If both have an id in their
 * configuration, the ids decide; otherwise the directory must be the same one. If that is unknown, the answer is no.
 */
export async function whoStandsAt(project: string, origin: string): Promise<Standing> {
  const now = await readProject(project)
  const uuid = 'why' in now.projectUuid ? null : now.projectUuid.uuid
  return { isSame: isSameProject(readOrigin(origin), readOrigin(now.origin), uuid), uuid }
}

/** Pure. `uuid`: the id that an event would get now. */
function isSameProject(
  before: Origin | OldOrigin | null,
  now: Origin | OldOrigin | null,
  uuid: string | null,
): boolean {
  if (before === null || now === null || !('marks' in now)) return false
  if (!('marks' in before)) return before.publishedUuid === uuid
  if (before.uuid !== null && now.uuid !== null) return before.uuid === now.uuid
  const isSame = (name: string): boolean =>
    before.marks[name] !== undefined && before.marks[name] === now.marks[name]
  // Without its creation time, a directory that reuses the inode of a deleted one looks the same.
  if (now.uuid !== null && !before.marks[DIRECTORY]?.includes(MADE)) return false
  return isSame(DIRECTORY) && INSIDE.some(isSame)
}

function readOrigin(text: string): Origin | OldOrigin | null {
  const read = objectOf(parseJson(text))
  const publishedUuid = stringOf(read?.['publishedUuid'])
  if (publishedUuid !== null) return { publishedUuid }
  const marks = objectOf(read?.['marks'])
  return marks === null ? null : { uuid: stringOf(read?.['uuid']), marks: marks as Origin['marks'] }
}

/**
 * Returns the marks, or why they cannot be read. An event that was stored with too few of them would count as one of another
 * project for ever.
 */
function marksOf(project: string): Origin['marks'] | string {
  const marks: Record<string, string> = {}
  for (const name of [DIRECTORY, ...INSIDE]) {
    const path = join(project, name)
    try {
      const mark = markOf(path)
      if (mark !== null) marks[name] = mark
    } catch (error) {
      return `${path} cannot be read (${codeOf(error)})`
    }
  }
  return marks
}

/** Separates the inode from the creation time. */
const MADE = '@'

/**
 * Inodes are reused, so the creation time is part of the mark if the file system has one. The device is not, because its
 * number may change when the machine restarts.
 */
function markOf(path: string): string | null {
  try {
    const found = lstatSync(path, { bigint: true, throwIfNoEntry: false })
    if (found === undefined) return null
    const { ino, birthtimeNs } = found
    return birthtimeNs > 0n ? `${ino}${MADE}${birthtimeNs}` : String(ino)
  } catch (error) {
    if (NOT_OURS_TO_READ.has(codeOf(error))) return null
    throw error
  }
}

/** These stay as they are, so that the mark is missing at every look. Any other error is over at the next look. */
const NOT_OURS_TO_READ: ReadonlySet<string> = new Set(['EACCES', 'EPERM', 'ENOTDIR', 'ELOOP', 'ENAMETOOLONG'])

function codeOf(error: unknown): string {
  return String((error as NodeJS.ErrnoException).code ?? error)
}
