import { documentLink } from '../url-route.js'
import { visible } from '../show-invisible.js'
import { tokens } from './highlight.js'
import { headingSlug, linkTarget, type LinkTarget } from './links.js'

/** The location of a document, which is needed to resolve its links. */
export interface DocumentPlace {
  /** The mission; null for a document that does not belong to one, whose headings then have no addresses. */
  readonly mission: string | null
  readonly name: string
  readonly documents: ReadonlySet<string>
}

/** Matches images whose bytes are in the document itself. Any other image would cause a request to a server. */
const EMBEDDED_IMAGE = /^data:image\/(?:png|jpeg|gif|webp|avif);base64,/i

/** One heading of a document; `level` is 2 for the highest. */
export interface Heading {
  readonly slug: string
  readonly text: string
  readonly level: number
}

/**
 * Adapts a sanitised fragment to this page: its images, links, headings, code, wide content and deceptive characters.
 * Returns its headings.
 */
export function dress(fragment: DocumentFragment, place: DocumentPlace): readonly Heading[] {
  for (const image of fragment.querySelectorAll('img')) dressImage(image)
  for (const link of fragment.querySelectorAll('a')) dressLink(link, place)
  lowerHeadings(fragment)
  for (const wide of fragment.querySelectorAll('table')) wrapWide(wide)
  let room = MAX_COLOURED
  for (const code of fragment.querySelectorAll('pre')) room -= dressCode(code, room)
  const texts = document.createTreeWalker(fragment, NodeFilter.SHOW_TEXT)
  while (texts.nextNode()) texts.currentNode.nodeValue = visible(texts.currentNode.nodeValue ?? '')
  return nameHeadings(fragment, place)
}

/** The prefix of a heading's id. It keeps the ids of headings apart from the page's own ids. */
export const HEADING_ID = 'heading-'

/** Gives every heading an id and a link to itself. If several headings have the same text, a number is added. */
function nameHeadings(fragment: DocumentFragment, { mission, name }: DocumentPlace): readonly Heading[] {
  const taken = new Map<string, number>()
  return [...fragment.querySelectorAll<HTMLElement>('h2, h3, h4, h5, h6')].map((heading) => {
    const text = heading.textContent.trim()
    const base = headingSlug(text)
    const count = taken.get(base) ?? 0
    taken.set(base, count + 1)
    const slug = count === 0 ? base : `${base}-${count}`
    heading.id = `${HEADING_ID}${slug}`
    const row = element(heading, 'div', 'heading')
    heading.replaceWith(row)
    row.append(heading)
    if (mission !== null) row.append(linkToHeading(heading, documentLink(mission, name, slug), text))
    return { slug, text, level: Number(heading.tagName.slice(1)) }
  })
}

function linkToHeading(heading: HTMLElement, address: string, text: string): HTMLElement {
  const link = element(heading, 'a', 'anchor', '#') as HTMLAnchorElement
  link.href = address
  link.ariaLabel = `Link to ${text}`
  return link
}

/** The maximum number of parts of code that are coloured in one document, because each is a separate element. */
const MAX_COLOURED = 30_000

/**
 * Colours code by the language that `markdownToHtml` left in its `lang`, unless it has more parts than `room`. Returns
 * the number of parts that were coloured.
 */
function dressCode(box: HTMLElement, room: number): number {
  const language = box.lang
  box.removeAttribute('lang')
  makeScrollable(box, 'Code')
  const code = box.querySelector('code')
  if (code === null || language === '') return 0
  const parts = tokens(code.textContent, language)
  if (parts.length > room) return 0
  code.replaceChildren(
    ...parts.map(({ kind, text }) =>
      kind === 'plain' ? text : element(box, 'span', `token is-${kind}`, text),
    ),
  )
  return parts.length
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
  const inside = insideLink(target, place)
  if (inside !== null) link.href = inside
  else if (target.kind === 'external') pointOutside(link, target.url)
  else {
    link.className = 'dead-link'
    if (written !== '') link.title = `Not opened from here: ${visible(written)}`
  }
}

/** Returns the address in this page to which a link leads; null if it leads elsewhere. */
function insideLink(target: LinkTarget, { mission, name }: DocumentPlace): string | null {
  if (mission === null) return null
  if (target.kind === 'document') return documentLink(mission, target.name, target.heading)
  return target.kind === 'heading' ? documentLink(mission, name, target.slug) : null
}

function pointOutside(link: HTMLAnchorElement, url: string): void {
  link.href = url
  link.target = '_blank'
  link.rel = 'noopener noreferrer'
  link.className = 'external'
  link.title = visible(url)
  link.append(element(link, 'span', 'visually-hidden', ' (opens another site in a new tab)'))
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

/**
 * Content that may be wider than the page gets its own scrollbar. It must be focusable so that it can be scrolled by
 * keyboard.
 */
function makeScrollable(box: HTMLElement, label: string): void {
  box.tabIndex = 0
  box.role = 'group'
  box.ariaLabel = label
}

/** Goes to the heading with this slug, if the document has it, and gives it the focus. */
export function goToHeading(body: HTMLElement, slug: string): void {
  const wanted = `${HEADING_ID}${slug.toLowerCase()}`
  const heading = [...body.querySelectorAll<HTMLElement>('h2, h3, h4, h5, h6')].find(
    ({ id }) => id === wanted,
  )
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
