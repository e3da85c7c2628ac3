/** The work of the daemon: Markdown to HTML, as much of it as an example needs. */
export function render(markdown) {
  return markdown
    .split(/\n{2,}/)
    .map((block) => block.trim())
    .filter((block) => block !== '')
    .map(renderBlock)
    .join('\n')
}

function renderBlock(block) {
  const heading = /^(#{1,6}) (.+)$/.exec(block)
  if (heading !== null) return `<h${heading[1].length}>${inline(heading[2])}</h${heading[1].length}>`
  return `<p>${inline(block)}</p>`
}

function inline(text) {
  const escaped = text.replaceAll('&', '&amp;').replaceAll('<', '&lt;')
  return escaped.replaceAll(/\*\*(.+?)\*\*/g, '<strong>$1</strong>').replaceAll(/`(.+?)`/g, '<code>$1</code>')
}
