// @ts-check
/**
 * `npm run docs:api`: writes docs/library/api.md, the reference of the library's exports, from the declaration files of
 * the build. A test compares the file with the output of this script. TypeDoc does not support the compiler of this
 * repository, and its output would be the same text: every name with its documentation and its declaration.
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseAst } from 'rolldown/parseAst'

const PACKAGE = fileURLToPath(new URL('../packages/familiar', import.meta.url))

export const API_FILE = fileURLToPath(new URL('../docs/library/api.md', import.meta.url))

/**
 * The exports of the package, each entry with its declaration file. `familiar/internals` is not part of the public API,
 * so it is left out.
 */
const ENTRIES = Object.entries(
  /** @type {Record<string, string | { types: string }>} */ (
    JSON.parse(readFileSync(join(PACKAGE, 'package.json'), 'utf8')).exports
  ),
).flatMap(([path, target]) =>
  typeof target === 'string' || path === './internals'
    ? []
    : [{ entry: path.replace('.', 'familiar'), file: join(PACKAGE, target.types) }],
)

/**
 * @typedef {Readonly<Record<string, any>>} Node
 * @typedef {{ name: string, kind: 'value' | 'type', doc: string, text: string, file: string }} Declaration
 * @typedef {{ declarations: ReadonlyMap<string, Declaration>, imports: ReadonlyMap<string, string>, exported: readonly (readonly [name: string, file: string])[] }} Module
 */

/** @type {Map<string, Module>} */
const modules = new Map()

/** Returns the reference as Markdown. The library must be built. */
export function renderApi() {
  const entries = ENTRIES.map(({ entry, file }) => ({ entry, declarations: exportsOf(file) }))
  const shown = new Set(entries.flatMap(({ declarations }) => declarations.map(keyOf)))
  const mentioned = mentionedBy(entries.flatMap(({ declarations }) => declarations)).filter(
    (one) => !shown.has(keyOf(one)),
  )
  return [
    '# API reference',
    'Everything that can be imported, printed from the declarations by `npm run docs:api`. What `familiar/internals` exports' +
      ' is not here: it may change with any version.',
    ...entries.map(({ entry, declarations }) => renderEntry(entry, declarations)),
    '## Types that are only mentioned',
    'They cannot be imported by name, but the declarations above use them.',
    ...mentioned.map(renderDeclaration),
  ]
    .join('\n\n')
    .concat('\n')
}

/**
 * @param {string} entry
 * @param {readonly Declaration[]} declarations
 */
function renderEntry(entry, declarations) {
  const values = declarations.filter(({ kind }) => kind === 'value')
  const types = declarations.filter(({ kind }) => kind === 'type')
  return [
    `## ${entry}`,
    `Values: ${linksTo(values)}. Types: ${linksTo(types)}.`,
    ...[...values, ...types].map(renderDeclaration),
  ].join('\n\n')
}

/** @param {readonly Declaration[]} declarations */
function linksTo(declarations) {
  return declarations.map(({ name }) => `[${name}](#${name.toLowerCase()})`).join(', ')
}

/** @param {Declaration} declaration */
function renderDeclaration({ name, doc, text }) {
  return [`### ${name}`, ...(doc === '' ? [] : [doc]), `\`\`\`ts\n${text}\n\`\`\``].join('\n\n')
}

/** @param {Declaration} declaration */
function keyOf({ name, file }) {
  return `${file} ${name}`
}

/**
 * Returns the exports of a declaration file, in its order. Throws if an export has no declaration.
 *
 * @param {string} file
 * @returns {readonly Declaration[]}
 */
function exportsOf(file) {
  return moduleOf(file).exported.map(([name, from]) => declarationOf(from, name))
}

/**
 * Returns the declarations that the given ones mention, each once, in the order in which they are mentioned.
 *
 * @param {readonly Declaration[]} declarations
 */
function mentionedBy(declarations) {
  const mentioned = declarations.flatMap(({ text, file }) =>
    Array.from(withoutComments(text).matchAll(/\b[A-Z]\w*\b/g), ([word]) => findDeclaration(file, word)),
  )
  const found = mentioned.filter((one) => one !== null)
  return [...new Map(found.map((one) => [keyOf(one), one])).values()]
}

/** @param {string} text */
function withoutComments(text) {
  return text.replaceAll(/\/\*[\s\S]*?\*\//g, '').replaceAll(/'[^']*'/g, '')
}

/**
 * @param {string} file
 * @param {string} name
 */
function declarationOf(file, name) {
  const found = findDeclaration(file, name)
  if (found === null) throw new Error(`${file} has no declaration of ${name}`)
  return found
}

/**
 * Returns the declaration that a name in a file refers to; null if it belongs to the language or to another package.
 *
 * @param {string} file
 * @param {string} name
 * @returns {Declaration | null}
 */
function findDeclaration(file, name) {
  const { declarations, imports } = moduleOf(file)
  const from = imports.get(name)
  return declarations.get(name) ?? (from === undefined ? null : findDeclaration(from, name))
}

/**
 * @param {string} file
 * @returns {Module}
 */
function moduleOf(file) {
  const module = modules.get(file) ?? readModule(file)
  modules.set(file, module)
  return module
}

/**
 * @param {string} file
 * @returns {Module}
 */
function readModule(file) {
  const source = readFileSync(file, 'utf8')
  const declarations = new Map()
  const imports = new Map()
  const exported = /** @type {(readonly [string, string])[]} */ ([])
  for (const node of /** @type {readonly Node[]} */ (parseAst(source, { lang: 'dts' }).body)) {
    const from = node['source'] == null ? null : fileOf(file, node['source'].value)
    for (const { local, exported: as } of node['specifiers'] ?? []) {
      if (from !== null) imports.set((as ?? local).name, from)
      if (as !== undefined) exported.push([as.name, from ?? file])
    }
    const declaration = declarationIn(node, source, file)
    if (declaration === null) continue
    declarations.set(declaration.name, declaration)
    if (node['type'] === 'ExportNamedDeclaration') exported.push([declaration.name, file])
  }
  return { declarations, imports, exported }
}

/**
 * Returns the declaration file of an imported module; null for a module of Node or of another package.
 *
 * @param {string} file
 * @param {string} specifier
 */
function fileOf(file, specifier) {
  return specifier.startsWith('.') ? join(dirname(file), specifier.replace(/\.js$/, '.d.ts')) : null
}

/**
 * @param {Node} node
 * @param {string} source
 * @param {string} file
 * @returns {Declaration | null}
 */
function declarationIn(node, source, file) {
  const inner = node['declaration'] ?? node
  const id = inner.id ?? inner.declarations?.[0]?.id
  if (id?.name === undefined) return null
  const kind = /^TS(?:Interface|TypeAlias)/.test(inner.type) ? 'type' : 'value'
  const text = source.slice(inner.start, inner.end).replace(/^declare /, '')
  return { name: id.name, kind, doc: docBefore(source.slice(0, node['start'])), text, file }
}

/**
 * Returns the text of the documentation comment that ends just before a declaration; empty if there is none.
 *
 * @param {string} before
 */
function docBefore(before) {
  const text = before.trimEnd()
  if (!text.endsWith('*/')) return ''
  const comment = text.slice(text.lastIndexOf('/**') + '/**'.length, -'*/'.length)
  return comment.replaceAll(/^[ \t]*\* ?/gm, '').trim()
}

if (process.argv[1] === fileURLToPath(import.meta.url)) writeFileSync(API_FILE, renderApi())
