import type { PageReply, Pages } from 'familiar'
import { staticFile } from './assets.js'
import { readDaemons } from './daemons.js'
import { shareChanges } from './changes.js'
import { identityOf, PROJECT_HEADER } from './identity.js'
import { openProject, type Project } from './project/project.js'
import { inTurn, keptFor } from './share.js'
import { VERSION } from '../version.js'

const JSON_HEADERS = {
  'content-type': 'application/json',
  'cache-control': 'no-store',
  'x-content-type-options': 'nosniff',
  'cross-origin-resource-policy': 'same-origin',
} as const

/**
 * How many missions and documents are read at once. A document of 1 MiB takes up to 30 MiB of memory until it is sent,
 * and more at once would not be faster: the slow part runs on one thread.
 */
const READ_AT_ONCE = 2

/** How long a scan is reused: it starts a process and takes up to a second, and any local client may request one. */
const DAEMONS_KEPT_MS = 1_000

/**
 * Returns what the dashboard serves to a browser: the page and its data. All of it is read-only and needs no token; the
 * caller has checked that the request comes from this machine and from no other origin.
 */
export function dashboardPages(directory: string, version = VERSION): Pages {
  const project = openProject(directory)
  const hello = identityOf(directory, version)
  const changes = shareChanges(directory, hello)
  const daemons = keptFor(DAEMONS_KEPT_MS, async () => json(await readDaemons(directory)))
  const [looking, listing] = [inTurn<PageReply>(1), inTurn<PageReply>(1)]
  const reading = inTurn<PageReply | null>(READ_AT_ONCE)
  const answer: Pages = async ({ path, signal }) => {
    if (path === '/api/events') return { open: changes.open }
    if (path === '/api/daemons') return looking(path, signal, daemons)
    if (path === '/api/missions') return listing(path, signal, async () => json(await project.missions()))
    if (path.startsWith('/api/'))
      return reading(path, signal, () => readProject(project, path.split('/').slice(2)))
    return staticFile(path)
  }
  return async (asked) => named(await answer(asked), asked.path, hello.project.id)
}

/** Adds the header that names the project to a reply of the API. */
function named(reply: PageReply | null, path: string, project: string): PageReply | null {
  if (reply === null || 'open' in reply || !path.startsWith('/api/')) return reply
  return { ...reply, headers: { ...reply.headers, [PROJECT_HEADER]: project } }
}

/** Serves `missions/:id` and `missions/:id/documents/:name`; each part is percent-encoded on its own. */
async function readProject(project: Project, parts: readonly string[]): Promise<PageReply | null> {
  const [missions, id, documents, name, ...more] = parts.map(decode)
  if (missions !== 'missions' || id === undefined || more.length > 0 || parts.length === 3) return null
  if (id === null || name === null) return notFound()
  if (documents === undefined) return orNotFound(await project.mission(id))
  if (documents !== 'documents' || name === undefined) return null
  return orNotFound(await project.document(id, name))
}

/** Null if the percent-encoding is invalid. */
function decode(part: string): string | null {
  try {
    return decodeURIComponent(part)
  } catch {
    return null
  }
}

function orNotFound(found: object | null): PageReply {
  return found === null ? notFound() : json(found)
}

function notFound(): PageReply {
  return json({ error: 'not_found' }, 404)
}

/** Encodes the body once, so that all requests that share a reply of many MiB share its bytes. */
function json(body: object, status = 200): PageReply {
  return { status, headers: JSON_HEADERS, body: Buffer.from(JSON.stringify(body)) }
}
