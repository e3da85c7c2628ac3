import { randomBytes } from 'node:crypto'
import { readdirSync, renameSync, rmSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { errnoOf, FamiliarError, throwLack } from '../errors.js'
import { objectOf, parseJson, pidOf, stringOf, type JsonObject } from '../json.js'
import type { OwnRecord } from '../protocol/record.js'
import { readSmallFile } from '../observe/peek.js'
import type { Platform } from '../observe/platform/platform.js'
import { tokenFile } from '../observe/records.js'
import { prepareOwnPlace } from './own-place.js'
import { removeLeftover, writeNewFile } from './safe-file.js'

/** How long inspecting the process that a token file names may take. */
const INSPECT_MS = 2_000

/**
 * Writes the token of a running daemon to a separate file (0600) in a directory of its user's home, for clients of the
 * same home: the record in the scope does not contain the token. Throws `E_SCOPE_UNUSABLE` if the file cannot be written,
 * `E_RESOURCES` for lack of descriptors or memory.
 */
export function writeToken(directory: string, token: string, record: OwnRecord): void {
  const { pid, birth, boot_id, host_id, pid_namespace, scope, instance_id } = record
  const path = tokenFile(directory, instance_id)
  const temporary = join(directory, `.token-${randomBytes(6).toString('hex')}`)
  try {
    prepareOwnPlace(path)
    const named = { pid, birth, boot_id, host_id, pid_namespace, project: scope }
    writeNewFile(temporary, `${JSON.stringify({ token, ...named })}\n`)
    renameSync(temporary, path)
  } catch (error) {
    removeLeftover(temporary)
    throwLack(error)
    if (error instanceof FamiliarError) throw error
    throw new FamiliarError('E_SCOPE_UNUSABLE', `cannot write ${path}: ${errnoOf(error) ?? String(error)}`, {
      hint: `make ${dirname(path)} a directory that this user can write to, with space left`,
      cause: error,
    })
  }
}

/**
 * Removes the token files of daemons that are proven gone. Keeps a file that cannot be read, and one whose daemon may
 * run on another machine or in another pid namespace.
 */
export async function removeStaleTokens(directory: string, platform: Platform): Promise<void> {
  const names = listNames(directory).filter((name) => /^[0-9a-f]{32}\.json$/.test(name))
  for (const name of names) {
    const path = join(directory, name)
    const file = readSmallFile(path)
    const json = file.state === 'text' ? objectOf(parseJson(file.text)) : null
    if (json !== null && (await isGone(json, platform))) rmSync(path, { force: true })
  }
}

/**
 * Returns whether the daemon that a token file names is proven gone. After a reboot it is. On another machine or in
 * another pid namespace, the pid is another process and proves nothing.
 */
async function isGone(named: JsonObject, platform: Platform): Promise<boolean> {
  const [pid, startTime] = [pidOf(named['pid']), stringOf(named['birth'])]
  const { hostId, bootId, pidNamespace } = await platform.host()
  if (pid === null || startTime === null || named['host_id'] !== hostId) return false
  if (named['boot_id'] !== bootId) return true
  if (named['pid_namespace'] !== pidNamespace) return false
  const alive = await platform.inspect([pid], AbortSignal.timeout(INSPECT_MS))
  const found = alive.get(pid)
  return found === undefined || (found.startTime !== null && found.startTime !== startTime)
}

function listNames(directory: string): readonly string[] {
  try {
    return readdirSync(directory)
  } catch (error) {
    throwLack(error)
    return []
  }
}
