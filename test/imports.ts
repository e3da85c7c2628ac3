import { parseAst } from 'rolldown/parseAst'

/** What a module uses that a wall may forbid. */
export interface Uses {
  /** As written: relative, a `node:` module, or a package. */
  readonly imports: readonly string[]
  /** Keys of `GRANTS` that are no modules. */
  readonly globals: readonly string[]
}

type Node = Readonly<Record<string, any>>

/** Reads a TypeScript module. Sees types as well as values, and every form that names a module or a global. */
export function usesOf(text: string, name: string): Uses {
  const imports: string[] = []
  const globals: string[] = []
  const program = parseAst(text, { lang: name.endsWith('x') ? 'tsx' : 'ts' }, name)
  walk(program, null, (node, parent) => {
    const source = sourceOf(node)
    if (source !== null) imports.push(source)
    globals.push(...globalsOf(node, parent))
  })
  return { imports: imports.map(withPrefix), globals }
}

/** `fs` and `node:fs` are one module. */
function withPrefix(name: string): string {
  return ['child_process', 'cluster', 'process', 'worker_threads', 'fs', 'net', 'http'].includes(name)
    ? `node:${name}`
    : name
}

function walk(node: Node, parent: Node | null, visit: (node: Node, parent: Node | null) => void): void {
  if (typeof node['type'] === 'string') visit(node, parent)
  const inner = typeof node['type'] === 'string' ? node : parent
  for (const child of Object.values(node)) {
    if (typeof child === 'object' && child !== null) walk(child as Node, inner, visit)
  }
}

/** Null where it names no module. A name that is computed is `computed`, which no wall allows. */
function sourceOf(node: Node): string | null {
  switch (node['type']) {
    case 'ImportDeclaration':
    case 'ExportAllDeclaration':
    case 'ImportExpression':
    case 'TSImportType':
      return textOf(node['source'] ?? node['argument'])
    case 'ExportNamedDeclaration':
      return node['source'] == null ? null : textOf(node['source'])
    case 'TSExternalModuleReference':
      return textOf(node['expression'])
    case 'CallExpression':
      return isRequire(node['callee']) ? textOf(node['arguments'][0]) : null
    case 'NewExpression':
      return moduleOfUrl(node)
    default:
      return null
  }
}

/** `new URL('./file.js', import.meta.url)` names the file of another process or worker. */
function moduleOfUrl({ callee, arguments: args }: Node): string | null {
  const isUrl = callee.name === 'URL' && args[1]?.object?.type === 'MetaProperty'
  const path = isUrl ? textOf(args[0]) : null
  return path !== null && /\.[cm]?js$/.test(path) ? path : null
}

function isRequire(callee: Node): boolean {
  return (
    callee['name'] === 'require' ||
    callee['property']?.name === 'getBuiltinModule' ||
    callee['property']?.name === 'binding'
  )
}

function textOf(node: Node | undefined): string {
  const literal = node?.['type'] === 'TSLiteralType' ? node['literal'] : node
  return typeof literal?.['value'] === 'string' ? literal['value'] : 'computed'
}

function globalsOf(node: Node, parent: Node | null): readonly string[] {
  if (node['type'] === 'MemberExpression') {
    const name = node['computed'] === true ? textOf(node['property']) : node['property'].name
    if (name === 'kill') return ['.kill']
    if (/^toLocale|^localeCompare$/.test(name ?? '')) return ['Intl']
    if (name === 'process' && node['object'].name === 'globalThis') return ['process']
    if (node['object'].name === 'process') return [`process.${name}`]
  }
  if (node['type'] === 'Property' && parent?.['type'] === 'ObjectPattern' && node['key'].name === 'kill')
    return ['.kill']
  // Another name for it, or parts of it: what is done with those is not followed.
  if (node['type'] === 'VariableDeclarator' && node['init']?.name === 'process') return ['process']
  const word =
    node['type'] === 'Identifier' ? node['name'] : node['type'] === 'Literal' ? node['value'] : null
  if (word === 'mkdir' || word === 'mkdirSync') return ['mkdir']
  return node['type'] === 'Identifier' && ['console', 'Intl'].includes(node['name']) ? [node['name']] : []
}
