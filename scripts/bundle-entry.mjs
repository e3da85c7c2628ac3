// @ts-check
import { readFileSync } from 'node:fs'
import { wholeChunk } from './whole-chunk.mjs'

const LOADER = readFileSync(new URL('chunk-loader.cjs', import.meta.url), 'utf8').replace(
  /^\/\*\*[^]*?\*\/\n/,
  '',
)

/** The files with fixed names: Node loads them, and they load the chunks. */
export const ENTRIES = ['main.js', 'spec-kitty-daemon.js']

/** How much the loader writes before the text of a chunk, in characters: V8 counts from there. */
export const BEFORE_CHUNK = /^const BEGIN = '([^']+)'$/m.exec(LOADER)?.[1]?.length ?? 0

/**
 * Returns the text of a file with a fixed name that runs a chunk: the loader of the chunks, and one call of it.
 *
 * @param {string} chunk the name of its file
 */
export function entryOf(chunk) {
  return wholeChunk(`${LOADER}load(${JSON.stringify(chunk)})`)
}
