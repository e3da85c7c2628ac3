/** The kind of a part of code; `plain` is everything else. */
export type TokenKind = 'comment' | 'string' | 'number' | 'keyword' | 'name' | 'plain'

export interface Token {
  readonly kind: TokenKind
  readonly text: string
}

/** The maximum length of code that is coloured. Colouring longer code would take longer than reading it. */
const MAX_LENGTH = 100_000

/**
 * Matches a quoted text of bounded length. Without the bound, code with thousands of unclosed quotes would take very
 * long.
 */
const STRINGS = /"(?:[^"\\\n]|\\.){0,500}"|'(?:[^'\\\n]|\\.){0,500}'|`(?:[^`\\]|\\.){0,500}`/
const NUMBER = /\b(?:0x[\da-f]+|\d+(?:\.\d+)?)\b/
const SLASHES = /\/\/[^\n]*|\/\*[^]*?(?:\*\/|(?![^]))/
const HASH = /(?<=^|\s)#[^\n]*/

interface Language {
  readonly comment?: RegExp
  /** Matches the text before a colon. */
  readonly name?: RegExp
  readonly words?: string
}

const C_LIKE =
  'as async await break case catch class const continue default delete do else enum export extends false final fn for ' +
  'from func function if impl implements import in instanceof interface let match mut new null of package private ' +
  'protected pub public readonly return self static struct super switch this throw true try type typeof undefined use ' +
  'var void while yield'
const PYTHON =
  'and as assert async await break class continue def del elif else except False finally for from global if import in is ' +
  'lambda None nonlocal not or pass raise return self True try while with yield'
const SHELL = 'case do done elif else esac export fi for function if in local return set then until while'
const SQL =
  'alter and as by create delete drop from group insert into join key not null on or order primary select set table update ' +
  'values where'

const SCRIPT: Language = { comment: SLASHES, words: C_LIKE }
const YAML: Language = {
  comment: HASH,
  name: /^[ \t]*(?:- )*[\w./][\w./-]{0,100}(?=:(?:\s|$))/,
  words: 'true false null yes no',
}

/** The languages that occur in missions, by the names that authors and files give them. */
const LANGUAGES: Readonly<Record<string, Language>> = {
  ...Object.fromEntries(
    [
      'js',
      'jsx',
      'mjs',
      'ts',
      'tsx',
      'javascript',
      'typescript',
      'java',
      'go',
      'rust',
      'rs',
      'c',
      'cpp',
      'cs',
      'kotlin',
    ]
      .concat(['swift', 'php', 'css', 'graphql', 'proto', 'jsonc'])
      .map((name) => [name, SCRIPT]),
  ),
  json: { name: /"(?:[^"\\\n]|\\.){0,500}"(?=\s*:)/, words: 'true false null' },
  ...Object.fromEntries(['yaml', 'yml', 'toml', 'ini'].map((name) => [name, YAML])),
  ...Object.fromEntries(['py', 'python'].map((name) => [name, { comment: HASH, words: PYTHON }])),
  ...Object.fromEntries(
    ['sh', 'bash', 'shell', 'zsh', 'console'].map((name) => [name, { comment: HASH, words: SHELL }]),
  ),
  sql: { comment: /--[^\n]*/, words: `${SQL} ${SQL.toUpperCase()}` },
}

const KINDS = ['comment', 'name', 'string', 'number', 'keyword'] as const

/** Splits code into parts, each of one kind. Code in an unknown language is a single plain part. */
export function tokens(code: string, language: string): readonly Token[] {
  const name = language.toLowerCase()
  const known = Object.hasOwn(LANGUAGES, name) ? LANGUAGES[name] : undefined
  if (known === undefined || code.length > MAX_LENGTH) return [{ kind: 'plain', text: code }]
  const parts: Token[] = []
  let from = 0
  for (const match of code.matchAll(patternOf(known))) {
    if (match.index > from) parts.push({ kind: 'plain', text: code.slice(from, match.index) })
    const kind = KINDS.find((one) => match.groups?.[one] !== undefined) ?? 'plain'
    parts.push({ kind, text: match[0] })
    from = match.index + match[0].length
  }
  if (from < code.length) parts.push({ kind: 'plain', text: code.slice(from) })
  return parts
}

/** Returns the language of a file by the extension of its name. */
export function languageOf(name: string): string {
  return name.slice(name.lastIndexOf('.') + 1)
}

function patternOf({ comment, name, words }: Language): RegExp {
  const keyword = words === undefined ? undefined : new RegExp(`\\b(?:${words.replaceAll(' ', '|')})\\b`)
  const patterns = { comment, name, string: STRINGS, number: NUMBER, keyword }
  const parts = KINDS.flatMap((kind) => {
    const pattern = patterns[kind]
    return pattern === undefined ? [] : [`(?<${kind}>${pattern.source})`]
  })
  return new RegExp(parts.join('|'), 'gm')
}
