/** The options of a request. */
export interface FetchInit {
  /** The method; `GET` by default. */
  readonly method?: string | undefined
  /**
   * The headers. The library sets `host`, `authorization` and the headers that define where the request ends; they must
   * not be given. A string body gets `content-type: text/plain;charset=UTF-8` unless another type is given. `Headers`
   * objects and lists of pairs are accepted too; values of the same name are joined by a comma.
   */
  readonly headers?: Readonly<Record<string, string>> | Iterable<readonly [string, string]> | undefined
  /**
   * The body. A GET or HEAD request has none. A stream is read as fast as the daemon receives it. If the request ends
   * early, the stream is closed (`return` of its iterator).
   */
  readonly body?: string | Uint8Array | AsyncIterable<Uint8Array> | undefined
  /** Aborting this signal rejects the request with the signal's reason, at any moment, and destroys the connection. */
  readonly signal?: AbortSignal | undefined
  /**
   * Allows a second attempt even if the daemon may have received the request, or has given it up because it shuts down.
   * Always allowed for GET and HEAD, and never for a stream. A request that the daemon refuses before anything of it is
   * done is sent again without this.
   */
  readonly retry?: boolean | undefined
  /**
   * How long the daemon may take to prove itself, and then to begin its reply, in milliseconds; 30 000 by default. The
   * time starts again with each part of the body that the daemon receives. The time that a stream takes to produce its
   * next part does not count. The body of the reply may take any time.
   */
  readonly headersTimeoutMs?: number | undefined
}

/** A request that is ready to be sent. */
export interface Outgoing {
  readonly method: string
  /** The path and query, percent-encoded. */
  readonly target: string
  readonly headers: Readonly<Record<string, string>>
  /** True if the body can be read only once. */
  readonly isStream: boolean
  /** Opens the body of the request for reading; null if it has none. */
  readonly open: (() => AsyncIterator<Uint8Array>) | null
}

/** Headers that the library sets itself, because they carry the token, define the end of the request, or name the host. */
const RESERVED: ReadonlySet<string> = new Set([
  'authorization',
  'connection',
  'content-length',
  'expect',
  'host',
  'keep-alive',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
])

const TOKEN = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/

/** A header value must not contain a line break, because that could inject another header or another request. */
const HEADER_VALUE = /^[\t\x20-\x7e\x80-\xff]*$/

/** How many bytes of a body are sent at once. This is small, so that the daemon's progress is visible. */
const PART_BYTES = 256 * 1024

/** Returns the request to send. Throws a `TypeError` that says what is wrong with the options. */
export function readInit(path: string, init: FetchInit): Outgoing {
  const target = targetOf(path)
  const method = methodOf(init.method ?? 'GET')
  const headers = headersOf(init.headers ?? {})
  assertTimeout(init.headersTimeoutMs)
  if (init.body === undefined) {
    const length = isBodiless(method) ? {} : { 'content-length': '0' }
    return { method, target, headers: { ...headers, ...length }, isStream: false, open: null }
  }
  if (isBodiless(method)) throw new TypeError(`a ${method} request has no body: name another method`)
  return { method, target, ...bodyOf(init.body, headers) }
}

export function isBodiless(method: string): boolean {
  return method === 'GET' || method === 'HEAD'
}

/**
 * Returns the path to send: percent-encodes characters where required, and keeps those that are already encoded. Rejects
 * a path that begins with two slashes, because in a URL it would begin with the name of another host.
 */
function targetOf(path: string): string {
  if (typeof path !== 'string' || !path.startsWith('/') || path.startsWith('//')) {
    throw new TypeError(`the path of a request begins with one slash, unlike ${JSON.stringify(path)}`)
  }
  if (path.includes('#')) throw new TypeError('the path of a request has no fragment: write # as %23')
  try {
    return encodeURI(path).replaceAll(/%25([0-9a-f]{2})/gi, '%$1')
  } catch {
    throw new TypeError('the path of a request is not valid Unicode: half of a surrogate pair is missing')
  }
}

function methodOf(method: string): string {
  if (typeof method !== 'string' || !TOKEN.test(method) || /^connect$/i.test(method)) {
    throw new TypeError(`${JSON.stringify(method)} is not a method that a request can have`)
  }
  return method.toUpperCase()
}

function headersOf(given: NonNullable<FetchInit['headers']>): Readonly<Record<string, string>> {
  const headers = new Map<string, string>()
  for (const [name, value] of pairsOf(given)) {
    if (typeof name !== 'string' || !TOKEN.test(name))
      throw new TypeError(`${JSON.stringify(name)} is not the name of a header`)
    if (RESERVED.has(name.toLowerCase())) {
      throw new TypeError(`the header ${name} is set by the library and must not be given`)
    }
    if (typeof value !== 'string' || !HEADER_VALUE.test(value)) {
      throw new TypeError(`the value of the header ${name} has a character that a header cannot carry`)
    }
    const known = [...headers.keys()].find((other) => other.toLowerCase() === name.toLowerCase())
    headers.set(known ?? name, known === undefined ? value : `${headers.get(known)}, ${value}`)
  }
  return Object.fromEntries(headers)
}

function pairsOf(given: NonNullable<FetchInit['headers']>): Iterable<readonly [string, string]> {
  if (typeof given !== 'object' || given === null)
    throw new TypeError('the headers of a request are an object, or pairs of a name and a value')
  if (!(Symbol.iterator in given)) return Object.entries(given)
  const pairs = [...given]
  if (pairs.every(Array.isArray)) return pairs
  throw new TypeError('the headers of a request are an object, or pairs of a name and a value')
}

function assertTimeout(ms: number | undefined): void {
  if (ms !== undefined && !(ms > 0)) throw new TypeError('headersTimeoutMs must be a positive number')
}

type Body = NonNullable<FetchInit['body']>

function bodyOf(
  body: Body,
  headers: Readonly<Record<string, string>>,
): Pick<Outgoing, 'headers' | 'isStream' | 'open'> {
  if (typeof body !== 'string' && !(body instanceof Uint8Array)) {
    if (typeof body?.[Symbol.asyncIterator] !== 'function') {
      throw new TypeError('the body of a request is a string, a Uint8Array or an AsyncIterable of Uint8Array')
    }
    const open = (): AsyncIterator<Uint8Array> => body[Symbol.asyncIterator]()
    return { headers: { ...headers, 'transfer-encoding': 'chunked' }, isStream: true, open }
  }
  const bytes = typeof body === 'string' ? Buffer.from(body) : body
  const isTyped =
    typeof body !== 'string' || Object.keys(headers).some((name) => /^content-type$/i.test(name))
  const type = isTyped ? {} : { 'content-type': 'text/plain;charset=UTF-8' }
  const length = { 'content-length': String(bytes.length) }
  return { headers: { ...headers, ...type, ...length }, isStream: false, open: () => partsOf(bytes) }
}

// oxlint-disable-next-line require-await -- it is read like a stream
async function* partsOf(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  for (let from = 0; from < bytes.length; from += PART_BYTES) yield bytes.subarray(from, from + PART_BYTES)
}
