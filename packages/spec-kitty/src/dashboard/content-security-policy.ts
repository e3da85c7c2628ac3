/**
 * The Content-Security-Policy with which the page is served: nothing is loaded from other servers, no text is run as
 * script, and no other page may frame this one.
 */
export const CONTENT_SECURITY_POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data:",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
  "require-trusted-types-for 'script'",
  'trusted-types spec-kitty',
].join('; ')
