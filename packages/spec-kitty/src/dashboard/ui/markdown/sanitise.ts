import DOMPurify, { type Config } from 'dompurify'

type Policy = NonNullable<Config['TRUSTED_TYPES_POLICY']>

/** The part of the browser's interface that is used here; the compiler's own library does not know it yet. */
interface TrustedTypesWindow {
  readonly trustedTypes?: { readonly createPolicy: (name: string, rules: object) => Policy }
}

/** What a document may consist of. No form, no frame, no style, no script, no svg, nothing that loads by itself. */
const ALLOWED_TAGS = (
  'h1 h2 h3 h4 h5 h6 p br hr ul ol li dl dt dd blockquote pre code kbd samp var em strong b i u s del ins mark sub ' +
  'sup small abbr q cite a img table caption thead tbody tfoot tr th td details summary'
).split(' ')

/** No `id`, `name` or `class`: documents can neither clobber the page's names nor dress up as a part of it. */
const ALLOWED_ATTR = 'href src alt title align colspan rowspan start reversed open lang dir'.split(' ')

/**
 * The page's one Trusted Types policy. It lets through what DOMPurify hands to the browser's parser, which builds an
 * inert document from it; it is reachable from here only. Null where the browser knows no Trusted Types.
 */
const policy =
  (window as TrustedTypesWindow).trustedTypes?.createPolicy('spec-kitty', {
    createHTML: (html: string) => html,
    createScript: () => '',
    createScriptURL: () => '',
  }) ?? null

/**
 * Returns the harmless part of some HTML as a fragment. The fragment belongs to an inert document: before it is put
 * into the page nothing in it loads or runs.
 */
export function sanitise(html: string): DocumentFragment {
  return DOMPurify.sanitize(html, {
    ALLOWED_TAGS,
    ALLOWED_ATTR,
    ALLOW_DATA_ATTR: false,
    ALLOW_ARIA_ATTR: false,
    RETURN_DOM_FRAGMENT: true,
    TRUSTED_TYPES_POLICY: policy,
  })
}
