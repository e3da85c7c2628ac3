import { join } from 'node:path'
import { objectOf, readSmallFile, type JsonObject } from 'familiar'

/** The `[sync]` table of `config.toml`, or why it cannot be read. */
export type ConfigRead =
  | { readonly state: 'absent' }
  | { readonly state: 'readable'; readonly sync: JsonObject }
  | { readonly state: 'unreadable'; readonly path: string; readonly why: string }

/** People write a few lines; more than this is no configuration. */
const MAX_BYTES = 1024 * 1024

/**
 * Returns the sync configuration of the root. The file may be a link, because people link their dotfiles; what it leads to
 * must be a regular file of this user. The parser is loaded where there is something to parse.
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
