// @ts-check
/**
 * The work of the daemon: Markdown to HTML, as much of it as an example needs.
 *
 * @param {string} markdown
 */
export function render(markdown) {
  return markdown
    .split(/\n{2,}/)
    .map((block) => block.trim())
    .filter((block) => block !== '')
    .map(renderBlock)
    .join('\n')
}

/** @param {string} block */
function renderBlock(block) {
  const [, marks, title] = /^(#{1,6}) (.+)$/.exec(block) ?? []
  if (marks === undefined || title === undefined) return `<p>${renderText(block)}</p>`
  return `<h${marks.length}>${renderText(title)}</h${marks.length}>`
}

/** @param {string} text */
function renderText(text) {
  const escaped = text.replaceAll('&', '&amp;').replaceAll('<', '&lt;')
  return escaped.replaceAll(/\*\*(.+?)\*\*/g, '<strong>$1</strong>').replaceAll(/`(.+?)`/g, '<code>$1</code>')
}
