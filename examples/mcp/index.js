// @ts-check
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'

/** The words of each Markdown file that was read. @typedef {Map<string, ReadonlySet<string>>} Index */

/** @returns {Index} */
export function makeIndex() {
  return new Map()
}

/**
 * Reads the Markdown files of a directory into the index, and says after each one which it was and how many there are.
 *
 * @param {Index} index
 * @param {string} directory
 * @param {AbortSignal} signal
 */
export async function* readInto(index, directory, signal) {
  const names = (await readdir(directory)).filter((name) => name.endsWith('.md'))
  for (const name of names.toSorted()) {
    signal.throwIfAborted()
    const file = join(directory, name)
    const text = await readFile(file, 'utf8')
    index.set(file, new Set(text.toLowerCase().match(/\p{L}+/gu)))
    yield { file, total: names.length }
  }
}

/**
 * @param {Index} index
 * @param {string} word
 */
export function filesWith(index, word) {
  const wanted = word.toLowerCase()
  return [...index].filter(([, words]) => words.has(wanted)).map(([file]) => file)
}
