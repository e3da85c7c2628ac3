import type { CommandLine } from './machine.js'
import { portOf } from '../json.js'

/** Which implementation starts daemons with this command line: this one or an earlier one. */
export type Lineage = 'own' | 'predecessor'

/**
 * The command line that a real start of a family leaves behind.
 *
 * `head` has one pattern for each leading argument, matched against the whole argument. `marker` matches the later argument
 * that names the scope. Patterns may have the named groups `scope`, `port` and `token`.
 */
export interface SpawnShape {
  readonly lineage: Lineage
  readonly head: readonly RegExp[]
  readonly marker: RegExp | null
  /** Decodes the text of the `scope` group into a path, where the two differ; for null the text itself is used. */
  readonly decodeScope?: (text: string) => string | null
}

/** What a command line of a known spawn shape says. */
export interface ShapeMatch {
  readonly lineage: Lineage
  /** The marker: the scope as the starter wrote it (decoded); null when there is none. */
  readonly marker: string | null
  readonly port: number | null
  readonly token: string | null
}

/** A real start has 1 KiB. Matching time grows with the square of the length: 16 KiB of blanks take 0.2 s, 64 KiB 3 s. */
const MAX_TEXT_CHARS = 16 * 1024

type Groups = { readonly [name: string]: string | undefined }

/** Returns what the command line says if it has one of the spawn shapes, else null. */
export function matchShapes(shapes: readonly SpawnShape[], command: CommandLine): ShapeMatch | null {
  for (const shape of shapes) {
    const groups = 'args' in command ? matchArguments(shape, command.args) : matchText(shape, command.text)
    if (groups !== null) return toMatch(shape, groups)
  }
  return null
}

function matchArguments(shape: SpawnShape, args: readonly string[]): Groups | null {
  if (args.length < shape.head.length) return null
  const groups: Record<string, string | undefined> = {}
  for (const [index, pattern] of shape.head.entries()) {
    const found = whole(pattern).exec(args[index] ?? '')
    if (found === null) return null
    Object.assign(groups, found.groups)
  }
  return { ...groups, ...findMarker(shape, args.slice(shape.head.length)) }
}

/** Two different markers are contradictory, and count as no marker. */
function findMarker(shape: SpawnShape, later: readonly string[]): Groups {
  if (shape.marker === null) return {}
  const pattern = whole(shape.marker)
  const found = later.flatMap((argument) => pattern.exec(argument)?.groups?.['scope'] ?? [])
  return new Set(found).size === 1 ? { scope: found[0] } : {}
}

/**
 * macOS gives the arguments only as one string joined by blanks. The head is matched as a whole, and only an option may
 * follow it: otherwise a longer script that merely begins with our call would match. The marker's value ends where the
 * next option begins, so a path that contains ` --` is cut short (it then names another scope, and is refused).
 */
function matchText(shape: SpawnShape, text: string): Groups | null {
  if (text.length > MAX_TEXT_CHARS) return null
  const head = shape.head.map((pattern) => `(?:${pattern.source})`).join(' ')
  const found = new RegExp(`^${head}(?<rest>$|\\s+--.*$)`, 's').exec(text)
  if (found === null) return null
  const later = (found.groups?.['rest'] ?? '').split(/\s(?=--)/).map((part) => part.trim())
  return { ...found.groups, ...findMarker(shape, later) }
}

function whole(pattern: RegExp): RegExp {
  return new RegExp(`^(?:${pattern.source})$`, 's')
}

function toMatch(shape: SpawnShape, groups: Groups): ShapeMatch {
  const scope = groups['scope']
  return {
    lineage: shape.lineage,
    marker: scope === undefined ? null : (shape.decodeScope?.(scope) ?? scope),
    port: portOf(Number(groups['port'])),
    token: groups['token'] ?? null,
  }
}
