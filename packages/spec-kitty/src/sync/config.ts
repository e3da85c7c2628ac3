import { join } from 'node:path'
import type { JsonObject } from 'familiar'
import { objectOf, readSmallFile } from 'familiar/cli'

/** The `[sync]` table of `config.toml`, or why it cannot be read. */
export type ConfigRead =
  | { readonly state: 'absent' }
  | { readonly state: 'readable'; readonly sync: JsonObject }
  | { readonly state: 'unreadable'; readonly path: string; readonly why: string }

/** A configuration has a few lines; anything larger is refused. */
const MAX_BYTES = 1024 * 1024

/**
 * Returns the sync configuration of the root. The file may be a symlink, because people link their dotfiles; its target
 * must be a regular file owned by this user or root. The TOML parser is loaded only if there is a file to parse.
 */
export async function readConfig(root: string): Promise<ConfigRead> {
  const path = join(root, 'config.toml')
  const file = readSmallFile(path, { maxBytes: MAX_BYTES, mayBeLink: true })
  if (file.state === 'absent') return file
  if (file.state === 'unreadable') return { state: 'unreadable', path, why: file.why }
  try {
    const { parse } = await import('smol-toml')
    return { state: 'readable', sync: objectOf(objectOf(parse(file.text))?.['sync']) ?? {} }
  } catch (error) {
    const [why = 'it is no TOML'] = (error instanceof Error ? error.message : String(error)).split('\n')
    return { state: 'unreadable', path, why }
  }
}
