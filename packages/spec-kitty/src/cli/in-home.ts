import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { homeDirectory, realPath, shellQuote, type Io } from 'familiar/cli'

/**
 * Matches a command of this tool that acts on a home, unless its home is named before it already. Help and explanations
 * are the same for every home.
 */
const COMMAND =
  /(?<!SPEC_KITTY_HOME=\S*(?:[^\n;&]*')? )\bspec-kitty (?=(?:auth|config|sync)(?:\s|$))(?![\w -]*--help)/g

/**
 * Returns the text with the home before each command that acts on one: `SPEC_KITTY_HOME=DIR spec-kitty sync restart`. A command
 * that was copied without it would act on the usual home of the user who runs it. Returns the text unchanged if the home is the
 * usual one.
 */
export function inHome(text: string, env: Io['env'] = process.env): string {
  const prefix = homePrefix(env)
  return prefix === '' ? text : text.replaceAll(COMMAND, () => `${prefix}spec-kitty `)
}

/**
 * Returns a hint of the library with the variable that does what it says. It advises another directory, and the directory of the
 * sync daemon follows from the home.
 */
export function byVariable(hint: string): string {
  return hint.replace(/^use (?=a directory .*[/\\]daemons[/\\]sync\b)/, 'set SPEC_KITTY_HOME to ')
}

/** Returns the object with the home before its command, also in the form for people. */
export function withHome<T extends { readonly command: string; readonly shown?: string }>(
  one: T,
  env: Io['env'],
): T {
  const shown = one.shown === undefined ? {} : { shown: inHome(one.shown, env) }
  return { ...one, command: inHome(one.command, env), ...shown }
}

/**
 * Returns what must stand before a command so that it acts on the home of this one; empty if that is the usual home. Also empty
 * if `HOME` names nothing that exists: then the command cannot act on another home.
 */
export function homePrefix(env: Io['env'] = process.env): string {
  const set = env['SPEC_KITTY_HOME']
  if (set === undefined || set === '') return ''
  const home = process.env['HOME']
  if (last?.set !== set || last.home !== home) last = { set, home, prefix: prefixFor(set) }
  return last.prefix
}

/** The last answer and what it was for: a command asks twenty times, and each answer reads a dozen links. */
let last: { readonly set: string; readonly home: string | undefined; readonly prefix: string } | null = null

function prefixFor(set: string): string {
  const root = realPath(set) ?? set
  const usual = usualRoot()
  return usual === null || root === usual ? '' : `SPEC_KITTY_HOME=${shellQuote(root)} `
}

/** The home that a command takes if SPEC_KITTY_HOME is not set, even if it was not made yet; null if there is none. */
function usualRoot(): string | null {
  try {
    const home = homeDirectory('HOME')
    if (!existsSync(home)) return null
    const path = join(home, '.spec-kitty')
    return realPath(path) ?? path
  } catch {
    return null
  }
}
