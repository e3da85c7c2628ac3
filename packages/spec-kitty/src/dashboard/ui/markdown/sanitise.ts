import DOMPurify from 'dompurify'
import { trustedTypesPolicy } from './trusted-types.js'

/**
 * The tags that a document may contain: no form, frame, style, script or svg. `dress` replaces images that would cause a
 * request.
 */
const ALLOWED_TAGS = (
  'h1 h2 h3 h4 h5 h6 p br hr ul ol li dl dt dd blockquote pre code kbd samp var em strong b i u s del ins mark sub ' +
  'sup small abbr q cite a img table caption thead tbody tfoot tr th td details summary'
).split(' ')

/** No `id`, `name` or `class`, so that a document can neither overwrite the page's names nor look like a part of the page. */
const ALLOWED_ATTR = 'href src alt title align colspan rowspan start reversed open lang dir'.split(' ')

/**
 * Returns the harmless part of some HTML as a fragment. The fragment belongs to an inert document, so nothing in it loads
 * or runs until it is put into the page.
 */
export function sanitise(html: string): DocumentFragment {
  return DOMPurify.sanitize(html, {
    ALLOWED_TAGS,
    ALLOWED_ATTR,
    ALLOW_DATA_ATTR: false,
    ALLOW_ARIA_ATTR: false,
    RETURN_DOM_FRAGMENT: true,
    TRUSTED_TYPES_POLICY: trustedTypesPolicy,
  })
}
