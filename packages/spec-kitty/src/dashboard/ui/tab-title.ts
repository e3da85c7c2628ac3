/**
 * The title and the icon of the tab. Both show how many packages need the reader, so that this is visible while another
 * tab is in front.
 */
let name = 'spec-kitty dashboard'
let waiting: number | null = 0

/** Names the tab after the view that it shows. */
export function setTitle(title: string): void {
  name = title
  show()
}

/** Shows in the title and the icon how many packages need the reader; null if that is unknown. */
export function setWaiting(count: number | null): void {
  if (count === waiting) return
  waiting = count
  show()
  showIcon()
}

function show(): void {
  document.title = waiting === 0 ? name : `(${waiting ?? '?'}) ${name}`
}

const CAT =
  '<path fill="#c8509b" d="M5 4.5c0-1 1.1-1.6 2-1l6 4.2a14 14 0 0 1 6 0l6-4.2c.9-.6 2 0 2 1V18c0 6-5 10.5-11 10.5S5 24 5 18Z"/>'

const MOST_SHOWN = 99

function showIcon(): void {
  const link = document.querySelector<HTMLLinkElement>('link[rel=icon]')
  if (link === null) return
  const text = waiting === null ? '?' : waiting > MOST_SHOWN ? '99+' : String(waiting)
  const width = 8 + 6 * text.length
  const badge =
    `<rect x="${32 - width}" y="14" width="${width}" height="18" rx="6" fill="${waiting === null ? '#7b7489' : '#b3261e'}"/>` +
    `<text x="${32 - width / 2}" y="28" font-family="sans-serif" font-size="14" font-weight="700" fill="#fff" ` +
    `text-anchor="middle">${text}</text>`
  const icon = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32">${CAT}${badge}</svg>`
  link.href = waiting === 0 ? '/icon.svg' : `data:image/svg+xml,${encodeURIComponent(icon)}`
}
