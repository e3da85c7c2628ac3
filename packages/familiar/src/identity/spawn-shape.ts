import type { CommandLine } from './machine.js'
import { portOf } from './narrow.js'

/** Who starts daemons with this command line: this implementation or an earlier one. */
export type Lineage = 'own' | 'predecessor'

/**
 * The command line that a real start of a family leaves behind.
 *
 * `head` describes the leading arguments, one pattern each, every one matched against the whole argument. `marker`
 * describes the later argument that names the scope. Patterns may name the groups `scope`, `port` and `token`.
 */
export interface SpawnShape {
  readonly lineage: Lineage
  readonly head: readonly RegExp[]
  readonly marker: RegExp | null
  /** Turns the text of the `scope` group into the path it stands for, where the two differ. */
  readonly decodeScope?: (text: string) => string | null
}

/** What a command line of a known shape says. */
export interface ShapeMatch {
  readonly lineage: Lineage
  /** The marker: the scope as the starter wrote it, null when there is none. */
  readonly marker: string | null
  readonly port: number | null
  readonly token: string | null
}

/** A real start takes 1 KiB. Matching grows with the square of the length: 16 KiB of blanks take 0.2 s, 64 KiB 3 s. */
const MAX_TEXT_CHARS = 16 * 1024

type Groups = { readonly [name: string]: string | undefined }

/** Returns what the command line says when it has one of the shapes, else null. */
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

/** Two markers that differ name no scope at all: then there is none. */
function findMarker(shape: SpawnShape, later: readonly string[]): Groups {
  if (shape.marker === null) return {}
  const pattern = whole(shape.marker)
  const found = later.flatMap((argument) => pattern.exec(argument)?.groups?.['scope'] ?? [])
  return new Set(found).size === 1 ? { scope: found[0] } : {}
}

/**
 * macOS has the arguments only as one text joined by blanks. The head is matched as a whole, and what follows it must
 * be an option, or a longer script would pass for ours that only goes on after the call; the marker's value ends
 * where the next option begins, so a path with ` --` in it is read short (and then names another scope: refused).
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
