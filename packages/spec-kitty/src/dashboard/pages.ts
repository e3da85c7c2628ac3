import type { PageReply, Pages, Platform } from 'familiar'
import { installedSelf } from '../installation.js'
import { staticFile } from './assets.js'
import { readDaemons } from './daemons.js'
import { shareChanges } from './changes.js'
import { openProject, type Project } from './project/project.js'

const JSON_HEADERS = {
  'content-type': 'application/json',
  'cache-control': 'no-store',
  'x-content-type-options': 'nosniff',
  'cross-origin-resource-policy': 'same-origin',
} as const

/**
 * Returns what the dashboard serves to a browser: the page, and what it reads. All of it is read-only and needs no token;
 * that the request comes from this machine and from no other origin was checked before.
 */
export function dashboardPages(directory: string, root: string, platform: Platform): Pages {
  const project = openProject(directory)
  const changes = shareChanges(directory)
  const self = installedSelf(process.execPath)
  const missions = shareWhileRunning(() => project.missions())
  const daemons = shareWhileRunning(() => readDaemons({ project: directory, root, platform, self }))
  return async ({ path }) => {
    if (path === '/api/events') return { open: changes.open }
    if (path === '/api/daemons') return json(await daemons())
    if (path === '/api/missions') return json(await missions())
    if (path.startsWith('/api/')) return readProject(project, path.split('/').slice(2))
    return staticFile(path)
  }
}

/** `missions/:id` and `missions/:id/documents/:name`: every part is percent-encoded on its own. */
async function readProject(project: Project, parts: readonly string[]): Promise<PageReply | null> {
  const [missions, id, documents, name, ...more] = parts.map(decode)
  if (missions !== 'missions' || id === undefined || more.length > 0 || parts.length === 3) return null
  if (id === null || name === null) return notFound()
  if (documents === undefined) return orNotFound(await project.mission(id))
  if (documents !== 'documents' || name === undefined) return null
  return orNotFound(await project.document(id, name))
}

/** Null for what is no encoding of a text. */
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

function json(body: object, status = 200): PageReply {
  return { status, headers: JSON_HEADERS, body: JSON.stringify(body) }
}

/** What takes long is done once: a look at the machine up to a second, a list of many missions some hundred ms. */
function shareWhileRunning<T>(read: () => Promise<T>): () => Promise<T> {
  let running: Promise<T> | null = null
  return () => {
    running ??= read().finally(() => (running = null))
    return running
  }
}
