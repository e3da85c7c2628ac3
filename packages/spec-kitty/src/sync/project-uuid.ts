import { join } from 'node:path'
import { objectOf, ownProcessName, readSmallFile } from 'familiar/cli'

const MAX_BYTES = 1024 * 1024

/** The id that the predecessor wrote if it had none. It does not identify a project. */
const NIL = '00000000-0000-0000-0000-000000000000'

/** Matches the end of the parser's message, which names the position and shows it. */
const PLACE = / at line \d+, column \d+:$/

/**
 * Returns the id in `.kittify/config.yaml`, where the predecessor keeps it (`project: uuid:`); null if there is none. If
 * the file exists but cannot be read, returns no id, because with a wrong id the events would belong to another project
 * forever.
 */
export async function readGivenUuid(
  project: string,
): Promise<{ readonly uuid: string | null } | { readonly why: string }> {
  const path = join(project, '.kittify', 'config.yaml')
  const file = readSmallFile(path, { maxBytes: MAX_BYTES, mayBeLink: true })
  if (file.state === 'unreadable') return { why: `${path} cannot be read (${file.why})` }
  if (file.state === 'absent') return { uuid: null }
  const { parse, YAMLError } = await import('yaml')
  try {
    const uuid = objectOf(objectOf(parse(file.text))?.['project'])?.['uuid']
    return { uuid: typeof uuid === 'string' && isGiven(uuid) ? uuid.trim() : null }
  } catch (error) {
    const [message = 'it is not YAML'] = String(error instanceof Error ? error.message : error).split('\n')
    const [place] = (error instanceof YAMLError ? error.linePos : null) ?? []
    const at = place === undefined ? '' : `line ${place.line}, column ${place.col}: `
    return { why: `${path} cannot be read (${at}${message.replace(PLACE, '')})` }
  }
}

function isGiven(uuid: string): boolean {
  return uuid.trim() !== '' && uuid.trim() !== NIL
}

/**
 * Returns the id of a project that has none. It is computed from this machine and the project's path, and is always the
 * same. It consists of the bits of a hash, in the form of a UUID of version 8 (RFC 9562), which leaves the content to the
 * application.
 */
export async function uuidOfPlace(project: string): Promise<string> {
  const { host_id: host } = await ownProcessName()
  const hash = process
    .getBuiltinModule('node:crypto')
    .createHash('sha256')
    .update(`${host}\0${project}`)
    .digest('hex')
  const variant = '89ab'[Number.parseInt(hash[16] ?? '0', 16) % 4]
  return [
    hash.slice(0, 8),
    hash.slice(8, 12),
    `8${hash.slice(13, 16)}`,
    `${variant}${hash.slice(17, 20)}`,
    hash.slice(20, 32),
  ].join('-')
}
