import { printRoute } from '../route.js'
import { visible } from '../visible.js'
import { headingSlug, linkTarget, type LinkTarget } from './links.js'

/** Where a document is, to resolve its links. */
export interface DocumentPlace {
  readonly mission: string
  readonly name: string
  readonly documents: ReadonlySet<string>
}

/** Images whose bytes are in the document itself. Any other image would cause a request to some server. */
const EMBEDDED_IMAGE = /^data:image\/(?:png|jpeg|gif|webp|avif);base64,/i

/** Adapts a sanitised fragment to this page: its images, links, headings, wide content and deceptive characters. */
export function dress(fragment: DocumentFragment, place: DocumentPlace): void {
  for (const image of fragment.querySelectorAll('img')) dressImage(image)
  for (const link of fragment.querySelectorAll('a')) dressLink(link, place)
  lowerHeadings(fragment)
  for (const wide of fragment.querySelectorAll('table')) wrapWide(wide)
  for (const code of fragment.querySelectorAll('pre')) makeScrollable(code, 'Code')
  const texts = document.createTreeWalker(fragment, NodeFilter.SHOW_TEXT)
  while (texts.nextNode()) texts.currentNode.nodeValue = visible(texts.currentNode.nodeValue ?? '')
}

function dressImage(image: HTMLImageElement): void {
  const source = image.getAttribute('src') ?? ''
  if (EMBEDDED_IMAGE.test(source)) return
  const text = element(image, 'span', 'absent-image')
  text.append(element(image, 'span', 'absent-image-text', image.alt || 'Image without a description'))
  text.append(' ', element(image, 'code', null, source))
  image.replaceWith(text)
}

function dressLink(link: HTMLAnchorElement, place: DocumentPlace): void {
  const written = link.getAttribute('href') ?? ''
  const target = linkTarget(written, place.name, place.documents)
  link.removeAttribute('href')
  if (target.kind === 'none') {
    link.className = 'dead-link'
    if (written !== '') link.title = `Not opened from here: ${visible(written)}`
    return
  }
  pointTo(link, target, place)
}

function pointTo(
  link: HTMLAnchorElement,
  target: Exclude<LinkTarget, { kind: 'none' }>,
  place: DocumentPlace,
) {
  if (target.kind === 'document') {
    link.href = printRoute({ view: 'documents', mission: place.mission, document: target.name })
  } else if (target.kind === 'heading') {
    link.href = printRoute({ view: 'documents', mission: place.mission, document: place.name })
    link.dataset['heading'] = target.slug
  } else {
    link.href = target.url
    link.target = '_blank'
    link.rel = 'noopener noreferrer'
    link.className = 'external'
    link.title = visible(target.url)
    link.append(element(link, 'span', 'visually-hidden', ' (opens another site in a new tab)'))
  }
}

/** Lowers headings by one level, because the page's `h1` names the mission. `h5` and `h6` both become `h6`. */
function lowerHeadings(fragment: DocumentFragment): void {
  for (const level of [5, 4, 3, 2, 1]) {
    for (const heading of fragment.querySelectorAll(`h${level}`)) {
      const lower = element(heading, `h${level + 1}`, null)
      lower.append(...heading.childNodes)
      heading.replaceWith(lower)
    }
  }
}

function wrapWide(wide: HTMLElement): void {
  const box = element(wide, 'div', 'wide')
  makeScrollable(box, 'Table')
  wide.replaceWith(box)
  box.append(wide)
}

/** Content that may be wider than the page scrolls on its own; it must be focusable to be scrolled by keyboard. */
function makeScrollable(box: HTMLElement, label: string): void {
  box.tabIndex = 0
  box.role = 'group'
  box.ariaLabel = label
}

/** Goes to the heading that a clicked link names. The URL does not change, because its fragment is the route. */
export function goToHeading(body: HTMLElement, event: MouseEvent): void {
  const link = event.target instanceof Element ? event.target.closest<HTMLElement>('a[data-heading]') : null
  const slug = link?.dataset['heading']
  if (slug === undefined) return
  event.preventDefault()
  const headings = [...body.querySelectorAll<HTMLElement>('h2, h3, h4, h5, h6')]
  const heading = headings.find((candidate) => headingSlug(candidate.textContent) === slug.toLowerCase())
  if (heading === undefined) return
  heading.tabIndex = -1
  heading.scrollIntoView({ block: 'start' })
  heading.focus({ preventScroll: true })
}

function element(beside: Element, tag: string, className: string | null, text = ''): HTMLElement {
  const made = beside.ownerDocument.createElement(tag)
  if (className !== null) made.className = className
  made.textContent = visible(text)
  return made
}
