import { readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { throwLack } from '../errors.js'
import { objectOf, parseJson } from '../json.js'
import type { OwnRecord } from '../protocol/record.js'
import { readSmallFile } from '../observe/small-file.js'
import type { Platform } from '../observe/platform/platform.js'
import { isProvenGone } from '../observe/process-name.js'
import { tokenFile } from '../observe/read-records.js'
import { writeOwnFile } from './write-private-file.js'

/**
 * Writes the token of a running daemon to a separate file (0600) in its user's home, because the record in the scope does
 * not contain the token. Clients with the same home can then read it. Throws `E_SCOPE_UNUSABLE` if the file cannot be
 * written, `E_RESOURCES` for lack of descriptors or memory.
 */
export function writeToken(directory: string, token: string, record: OwnRecord): void {
  const { pid, birth, boot_id, host_id, pid_namespace, scope, instance_id } = record
  const named = { pid, birth, boot_id, host_id, pid_namespace, project: scope }
  writeOwnFile(tokenFile(directory, instance_id), `${JSON.stringify({ token, ...named })}\n`)
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
    if (json !== null && (await isProvenGone(json, platform))) rmSync(path, { force: true })
  }
}

function listNames(directory: string): readonly string[] {
  try {
    return readdirSync(directory)
  } catch (error) {
    throwLack(error)
    return []
  }
}
