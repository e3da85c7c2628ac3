// @ts-check
/**
 * The texts that `bin/spec-kitty.js` prints without loading the command: the version, and every page of the help as it
 * looks in a pipe. Run `tsc -b` first.
 */
import { helpText } from '../packages/spec-kitty/dist/cli/help.js'
import { knownNames } from '../packages/spec-kitty/dist/cli/command-table.js'
import { TOPICS } from '../packages/spec-kitty/dist/cli/topic-names.js'

/** The properties of a pipe, as `runOnProcess` determines them. */
const PIPE = { hasColor: false, columns: null }

/**
 * Returns the texts by the name of their file: `version`, `help`, `help.sync.status`.
 *
 * @param {string} version
 * @returns {Promise<Readonly<Record<string, string>>>}
 */
export async function readyTexts(version) {
  const pages = [[], ...[...knownNames(), ...Object.keys(TOPICS)].map((name) => name.split(' '))]
  const help = pages.map(async (words) => [['help', ...words].join('.'), await helpText(words, PIPE)])
  return Object.fromEntries([['version', `${version}\n`], ...(await Promise.all(help))])
}

/** The last byte of a complete text. `bin/spec-kitty.js` prints only texts that end with it. */
const END_OF_TEXT = '\u0003'

/** @param {string} text */
export function wholeText(text) {
  return `${text}${END_OF_TEXT}`
}
