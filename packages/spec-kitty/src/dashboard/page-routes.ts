import { startTimesOf } from 'familiar/cli'
import type { PageReply, Pages } from 'familiar'
import { collectGarbage } from '../daemons/collect-garbage.js'
import { staticFile } from './static-files.js'
import { readDaemons } from './read-daemons.js'
import { shareChanges } from './share-changes.js'
import { identityOf, PROJECT_HEADER } from './page-identity.js'
import { openProject, type Project } from './project/project.js'
import { refusalOfQuery } from './project/search.js'
import {
  badRequest,
  json,
  listJson,
  lostPage,
  notFound,
  nowJson,
  orNotFound,
  projectGone,
  tagged,
  unlessKnown,
  type BodyReply,
  type PageRequest,
} from './page-replies.js'
import { compressed } from './compress-reply.js'
import { keepHeapSmall, releasedWhenQuiet } from './release-memory.js'
import { countWork, inTurn, keptFor } from './limit-work.js'
import { VERSION } from '../version.js'

/**
 * How many missions and documents are read at once. A document of 1 MiB takes up to 30 MiB of memory until it is sent.
 * Reading more at once would not be faster, because the slow part runs on one thread.
 */
const READ_AT_ONCE = 2

/**
 * How long the watches of the project are set up later, at most, if replies are being made. A page that is opened requests
 * its data and the event stream together, and shows the data before it needs to hear of changes.
 */
const WATCH_LATER_MS = 5_000

/**
 * After replies of this size, their garbage is collected. If large documents are requested again and again, V8 itself may
 * let ten times as much accumulate.
 */
const MAX_REPLIED_BYTES = 16 * 1024 * 1024

/** How long a scan is reused, because it starts a process and takes up to a second, and any local client may request one. */
const DAEMONS_KEPT_MS = 1_000

/**
 * Returns what the dashboard serves to a browser: the page and its data. All of it is read-only and needs no token,
 * because the caller has checked that the request comes from this machine and from no other origin.
 */
export function dashboardPages(directory: string, version = VERSION): Pages {
  const hello = identityOf(directory, version)
  let lastAsked: PageRequest | null = null
  const work = countWork()
  const changes = shareChanges(directory, hello, {
    look: startTimesOf,
    whenIdle: () => work.whenIdle(WATCH_LATER_MS),
    onUnused: () => void memory.rest(),
    isGone: () => lastAsked?.isScopeGone() === true,
  })
  const { vouching, note, notePassing } = changes
  const project = openProject(directory, {
    look: startTimesOf,
    vouching,
    onJudged: note,
    onRead: notePassing,
  })
  const daemons = keptFor(DAEMONS_KEPT_MS, async () => json(await readDaemons(directory)))
  const [looking, listing, searching] = [inTurn<BodyReply>(1), inTurn<BodyReply>(1), inTurn<BodyReply>(1)]
  const reading = inTurn<BodyReply | null>(READ_AT_ONCE)
  let repliedBytes = 0

  const memory = releasedWhenQuiet(project, () => changes.isUsed())
  const answer = async (asked: PageRequest): Promise<BodyReply | null> => {
    const { path, signal, isScopeGone } = asked
    if (path === '/api/daemons') return looking(path, signal, daemons)
    if (isScopeGone()) return projectGone()
    const reply = await read(asked)
    // If the directory was replaced meanwhile, the data may belong to another project.
    return isScopeGone() ? projectGone() : reply
  }
  const read = async ({ path, query, signal }: PageRequest): Promise<BodyReply | null> => {
    if (path === '/api/missions')
      return listing(path, signal, async () => tagged(listJson(await project.missions())))
    if (path === '/api/now') return listing(path, signal, async () => nowJson(await project.now()))
    if (path === '/api/search') return search(query, signal)
    return reading(path, signal, async () => {
      if (repliedBytes > MAX_REPLIED_BYTES) {
        repliedBytes = 0
        await collectGarbage()
      }
      const reply = await readProject(project, path.split('/').slice(2))
      repliedBytes += reply?.body.length ?? 0
      return reply
    })
  }
  const search = async (query: string, signal: AbortSignal): Promise<BodyReply> => {
    const text = textIn(query)
    const refusal = refusalOfQuery(text)
    if (refusal !== null || text === null) return badRequest(refusal ?? '')
    return searching(text, signal, async () => json(await project.search(text, signal)))
  }
  return async (asked) => {
    const { path } = asked
    // Not at the start: after it, Node refuses the compiled form of its own modules, which takes 10 ms longer.
    if (lastAsked === null) keepHeapSmall()
    lastAsked = asked
    if (path === '/api/events') {
      const after = new URLSearchParams(asked.query).get('after') ?? ''
      return { open: (send, closed) => changes.open(send, closed, after) }
    }
    if (!path.startsWith('/api/')) return staticFile(path, asked) ?? lostPage(asked)
    const began = process.cpuUsage()
    const reply = await work.during(() => answer(asked))
    memory.noteWork(began)
    if (reply === null) return null
    return named(await compressed(unlessKnown(reply, asked), asked), hello.project.id)
  }
}

/** Adds the header that names the project to a reply of the API. */
function named(reply: BodyReply, project: string): PageReply {
  return { ...reply, headers: { ...reply.headers, [PROJECT_HEADER]: project } }
}

/** Serves `missions/:id`, `missions/:id/documents/:name` and `charter`; each part is percent-encoded on its own. */
async function readProject(project: Project, parts: readonly string[]): Promise<BodyReply | null> {
  if (parts.length === 1 && parts[0] === 'charter') return taggedOrNotFound(await project.charter())
  const [missions, id, documents, name, ...more] = parts.map(decode)
  if (missions !== 'missions' || id === undefined || more.length > 0 || parts.length === 3) return null
  if (id === null || name === null) return notFound()
  if (documents === undefined) return taggedOrNotFound(await project.mission(id))
  if (documents !== 'documents' || name === undefined) return null
  return taggedOrNotFound(await project.document(id, name))
}

function taggedOrNotFound(found: object | null): BodyReply {
  return tagged(orNotFound(found))
}

/** Returns null if the percent-encoding is invalid. */
function decode(part: string): string | null {
  try {
    return decodeURIComponent(part)
  } catch {
    return null
  }
}

/** Returns the search text of a query that contains nothing else; null if there is none, or if it is malformed. */
function textIn(query: string): string | null {
  const [, text] = /^q=([^&]*)$/.exec(query) ?? []
  return text === undefined ? null : decode(text.replaceAll('+', ' '))
}
