import { readFileSync } from 'node:fs'

/** The most text that the dashboard sends of one document. */
const CHARS = 1_000_000

const REPEATED: Readonly<Record<string, string>> = Object.fromEntries(
  Object.entries({
    'short emphasis': '_a_',
    'emphasis that never ends': '**a *a',
    'mixed emphasis': '*_a ',
    'underscores and stars': '*a _b **c __d ',
    'struck out': '~~a~ ',
    quotes: '>',
    'lists in one line': '- ',
    'numbered lists in one line': '1. ',
    'quotes and lists': '> - ',
    'bold tags': '<b>',
    'tags that never end': '<b ',
    comments: '<!-- ',
    headings: '# a\n',
    paragraphs: 'a\n\n',
    'lines of a paragraph': 'a\n',
    'hard breaks': 'a\\\n',
    rules: '---\n\n',
    items: '- a\n',
    'links that never end': '[a](',
    'nested brackets': '[',
    'nested images': '![',
    'short links': '[a](b) ',
    'reference definitions': '[a]: b\n',
    'reference links': '[a][b] ',
    'short code': '`a` ',
    'backticks that never end': '`a``b',
    fences: '```\na\n```\n',
    entities: '&amp;',
    'entities that never end': '&#',
    backslashes: '\\*',
    addresses: 'http://a.b ',
    'mail addresses': 'a@b.c ',
    'formatted paragraphs': '<b><i><u><s><em><code><del><small>\n\n',
  }).map(([name, part]) => [name, part.repeat(CHARS / part.length)]),
)

/** Markup that costs much more than its length: by nesting, by what never ends, by how much it makes. */
export const HEAVY: Readonly<Record<string, string>> = {
  ...REPEATED,
  'a long table': `|a|b|\n|-|-|\n${'|a|b|\n'.repeat(166_000)}`,
  'a wide table': `${'|a'.repeat(1_000)}|\n${'|-'.repeat(1_000)}|\n${'|\n'.repeat(400_000)}`,
  'nested lists': Array.from({ length: 1_400 }, (_, depth) => `${' '.repeat(depth)}- a`).join('\n'),
  'nested emphasis': `${'*a **a '.repeat(70_000)}${'a** a* '.repeat(70_000)}`,
  'coloured code': `\`\`\`js\n${'1 a '.repeat(24_000)}\n\`\`\`\n`.repeat(10),
}

/** 200 kB of the densest document of this repository, which has many tables and links. */
export const ORDINARY = readFileSync(
  new URL('../../../../docs/library/api.md', import.meta.url),
  'utf8',
).repeat(2)
