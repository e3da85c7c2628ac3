import { nearest } from 'familiar/cli'
import { OPTED_OUT } from './why-types.js'
import {
  isAlias,
  isMap,
  isNode,
  isScalar,
  LineCounter,
  parseDocument,
  visit,
  type Alias,
  type Document,
  type Node,
  type Pair,
  type YAMLMap,
} from 'yaml'

/**
 * Reads the consent in the text of a project's `.kittify/config.yaml`: the boolean `sync.enabled`, which the predecessor
 * reads and writes too. Pure.
 */
export const SECTION = 'sync'
export const KEY = 'enabled'

export type Consent =
  | 'yes'
  | 'no'
  | {
      readonly state: 'unreadable'
      /** The reason. It begins with line and column if they are known. */
      readonly why: string
      /** True if only the value is wrong, so that recording a consent repairs the file. */
      readonly isMendable?: true
    }

/**
 * The maximum number of YAML nodes that are parsed. Real files have some hundred. The time to parse grows with their
 * number: this many take about 0.1 s.
 */
const MAX_PARTS = 5_000
const PARTS = /\n|[-:][ \t]|[,?!&*[\]{}"'@]/g

/** The character that decoding inserts in place of bytes that are not UTF-8. */
const NOT_DECODED = '\uFFFD'

interface Parsed {
  readonly document: Document
  /** Returns a position as text: `line L, column C`. */
  readonly placeOf: (node: Node) => string
}

/**
 * Returns the consent. Only the literal `true` is a consent, not what only some readers of YAML take for it: `True`, `yes`, a
 * tag or an alias. A text that clearly contains neither a consent nor its
 * absence counts as unreadable.
 */
export function consentIn(text: string): Consent {
  const parsed = parse(text)
  if (typeof parsed === 'string') return unreadable(parsed)
  const { document, placeOf } = parsed
  const root = document.contents
  if (isEmpty(root)) return 'no'
  if (!isMap(root)) return unreadable('it is not a list of keys')
  const section = resolved(pairOf(root, SECTION)?.value, document)
  if (isEmpty(section)) return 'no'
  if (!isMap(section)) return unreadable(`${placeOf(section)}: ${SECTION} is not a list of keys`)
  const node = pairOf(section, KEY)?.value
  const value = resolved(node, document)
  if (isEmpty(value)) return 'no'
  if (isScalar(value) && value.value === false) return 'no'
  if (isScalar(node) && node.value === true && node.source === 'true' && node.tag === undefined) return 'yes'
  const why = `${placeOf(isNode(node) ? node : value)}: ${SECTION}.${KEY} must be true or false`
  return { state: 'unreadable', why, isMendable: true }
}

/** Returns why a readable text has no consent: it was withdrawn, or its key is misspelt. Null if it just has none. */
export function whyNot(text: string): string | null {
  const parsed = parse(text)
  if (typeof parsed === 'string' || !isMap(parsed.document.contents)) return null
  const { document, placeOf } = parsed
  const root = parsed.document.contents
  const section = resolved(pairOf(root, SECTION)?.value, document)
  if (!isMap(section)) return misspelt(root, SECTION, placeOf)
  const value = resolved(pairOf(section, KEY)?.value, document)
  return isScalar(value) && value.value === false ? OPTED_OUT : misspelt(section, KEY, placeOf)
}

function misspelt(map: YAMLMap, meant: string, placeOf: Parsed['placeOf']): string | null {
  for (const { key } of map.items)
    if (isScalar(key) && key.value !== meant && nearest(String(key.value), [meant]).length > 0)
      return `unknown key ${String(key.value)} (${placeOf(key)}): did you mean ${meant}?`
  return null
}

function unreadable(why: string): Consent {
  return { state: 'unreadable', why }
}

export function parse(text: string): Parsed | string {
  if (text.includes(NOT_DECODED)) return 'it is not UTF-8 text'
  if ((text.match(PARTS)?.length ?? 0) > MAX_PARTS) return 'it has too many parts'
  const lines = new LineCounter()
  const at = (offset: number): string => {
    const { line, col } = lines.linePos(offset)
    return `line ${line}, column ${col}`
  }
  const placeOf = (node: Node): string => at(startOf(node))
  try {
    // The check for duplicate keys is switched off, because the library compares every key with every other.
    const document = parseDocument(text, { lineCounter: lines, prettyErrors: false, uniqueKeys: false })
    const [error] = document.errors
    if (error !== undefined) {
      return `${at(error.pos[0])}: ${isTooDeep(error) ? TOO_DEEP : error.message.replace(/\n[^]*/, '')}`
    }
    const flaw = flawIn(document)
    if (flaw !== null) return `${placeOf(flaw.node)}: ${flaw.why}`
    return { document, placeOf }
  } catch (error) {
    return isTooDeep(error) ? TOO_DEEP : String(error)
  }
}

const TOO_DEEP = 'it is nested too deep'

/**
 * Returns whether the error is a stack overflow, because the library recurses and reports an overflow as an error in the
 * text.
 */
function isTooDeep(error: unknown): boolean {
  return error instanceof Error && /call stack/.test(error.message)
}

interface Flaw {
  readonly node: Node
  readonly why: string
}

/** Returns the first error that the library finds only when it converts the document to objects. */
function flawIn(document: Document): Flaw | null {
  const anchors = new Set<string>()
  let flaw: Flaw | null = null
  visit(document, {
    Node: (_, node) => {
      flaw = isAlias(node) ? lostAlias(node, anchors) : isMap(node) ? keyThatStandsTwice(node) : null
      const anchor = anchorOf(node)
      if (anchor !== undefined) anchors.add(anchor)
      return flaw === null ? undefined : visit.BREAK
    },
  })
  return flaw
}

function lostAlias(node: Alias, anchors: ReadonlySet<string>): Flaw | null {
  return anchors.has(node.source) ? null : { node, why: `an alias of nothing, *${node.source}` }
}

function keyThatStandsTwice(map: YAMLMap): Flaw | null {
  const seen = new Set<unknown>()
  for (const { key } of map.items) {
    const name = isScalar(key) ? key.value : key
    if (seen.has(name) && isNode(key)) return { node: key, why: 'a key that stands above already' }
    seen.add(name)
  }
  return null
}

/** Returns whether a node is empty: a document with only comments, a key without a value, or `null`. */
export function isEmpty(node: unknown): node is null | undefined {
  return node === null || node === undefined || (isScalar(node) && node.value === null)
}

export function pairOf(map: YAMLMap, name: string): Pair | undefined {
  return map.items.find(({ key }) => isScalar(key) && key.value === name)
}

function resolved(node: unknown, document: Document): Node | null {
  if (isAlias(node)) return node.resolve(document) ?? node
  return isNode(node) ? node : null
}

export function anchorOf(node: Node): string | undefined {
  return isAlias(node) ? undefined : node.anchor
}

export function startOf(node: unknown): number {
  return isNode(node) ? (node.range?.[0] ?? 0) : 0
}
