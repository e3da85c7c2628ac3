import { Marked } from 'marked'

/** HTML that authors write for the look of their text. Each is let through bare: its attributes are dropped. */
const PLAIN_TAGS = new Set(
  (
    'br hr b i u s em strong del ins mark sub sup small kbd samp var code pre q cite abbr p blockquote ' +
    'ul ol li dl dt dd details summary table caption thead tbody tfoot tr th td h1 h2 h3 h4 h5 h6'
  ).split(' '),
)

/** No `<` within a tag: so that a long row of them is read once, not once for each. */
const COMMENT_OR_TAG = /<!--[\s\S]*?(?:-->|$)|<(\/?)([a-z][a-z0-9]*)\b[^<>]*>/gi

const marked = new Marked({
  gfm: true,
  renderer: {
    // A character instead of a form control: form controls are not allowed in documents.
    checkbox: ({ checked }) => (checked ? '\u2611 ' : '\u2610 '),
    html: ({ text }) => plainTags(text),
    text: (token) => ('escaped' in token && token.escaped ? escapeHtml(token.text) : false),
  },
})

/**
 * Returns the HTML of a document. HTML in it is shown as the text it is, but for plain tags: a reader sees what
 * somebody tried, and the browser's parser never meets it, so that the page's policy has nothing to report. It still
 * goes through `sanitise`, because links may lead anywhere.
 */
export function markdownToHtml(markdown: string): string {
  return marked.parse(markdown, { async: false })
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

/** Character references that the author wrote stay what they are. */
function escapeHtml(text: string): string {
  return text
    .replaceAll(/&(?!#?\w+;)/g, '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
}
