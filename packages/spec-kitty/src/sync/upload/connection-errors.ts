/** Reasons, in words, for the errors that a user can solve. */
const REASONS: readonly (readonly [codes: RegExp, reason: string])[] = [
  [/^ECONNREFUSED$/, 'nothing accepts connections there'],
  [/^ENOTFOUND$/, 'the host name is not found'],
  [/^EAI_AGAIN$/, 'the host name could not be looked up: no name server answered'],
  [/^(?:ENETUNREACH|EHOSTUNREACH)$/, 'the network is not reachable'],
  [/^(?:ECONNRESET|EPIPE)$/, 'the connection was closed before the whole answer'],
  [/^HPE_/, 'the answer is not HTTP'],
  [/^CERT_HAS_EXPIRED$/, 'its certificate has expired'],
  [/^CERT_NOT_YET_VALID$/, 'its certificate is not valid yet: is the clock right?'],
  [/^ERR_TLS_CERT_ALTNAME_INVALID$/, 'its certificate is for another host'],
  [
    /SELF_SIGNED|UNABLE_TO_|CERT_/,
    'its certificate is not trusted: NODE_EXTRA_CA_CERTS or SSL_CERT_FILE can name its issuer',
  ],
  [/^(?:EPROTO|ERR_SSL_)/, 'it does not speak TLS as it should'],
]

/** Returns why a request failed, in words. */
export function reasonOf(error: unknown): string {
  const { message, code }: NodeJS.ErrnoException = error instanceof Error ? error : new Error(String(error))
  const known = code === undefined ? undefined : REASONS.find(([codes]) => codes.test(code))
  return known === undefined ? message : `${known[1]} (${code})`
}
