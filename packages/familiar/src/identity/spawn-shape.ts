import type { CommandLine } from './machine.js'
import { portOf } from '../json.js'

/** Which implementation of the tool started a daemon: `own` is this one, `predecessor` an earlier one. */
export type Implementation = 'own' | 'predecessor'

/**
 * The form of the command line with which daemons of a family are started. `head` has one pattern for each leading
 * argument; a pattern must match the whole argument. `marker` is the pattern of the later argument that names the scope;
 * null if there is none. Patterns may have the named groups `scope`, `port` and `token`.
 */
export interface SpawnShape {
  readonly implementation: Implementation
  /** True if options of the interpreter (each one word that begins with `-`) may stand between it and the rest of the head. */
  readonly hasOptions?: boolean
  readonly head: readonly RegExp[]
  readonly marker: RegExp | null
  /**
   * Decodes the text of the `scope` group into a path. If this is omitted or returns null, the text itself is the path.
   */
  readonly decodeScope?: (text: string) => string | null
  /** True if such a daemon is never recorded, so that a missing record does not mean that it is unused. */
  readonly isUnrecorded?: boolean
}

/** What was found in a command line that has a known spawn shape. */
export interface ShapeMatch {
  readonly implementation: Implementation
  /** The scope that the marker names, decoded; null if the command line has no marker. */
  readonly marker: string | null
  readonly port: number | null
  readonly token: string | null
  /** True if daemons with this command line are never recorded. */
  readonly isUnrecorded?: boolean
}

/**
 * The maximum length of a command line that is matched; that of a real daemon has about 1 KiB. The limit is needed
 * because the time to match grows with the square of the length: 16 KiB of blanks take 0.2 s, 64 KiB take 3 s.
 */
const MAX_TEXT_CHARS = 16 * 1024

type Groups = { readonly [name: string]: string | undefined }

/** Matches the command line against the spawn shapes in order. Returns the first match, or null if there is none. */
export function matchShapes(shapes: readonly SpawnShape[], command: CommandLine): ShapeMatch | null {
  for (const shape of shapes) {
    const groups = 'args' in command ? matchArguments(shape, command.args) : matchText(shape, command.text)
    if (groups !== null) return toMatch(shape, groups)
  }
  return null
}

function matchArguments(shape: SpawnShape, given: readonly string[]): Groups | null {
  const args = shape.hasOptions === true ? withoutOptions(given) : given
  if (args.length < shape.head.length) return null
  const groups: Record<string, string | undefined> = {}
  for (const [index, pattern] of shape.head.entries()) {
    const found = whole(pattern).exec(args[index] ?? '')
    if (found === null) return null
    Object.assign(groups, found.groups)
  }
  return { ...groups, ...findMarker(shape, args.slice(shape.head.length)) }
}

/** Removes the options that directly follow the interpreter. */
function withoutOptions([interpreter = '', ...rest]: readonly string[]): readonly string[] {
  const first = rest.findIndex((argument) => !argument.startsWith('-'))
  return first < 0 ? [interpreter] : [interpreter, ...rest.slice(first)]
}

/** Returns the scope that the markers name. Returns nothing if there is no marker, or if two markers contradict each other. */
function findMarker(shape: SpawnShape, later: readonly string[]): Groups {
  if (shape.marker === null) return {}
  const pattern = whole(shape.marker)
  const found = later.flatMap((argument) => pattern.exec(argument)?.groups?.['scope'] ?? [])
  return new Set(found).size === 1 ? { scope: found[0] } : {}
}

/**
 * Matches a command line that is one string with the arguments joined by blanks, as macOS reports it. Only an option may
 * follow the head, because otherwise a longer `-c` script that begins with the same text would match. The value of the
 * marker ends where the next option begins, so a path that contains ` --` is cut off there. It then names another scope,
 * and the daemon does not count as this scope's.
 */
function matchText(shape: SpawnShape, text: string): Groups | null {
  if (text.length > MAX_TEXT_CHARS) return null
  const [interpreter = '', ...rest] = shape.head.map((pattern) => `(?:${pattern.source})`)
  const options = shape.hasOptions === true ? String.raw`(?: -\S+)*` : ''
  const head = [`${interpreter}${options}`, ...rest].join(' ')
  const found = new RegExp(`^${head}(?<rest>$|\\s+--.*$)`, 's').exec(text)
  if (found === null) return null
  const later = (found.groups?.['rest'] ?? '').split(/\s(?=--)/).map((part) => part.trim())
  return { ...found.groups, ...findMarker(shape, later) }
}

/** A scan matches the command line of every process, so each pattern is compiled once. */
const WHOLE = new WeakMap<RegExp, RegExp>()

function whole(pattern: RegExp): RegExp {
  const known = WHOLE.get(pattern)
  if (known !== undefined) return known
  const made = new RegExp(`^(?:${pattern.source})$`, 's')
  WHOLE.set(pattern, made)
  return made
}

function toMatch(shape: SpawnShape, groups: Groups): ShapeMatch {
  const scope = groups['scope']
  return {
    implementation: shape.implementation,
    marker: scope === undefined ? null : (shape.decodeScope?.(scope) ?? scope),
    port: portOf(Number(groups['port'])),
    token: groups['token'] ?? null,
    ...(shape.isUnrecorded === true ? { isUnrecorded: true } : {}),
  }
}
