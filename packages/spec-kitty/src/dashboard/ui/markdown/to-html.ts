import { Lexer, Marked, Tokenizer } from 'marked'
import { isHugeTable, MAX_DEPTH } from './bounds.js'

/** HTML tags that authors use to format text. They are kept, but without their attributes. */
const PLAIN_TAGS = new Set(
  (
    'br hr b i u s em strong del ins mark sub sup small kbd samp var code pre q cite abbr p blockquote ' +
    'ul ol li dl dt dd details summary table caption thead tbody tfoot tr th td h1 h2 h3 h4 h5 h6'
  ).split(' '),
)

/** A tag must not contain `<`, so that a long run of unclosed tags is scanned once, not once per tag. */
const COMMENT_OR_TAG = /<!--[\s\S]*?(?:-->|$)|<(\/?)([a-z][a-z0-9]*)\b[^<>]*>/gi

/** The beginnings and ends of inline comments, instructions and similar spans. */
const SPANS = [
  ['<!--', '-->'],
  ['<?', '?>'],
  ['<![CDATA[', ']]>'],
  ['<!', '>'],
] as const

/**
 * The maximum length of an inline comment or instruction. Without a limit, each of a million unclosed ones would be
 * scanned to the end of the document.
 */
const MAX_SPAN_CHARS = 1_000

/** The nesting depth of the quote or list that `marked` is reading. */
let depth = 0

const marked = new Marked({
  gfm: true,
  tokenizer: {
    blockquote(source) {
      return nested(() => Tokenizer.prototype.blockquote.call(this, source))
    },
    list(source) {
      return nested(() => Tokenizer.prototype.list.call(this, source))
    },
    // If this returns false, `marked` reads the table as usual; if undefined, as text. The same applies to the tag.
    table: (source) => (isHugeTable(source) ? undefined : false),
    tag: (source) => (isEndless(source) ? undefined : false),
  },
  renderer: {
    // A checkbox is shown as a character, because form controls are not allowed in documents.
    checkbox: ({ checked }) => (checked ? '\u2611 ' : '\u2610 '),
    // The language of code is kept in an attribute that `sanitise` accepts and `dress` removes.
    code: ({ text, lang = '', escaped }) =>
      `<pre lang="${escapeHtml(/^\S*/.exec(lang)?.[0] ?? '')}"><code>${escaped ? text : escapeAll(text)}\n</code></pre>\n`,
    html: ({ text }) => plainTags(text),
    text: (token) => ('escaped' in token && token.escaped ? escapeHtml(token.text) : false),
  },
})

/**
 * Returns the HTML of a document. Plain tags in the document are kept, comments are dropped, and all other HTML is shown
 * as text. So readers see what the author wrote, and the HTML never reaches the browser's parser and cannot violate the
 * page's content security policy. The result must still go through `sanitise`, because links may lead anywhere.
 *
 * `definitions` are lines that say where its links lead, for those of which the document does not say it itself.
 */
export function markdownToHtml(markdown: string, definitions = ''): string {
  if (definitions === '') return marked.parse(markdown, { async: false })
  const { links } = marked.lexer(definitions)
  const lexer = new Lexer(marked.defaults)
  // The blocks first: then it is known which links the document defines, and no link was read yet.
  lexer.blockTokens(markdown.replaceAll(/\r\n?/g, '\n'), lexer.tokens)
  for (const [label, link] of Object.entries(links)) lexer.tokens.links[label] ??= link
  return marked.parser(lexer.lex(''))
}

/**
 * Reads a quote or a list. If it is nested too deeply, leaves it to be read as text, because the time grows with the
 * square of the depth.
 */
function nested<Token>(read: () => Token): Token | undefined {
  if (depth >= MAX_DEPTH) return undefined
  depth += 1
  try {
    return read()
  } finally {
    depth -= 1
  }
}

function isEndless(source: string): boolean {
  const span = SPANS.find(([begin]) => source.startsWith(begin))
  return span !== undefined && !source.slice(0, MAX_SPAN_CHARS).includes(span[1])
}

function plainTags(html: string): string {
  let from = 0
  let result = ''
  for (const match of html.matchAll(COMMENT_OR_TAG)) {
    const [written, slash = '', tag] = match
    result += escapeHtml(html.slice(from, match.index))
    from = match.index + written.length
    if (tag === undefined) continue
    const name = tag.toLowerCase()
    result += PLAIN_TAGS.has(name) ? `<${slash}${name}>` : escapeHtml(written)
  }
  return result + escapeHtml(html.slice(from))
}

/** Escapes code, in which a character reference is literal text. */
function escapeAll(text: string): string {
  return escapeHtml(text.replaceAll('&', '&amp;'))
}

/** Keeps character references that the author wrote. */
function escapeHtml(text: string): string {
  return text
    .replaceAll(/&(?!#?\w+;)/g, '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
}
