import { readdirSync, readFileSync } from 'node:fs'
import { extname, join } from 'node:path'
import type { PageReply } from 'familiar'
import { INSTALLATION } from '../installation.js'
import { CONTENT_SECURITY_POLICY } from './content-security-policy.js'
import { tagOf, unlessKnown, type BodyReply, type PageRequest } from './page-replies.js'
import { takesGzip } from './compress-reply.js'

/** The page's directory in the installed package, independent of the bundle that contains this module. */
const PAGE = join(INSTALLATION, 'dist', 'dashboard', 'page')

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.txt': 'text/plain; charset=utf-8',
}

/** The suffix of the compressed form of a file, which the build writes beside it. */
const COMPRESSED = '.gz'

/** A file of the page, and its compressed form if the build created one. */
interface PageFile {
  readonly body: Buffer
  readonly gzip: Buffer | null
  readonly tag: string
}

let files: ReadonlyMap<string, PageFile> | null = null

/** Returns a file of the page by its path, `/` for the page itself; null if there is no such file. */
export function staticFile(path: string, request: Pick<PageRequest, 'headers'>): PageReply | null {
  const name = path === '/' ? 'index.html' : path.slice(1)
  files ??= readPage()
  const file = files.get(name)
  return file === undefined ? null : unlessKnown(replyOf(name, file, takesGzip(request)), request)
}

function replyOf(name: string, { body, gzip, tag }: PageFile, isCompressed: boolean): BodyReply {
  const headers = {
    'content-type': TYPES[extname(name)] ?? 'application/octet-stream',
    'content-security-policy': CONTENT_SECURITY_POLICY,
    'cache-control': 'no-cache',
    'cross-origin-opener-policy': 'same-origin',
    'cross-origin-resource-policy': 'same-origin',
    'referrer-policy': 'no-referrer',
    'x-content-type-options': 'nosniff',
    etag: tag,
    vary: 'accept-encoding',
  }
  if (gzip === null || !isCompressed) return { status: 200, headers, body }
  return { status: 200, headers: { ...headers, 'content-encoding': 'gzip' }, body: gzip }
}

/** Returns the build id of the served page, as `scripts/build-page.mjs` wrote it into the page; empty if there is none. */
export function pageBuild(): string {
  files ??= readPage()
  const page = files.get('index.html')?.body.toString('utf8') ?? ''
  return /<meta name="page-build" content="([^"]*)"/.exec(page)?.[1] ?? ''
}

/** Reads all files at once, because an upgrade may replace them under a running daemon, and two versions must not be mixed. */
function readPage(): ReadonlyMap<string, PageFile> {
  const read = new Map(readdirSync(PAGE).map((name) => [name, readFileSync(join(PAGE, name))]))
  const shown = [...read].filter(([name]) => !name.endsWith(COMPRESSED))
  return new Map(
    shown.map(([name, body]) => [
      name,
      { body, gzip: read.get(name + COMPRESSED) ?? null, tag: tagOf(body) },
    ]),
  )
}
