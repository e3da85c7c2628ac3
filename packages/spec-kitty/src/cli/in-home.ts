import { join } from 'node:path'
import { homeDirectory, realPath, shellQuote, type Io } from 'familiar/cli'

/** Matches a command of this tool that acts on a home. Help and explanations are the same for every home. */
const COMMAND = /\bspec-kitty (?=(?:auth|config|sync)(?:\s|$))(?![\w -]*--help)/g

/**
 * Writes a text with the home set before each command that acts on one: `SPEC_KITTY_HOME=DIR spec-kitty sync restart`.
 * Without it, a copied command would act on the default home of the user who runs it. The home is set only in the words
 * that stand in the code, never in a value: a path or the name of a home may contain the text of a command.
 */
export function inHome(texts: TemplateStringsArray, ...values: readonly string[]): string {
  return texts.map((text, index) => `${withHome(text)}${values[index] ?? ''}`).join('')
}

/** Like `inHome`, for a text that stands in the code as a whole. Never for one with a value in it. */
export function withHome(text: string): string {
  const prefix = homePrefix()
  return prefix === '' ? text : text.replaceAll(COMMAND, () => `${prefix}spec-kitty `)
}

/**
 * Returns what must precede a command so that it acts on this command's home; empty if that is the default home. Also
 * empty if `HOME` does not name an existing directory, because the command cannot act on another home then.
 */
export function homePrefix(env: Io['env'] = process.env): string {
  const set = env['SPEC_KITTY_HOME']
  if (set === undefined || set === '') return ''
  const home = process.env['HOME']
  if (last?.set !== set || last.home !== home) last = { set, home, prefix: prefixFor(set) }
  return last.prefix
}

/**
 * The last answer, with the settings that it was for. A command asks about twenty times, and each answer reads about
 * twelve links.
 */
let last: { readonly set: string; readonly home: string | undefined; readonly prefix: string } | null = null

function prefixFor(set: string): string {
  const root = realPath(set) ?? set
  const usual = usualRoot()
  return usual === null || root === usual ? '' : `SPEC_KITTY_HOME=${shellQuote(root)} `
}

/** Returns the home that a command uses if SPEC_KITTY_HOME is not set, even if it does not exist yet; null if there is none. */
function usualRoot(): string | null {
  try {
    const path = join(homeDirectory('HOME'), '.spec-kitty')
    return realPath(path) ?? path
  } catch {
    return null
  }
}
