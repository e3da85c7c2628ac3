import { readdirSync, readFileSync } from 'node:fs'
import { extname, join } from 'node:path'
import type { PageReply } from 'familiar'
import { INSTALLATION } from '../installation.js'

/** The page's directory in the installed package, wherever this module was bundled to. */
const PAGE = join(INSTALLATION, 'dist', 'dashboard', 'page')

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.txt': 'text/plain; charset=utf-8',
}

/** Content security policy: nothing is loaded from elsewhere, no text becomes script, no other page may frame this one. */
const POLICY = [
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

let files: ReadonlyMap<string, Buffer> | null = null

/** Returns a file of the page by its path, `/` for the page itself; null if there is none of that name. */
export function staticFile(path: string): PageReply | null {
  const name = path === '/' ? 'index.html' : path.slice(1)
  files ??= readPage()
  const body = files.get(name)
  if (body === undefined) return null
  return {
    status: 200,
    headers: {
      'content-type': TYPES[extname(name)] ?? 'application/octet-stream',
      'content-security-policy': POLICY,
      'cache-control': 'no-cache',
      'cross-origin-opener-policy': 'same-origin',
      'cross-origin-resource-policy': 'same-origin',
      'referrer-policy': 'no-referrer',
      'x-content-type-options': 'nosniff',
    },
    body,
  }
}

/** Returns the build of the page that is served, as `scripts/build-page.mjs` wrote it into the page; empty if it did not. */
export function pageBuild(): string {
  files ??= readPage()
  const page = files.get('index.html')?.toString('utf8') ?? ''
  return /<meta name="page-build" content="([^"]*)"/.exec(page)?.[1] ?? ''
}

/** Reads all files at once: an upgrade may replace them under a running daemon, and two versions must not be mixed. */
function readPage(): ReadonlyMap<string, Buffer> {
  return new Map(readdirSync(PAGE).map((name) => [name, readFileSync(join(PAGE, name))]))
}
