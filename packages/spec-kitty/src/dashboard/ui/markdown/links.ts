/** The target of a link in a document. `none`: this page does not open it. */
export type LinkTarget =
  | { readonly kind: 'external'; readonly url: string }
  | { readonly kind: 'document'; readonly name: string; readonly heading: string | null }
  /** A heading of the same document, by its slug. */
  | { readonly kind: 'heading'; readonly slug: string }
  | { readonly kind: 'none' }

const NONE: LinkTarget = { kind: 'none' }

/** Represents the mission's directory while a relative link is resolved. It is never requested. */
const MISSION = 'http://mission.invalid'

/**
 * Returns the target of a link in the document `from`, in a mission with these documents. Relative links may lead only to
 * documents of the mission, all others only to http, https and mailto URLs.
 */
export function linkTarget(href: string, from: string, documents: ReadonlySet<string>): LinkTarget {
  if (href.trim() === '') return NONE
  if (href.startsWith('#')) return { kind: 'heading', slug: decodedOrRaw(href.slice(1)) }
  const base = `${MISSION}/${from.split('/').map(encodeURIComponent).join('/')}`
  const url = URL.canParse(href, base) ? new URL(href, base) : null
  if (url === null) return NONE
  if (url.origin === MISSION) {
    const name = decodedOrRaw(url.pathname.slice(1))
    const heading = url.hash.length > 1 ? decodedOrRaw(url.hash.slice(1)) : null
    return documents.has(name) ? { kind: 'document', name, heading } : NONE
  }
  return ['http:', 'https:', 'mailto:'].includes(url.protocol) ? { kind: 'external', url: url.href } : NONE
}

/** Returns the slug by which links refer to a heading: lower case, words joined by hyphens, as on GitHub and similar sites. */
export function headingSlug(text: string): string {
  return text
    .trim()
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N}\s_-]/gu, '')
    .replaceAll(/\s/g, '-')
}

function decodedOrRaw(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}
