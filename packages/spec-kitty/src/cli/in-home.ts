import { join } from 'node:path'
import { homeDirectory, realPath, SHELL_WORD, shellQuote, type Io } from 'familiar/cli'

/**
 * Matches a command of this tool that acts on a home, unless a home is already set before it. Help and explanations are
 * the same for every home.
 */
const COMMAND = new RegExp(
  `(?<!SPEC_KITTY_HOME=${SHELL_WORD} )\\bspec-kitty (?=(?:auth|config|sync)(?:\\s|$))(?![\\w -]*--help)`,
  'g',
)

/**
 * Returns the text with the home set before each command that acts on one: `SPEC_KITTY_HOME=DIR spec-kitty sync restart`.
 * Without it, a copied command would act on the default home of the user who runs it. Returns the text unchanged if the
 * home is the default one.
 */
export function inHome(text: string, env: Io['env'] = process.env): string {
  const prefix = homePrefix(env)
  return prefix === '' ? text : text.replaceAll(COMMAND, () => `${prefix}spec-kitty `)
}

/** Returns the object with the home before its command, also in the form for people. */
export function withHome<
  T extends { readonly command: string; readonly shown?: string; readonly also?: string },
>(one: T, env: Io['env']): T {
  const shown = one.shown === undefined ? {} : { shown: inHome(one.shown, env) }
  const also = one.also === undefined ? {} : { also: inHome(one.also, env) }
  return { ...one, command: inHome(one.command, env), ...shown, ...also }
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
