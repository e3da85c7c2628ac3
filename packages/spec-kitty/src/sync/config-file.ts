import { lstatSync } from 'node:fs'
import { join } from 'node:path'
import type { JsonObject } from 'familiar'
import { objectOf, readSmallFile } from 'familiar/cli'
import { cureCommand } from '../cli/cure-file.js'

/** Line and column, counted from 1. */
export interface Place {
  readonly line: number
  readonly column: number
}

/** The `[sync]` table of `config.toml`, or why it cannot be read. */
export type ConfigRead =
  | { readonly state: 'absent' }
  | {
      readonly state: 'readable'
      readonly path: string
      readonly sync: JsonObject
      /** Returns the position at which a key of `[sync]` gets its value; null if it cannot be determined. */
      readonly placeOf: (key: string) => Place | null
      /** The keys outside all tables. */
      readonly keysAbove: readonly string[]
      /** The tables other than `[sync]`. */
      readonly otherTables: readonly string[]
      /** Returns the position of such a key or table. */
      readonly placeAbove: (key: string) => Place | null
    }
  /** The file cannot be read. If the text is not TOML, `why` begins with line and column; otherwise `line` is null. */
  | {
      readonly state: 'unreadable'
      readonly path: string
      readonly why: string
      readonly line: number | null
      /** The command that lets the file be read; null if there is none. */
      readonly cure: string | null
    }

/** The maximum size of a configuration that is read, in bytes. A real one has a few lines. */
const MAX_BYTES = 1024 * 1024

/**
 * How many lines are tried to find the position of a key. If a key occurs in more lines, most of these are comments or
 * belong to other tables.
 */
const MAX_TRIED_LINES = 20

type Parse = (text: string) => unknown

/**
 * Returns the sync configuration of the root. The file may be a symlink, because people link their dotfiles; its target
 * must be a regular file owned by this user or root. The TOML parser is loaded only if there is a file to parse.
 */
export async function readConfig(root: string): Promise<ConfigRead> {
  const path = join(root, 'config.toml')
  const file = readSmallFile(path, { maxBytes: MAX_BYTES, mayBeLink: true })
  if (file.state === 'absent') return file
  if (file.state === 'unreadable')
    return {
      state: 'unreadable',
      path,
      why: isUnseen(path) ? `its directory is closed to this user (${file.why})` : file.why,
      line: null,
      cure: cureCommand(path, file.why),
    }
  const { parse, TomlError } = await import('smol-toml')
  try {
    const whole = objectOf(parse(file.text)) ?? {}
    const sync = whole['sync'] ?? {}
    const table = objectOf(sync)
    if (table === null)
      return {
        state: 'unreadable',
        path,
        why: `sync must be a table, not ${typeof sync}`,
        line: null,
        cure: null,
      }
    return {
      state: 'readable',
      path,
      sync: table,
      placeOf: (key) => placeOf(['sync', key], file.text, parse),
      keysAbove: Object.keys(whole).filter((key) => objectOf(whole[key]) === null),
      otherTables: Object.keys(whole).filter((key) => key !== 'sync' && objectOf(whole[key]) !== null),
      placeAbove: (key) => placeOf([key], file.text, parse),
    }
  } catch (error) {
    const line = error instanceof TomlError ? error.line : null
    const at = error instanceof TomlError ? `line ${error.line}, column ${error.column}: ` : ''
    return { state: 'unreadable', path, why: at + describe(error), line, cure: null }
  }
}

/** Returns whether this user cannot even see whether the file is there. */
function isUnseen(path: string): boolean {
  try {
    lstatSync(path)
    return false
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EACCES'
  }
}

/** Only the first line of the parser's message is used, because the others only quote the file. */
function describe(error: unknown): string {
  const [first = ''] = (error instanceof Error ? error.message : String(error)).split('\n')
  const said = first.replace(/^Invalid TOML document: /, '') || 'it is not TOML'
  // The usual mistake is a URL or a word without quotes, and the parser's message does not say so.
  return said === 'invalid value' ? 'invalid value: text needs quotes, as in key = "text"' : said
}

/**
 * Returns the position of a key. The parser keeps no positions, so this parses the text up to each line, and returns the
 * first line with which the key appears.
 */
function placeOf(keys: readonly string[], text: string, parse: Parse): Place | null {
  const key = keys.at(-1) ?? ''
  const lines = text.split('\n')
  const candidates = lines.flatMap((line, index) => (line.includes(key) ? [index + 1] : []))
  const found = candidates
    .slice(0, MAX_TRIED_LINES)
    .find((count) => hasKey(keys, `${lines.slice(0, count).join('\n')}\n`, parse))
  if (found === undefined) return null
  return { line: found, column: columnOf(key, lines[found - 1] ?? '') }
}

/** Returns the column of the value, or that of the key if the line does not have the form `key = value`. */
function columnOf(key: string, line: string): number {
  const at = line.indexOf(key)
  const between = /^[^=]*=\s*/.exec(line.slice(at))?.[0] ?? ''
  return at + between.length + 1
}

function hasKey(keys: readonly string[], text: string, parse: Parse): boolean {
  try {
    return keys.reduce<unknown>((value, key) => objectOf(value)?.[key], parse(text)) !== undefined
  } catch {
    return false
  }
}
