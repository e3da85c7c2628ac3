import {
  isAlias,
  isMap,
  isNode,
  isScalar,
  visit,
  type Alias,
  type Document,
  type Node,
  type Pair,
  type YAMLMap,
} from 'yaml'
import { anchorOf, consentIn, isEmpty, KEY, pairOf, parse, SECTION, startOf } from './parse-consent.js'

/**
 * Returns the text with this consent written into it; all other characters are kept. Null if that is not possible, for
 * example because another part of the file shares the section. The text must be readable, except that the value of the
 * consent may be wrong.
 */
export function withConsent(text: string, isGiven: boolean): string | null {
  const parsed = parse(text)
  if (typeof parsed === 'string') return null
  const others = shapeWithoutConsent(parsed.document)
  const changed = editsFor(text, parsed.document, String(isGiven)).map((edit) => apply(text, edit))
  return changed.find((one) => isRight(one, isGiven, others)) ?? null
}

/** A change of a text: replaces the part between two offsets. */
interface Edit {
  readonly from: number
  readonly to: number
  readonly text: string
}

function apply(text: string, { from, to, text: replacement }: Edit): string {
  return text.slice(0, from) + replacement + text.slice(to)
}

/** Returns whether a changed text contains this consent, and nothing else has changed. */
function isRight(text: string, isGiven: boolean, others: string): boolean {
  if (consentIn(text) !== (isGiven ? 'yes' : 'no')) return false
  const parsed = parse(text)
  return typeof parsed !== 'string' && shapeWithoutConsent(parsed.document) === others
}

/**
 * Returns the possible ways to write the consent, the best one first. Each is tried on the text, and is used only if it
 * changes nothing else.
 */
function editsFor(text: string, document: Document, literal: string): readonly Edit[] {
  const at = { text, eol: text.includes('\r\n') ? '\r\n' : '\n', literal }
  const root = document.contents
  if (isEmpty(root)) return [atEnd(at, '')]
  if (!isMap(root)) return []
  const shared = sharedAnchors(document)
  const section = pairOf(root, SECTION)
  if (section === undefined) return sectionEdits(at, root)
  const value = section.value
  if (isEmpty(value)) return emptySectionEdits(at, section, root)
  if (!isMap(value) || isShared(value, shared)) return []
  const pair = pairOf(value, KEY)
  return pair === undefined ? keyEdits(at, section, value) : valueEdits(at, pair, shared)
}

interface At {
  readonly text: string
  readonly eol: string
  readonly literal: string
}

function valueEdits(
  { text, literal }: At,
  { key, value }: Pair,
  shared: ReadonlySet<string>,
): readonly Edit[] {
  if ((isScalar(value) || isAlias(value)) && !isShared(value, shared)) {
    const [from, to] = value.range ?? [0, 0]
    if (to > from) return [{ from, to, text: literal }]
  }
  if (!isEmpty(value)) return []
  const colon = text.indexOf(':', endOf(key))
  return colon < 0 ? [] : [{ from: colon + 1, to: colon + 1, text: ` ${literal}` }]
}

/** Edits for a section that exists and has other keys. The consent becomes its first key. */
function keyEdits({ text, eol, literal }: At, section: Pair, value: YAMLMap): readonly Edit[] {
  const first = value.items[0]?.key
  if (value.flow === true) return flowEdits(value, `${KEY}: ${literal}`)
  const at = startOf(first)
  const indent = text.slice(lineStart(text, at), at)
  const below = lineEnd(text, endOf(section.key))
  return [
    { from: below, to: below, text: `${indent}${KEY}: ${literal}${eol}` },
    { from: at, to: at, text: `${KEY}: ${literal}${eol}${indent}` },
  ]
}

function emptySectionEdits({ text, eol, literal }: At, { key, value }: Pair, root: YAMLMap): readonly Edit[] {
  const indent = root.flow === true ? '' : indentOf(text, startOf(key))
  const line = `${indent}  ${KEY}: ${literal}`
  const [from = 0, to = 0] = isNode(value) ? (value.range ?? []) : []
  const below = lineEnd(text, endOf(key))
  const isLast = below === text.length && !text.endsWith('\n')
  return [
    ...(to > from ? [{ from, to, text: `{${KEY}: ${literal}}` }] : []),
    { from: below, to: below, text: isLast ? `${eol}${line}` : `${line}${eol}` },
  ]
}

/** Edits for a missing section. It is added at the end of the document. */
function sectionEdits(at: At, root: YAMLMap): readonly Edit[] {
  if (root.flow === true) return flowEdits(root, `${SECTION}: {${KEY}: ${at.literal}}`)
  const indent = indentOf(at.text, startOf(root.items[0]?.key))
  const last = endOf(root)
  const end = at.text[last - 1] === '\n' ? last : lineEnd(at.text, last)
  return [atEnd(at, indent), { from: end, to: end, text: newSection(at, indent) }]
}

function flowEdits(map: YAMLMap, entry: string): readonly Edit[] {
  const first = map.items[0]?.key
  const at = first === undefined ? (map.range?.[0] ?? 0) + 1 : startOf(first)
  return [{ from: at, to: at, text: first === undefined ? entry : `${entry}, ` }]
}

function atEnd(at: At, indent: string): Edit {
  const { length } = at.text
  const isBegun = length > 0 && !/[\n\uFEFF]$/.test(at.text)
  return { from: length, to: length, text: (isBegun ? at.eol : '') + newSection(at, indent) }
}

function newSection({ eol, literal }: At, indent: string): string {
  return `${indent}${SECTION}:${eol}${indent}  ${KEY}: ${literal}${eol}`
}

function endOf(node: unknown): number {
  return isNode(node) ? (node.range?.[1] ?? 0) : 0
}

function lineStart(text: string, at: number): number {
  return text.lastIndexOf('\n', at - 1) + 1
}

/** Returns the offset of the next line. */
function lineEnd(text: string, at: number): number {
  const found = text.indexOf('\n', at)
  return found < 0 ? text.length : found + 1
}

function indentOf(text: string, at: number): string {
  return /^ */.exec(text.slice(lineStart(text, at), at).replace('\uFEFF', ''))?.[0] ?? ''
}

/** Returns the anchors that aliases refer to. Changing such a node would also change other parts of the file. */
function sharedAnchors(document: Document): ReadonlySet<string> {
  const shared = new Set<string>()
  visit(document, { Alias: (_, { source }: Alias) => void shared.add(source) })
  return shared
}

function isShared(node: Node, shared: ReadonlySet<string>): boolean {
  const anchor = anchorOf(node)
  return anchor !== undefined && shared.has(anchor)
}

/** Returns everything that the document contains except the consent, in order. Aliases are not followed. */
function shapeWithoutConsent(document: Document): string {
  const root = document.contents
  if (!isMap(root)) return JSON.stringify(isEmpty(root) ? [] : shapeOf(root))
  const pairs = root.items.flatMap(({ key, value }) => {
    const name = isScalar(key) ? key.value : null
    if (name !== SECTION) return [[shapeOf(key), shapeOf(value)]]
    const section = isMap(value) ? pairsOf(value).filter(([one]) => one !== KEY) : shapeOf(value)
    return isEmpty(value) || (Array.isArray(section) && section.length === 0) ? [] : [[name, section]]
  })
  return JSON.stringify(pairs)
}

function pairsOf(map: YAMLMap): readonly (readonly [unknown, unknown, unknown])[] {
  return map.items.map(({ key, value }) => [isScalar(key) ? key.value : null, shapeOf(key), shapeOf(value)])
}

function shapeOf(node: unknown): unknown {
  if (!isNode(node)) return null
  if (isAlias(node)) return ['*', node.source]
  const { anchor, tag } = node as { readonly anchor?: string; readonly tag?: string }
  if (isMap(node)) return ['map', anchor, tag, pairsOf(node)]
  if (isScalar(node)) return [typeof node.value, anchor, tag, node.source ?? String(node.value)]
  return ['list', anchor, tag, (node as { readonly items?: readonly unknown[] }).items?.map(shapeOf)]
}
