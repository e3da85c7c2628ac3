import {
  closeSync,
  constants,
  fchmodSync,
  fsyncSync,
  lstatSync,
  openSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { dirname, join } from 'node:path'
import {
  CommandError,
  createFile,
  EXIT,
  makeDirectory,
  readSmallFile,
  realPath,
  writeHint,
} from 'familiar/cli'
import { cureCommand } from '../cli/cure-file.js'
import { assertOwnProject } from '../cli/own-places.js'
import type { Consent } from './parse-consent.js'
import { OPTED_OUT } from './why-types.js'

export type { Consent } from './parse-consent.js'

/**
 * The maximum size of a file that is read. Real files have a few KiB. The daemon reads them between two requests, and
 * this many bytes take 60 ms.
 */
const MAX_BYTES = 256 * 1024

/**
 * The texts that `sync opt-in` and `opt-out` write into a new file. They are recognised without loading 200 kB of YAML
 * parser.
 */
const WRITTEN: ReadonlyMap<string, Consent> = new Map([
  ['sync:\n  enabled: true\n', 'yes'],
  ['sync:\n  enabled: false\n', 'no'],
])

/** Flags that neither follow a symlink nor block on a FIFO, in case one of these has replaced the file since it was read. */
const CAREFUL = (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0)

/**
 * Returns the path of the file in which a project says whether its events may leave this machine. The predecessor uses
 * the same file.
 */
export function consentFile(project: string): string {
  return join(project, '.kittify', 'config.yaml')
}

/**
 * Returns whether events of the project may leave this machine, according to its file at this moment. A missing file
 * means no consent. A file that cannot be read, is not YAML, is a symlink or not a regular file, or belongs to another
 * user also means no consent, and the result says why. `project` is a real path, because a path through a symlink means
 * another project.
 */
export async function readConsent(project: string): Promise<Consent> {
  const file = read(consentFile(project))
  if (file.state === 'absent') return 'no'
  if (file.state === 'unreadable') return file
  const written = WRITTEN.get(file.text)
  if (written !== undefined) return written
  const { consentIn } = await import('./parse-consent.js')
  return consentIn(file.text)
}

/** Returns why a project whose consent reads `no` has none: it has opted out, or a key is misspelt; null if it just has none. */
export async function whyNoConsent(project: string): Promise<string | null> {
  const file = read(consentFile(project))
  if (file.state === 'absent' || file.state === 'unreadable') return null
  if (WRITTEN.get(file.text) === 'no') return OPTED_OUT
  const { whyNot } = await import('./parse-consent.js')
  return whyNot(file.text)
}

export interface Written {
  readonly path: string
  /** False if the file already contained this consent and was therefore not written. */
  readonly isChanged: boolean
  /**
   * Set if the replaced file had other names (hard links): their number. They still lead to the old file with the old
   * consent.
   */
  readonly otherNames?: number
}

/**
 * Records the consent. Every other key, comment and line end is kept, and so is the file's mode. The file is replaced
 * atomically. Throws `E_PROJECT_CONFIG_UNUSABLE` for a file that cannot be read or written, is broken, or is a symlink;
 * the file is not changed then. Throws `E_PROJECT_CONFIG_CHANGED` (try again) if another program wrote it meanwhile, and
 * `E_SCOPE_FOREIGN_OWNER` in another user's project.
 */
export async function writeConsent(project: string, isGiven: boolean): Promise<Written> {
  assertOwnProject(project)
  const path = consentFile(project)
  const file = read(path)
  if (file.state === 'unreadable') {
    const cure = cureCommand(path, file.why)
    throw unusable(path, file.why, undefined, ...(cure === null ? [] : [`to repair it: ${cure}`]))
  }
  const text = file.state === 'absent' ? '' : file.text
  const { consentIn } = await import('./parse-consent.js')
  const { withConsent } = await import('./edit-consent.js')
  const before = consentIn(text)
  const isSaid = before === (isGiven ? 'yes' : 'no')
  // An opt-out is written even if the file contains no consent, because only a written value shows that the user decided.
  const changed = isGiven && isSaid ? text : withConsent(text, isGiven)
  if (changed === null && !isSaid) {
    throw typeof before === 'string' ? notEditable(path, isGiven) : unusable(path, before.why)
  }
  if (changed === null || (file.state === 'text' && changed === text)) return { path, isChanged: false }
  const otherNames = (lstatSync(path, { throwIfNoEntry: false })?.nlink ?? 1) - 1
  replace(path, file.state === 'absent' ? null : text, changed)
  return { path, isChanged: true, ...(otherNames > 0 ? { otherNames } : {}) }
}

type Read = ReturnType<typeof readSmallFile>

function read(path: string): Read {
  const directory = dirname(path)
  const real = realPath(directory)
  if (real === null) return { state: 'unreadable', why: `${directory} cannot be read` }
  if (real !== directory) return { state: 'unreadable', why: `it leads through a link, to ${real}` }
  return readSmallFile(path, { maxBytes: MAX_BYTES })
}

/**
 * Writes a new file beside the old one and renames it over the old one. `before` is the text that was read; null if there
 * was no file.
 */
function replace(path: string, before: string | null, after: string): void {
  const temporary = join(
    dirname(path),
    `.config.yaml.${process.getBuiltinModule('node:crypto').randomBytes(6).toString('hex')}`,
  )
  try {
    if (before === null) makeDirectory(dirname(path), 0o777)
    // A file that is not writable must not be replaced, although a rename would succeed.
    else closeSync(openSync(path, constants.O_WRONLY | CAREFUL))
    writeNew(temporary, after, before === null ? null : lstatSync(path).mode & 0o7777)
    const now = read(path)
    if ((now.state === 'text' ? now.text : null) !== before || now.state === 'unreadable') {
      throw new CommandError('E_PROJECT_CONFIG_CHANGED', `${path} was changed by another program meanwhile`, {
        hint: 'run the command again',
        exit: EXIT.tryAgain,
      })
    }
    renameSync(temporary, path)
  } catch (error) {
    rmSync(temporary, { force: true })
    if (error instanceof CommandError) throw error
    const { code = null } = error as NodeJS.ErrnoException
    throw unusable(path, code ?? String(error), error, writeHint(dirname(path), code))
  }
}

/** A new file gets the permissions that the user's umask gives, because a project is not secret. */
function writeNew(path: string, text: string, mode: number | null): void {
  const descriptor = createFile(path, mode ?? 0o666)
  try {
    if (mode !== null) fchmodSync(descriptor, mode)
    writeFileSync(descriptor, text)
    fsyncSync(descriptor)
  } finally {
    closeSync(descriptor)
  }
}

function unusable(path: string, why: string, cause?: unknown, hint = 'repair it first'): CommandError {
  return new CommandError('E_PROJECT_CONFIG_UNUSABLE', `${path} cannot be used: ${why}`, {
    hint: `${hint}; it was not changed`,
    cause,
  })
}

function notEditable(path: string, isGiven: boolean): CommandError {
  return new CommandError(
    'E_PROJECT_CONFIG_UNUSABLE',
    `${path} shares its part about sync with other parts, so changing it would change them too`,
    { hint: `write 'enabled: ${isGiven}' below 'sync:' by hand` },
  )
}
