import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import type { Family } from '../family.js'
import type { ScopeView } from '../identity/sighting.js'
import type { PeekReply, PeekRequest } from './peek.js'
import { requestFor, toView } from './records.js'

const PEEK_MAIN = fileURLToPath(new URL('./peek-main.js', import.meta.url))

/** Large enough for 50 scopes with two records of 64 KiB each. */
const MAX_REPLY_BYTES = 8 * 1024 * 1024

/** A scope that was not read in time: nothing in it counts as absent. */
const UNKNOWN: ScopeView = {
  real: null,
  gone: null,
  emptyForSeconds: null,
  records: [{ state: 'unreadable', why: 'it did not answer in time' }],
  sharedOwnerPresent: null,
  lockHolder: 'unknown',
}

/**
 * Reads scopes that other processes named, in a child process: when it has not answered before the deadline, every one
 * of them is *unknown*. Never throws.
 *
 * A child, because a thread that hangs in a dead network mount would keep this process from ending. One child for
 * all: a path that hangs costs the others their answer too, which is slow to clean, but never wrong.
 */
export async function readForeignScopes(
  family: Family,
  scopes: readonly string[],
  deadline: AbortSignal,
): Promise<ReadonlyMap<string, ScopeView>> {
  if (scopes.length === 0) return new Map()
  const replies = await askChild(
    scopes.map((scope) => requestFor(family, scope)),
    deadline,
  )
  return new Map(scopes.map((scope, index) => [scope, viewOf(replies[index] ?? null)]))
}

function viewOf(reply: PeekReply | null): ScopeView {
  return reply === null ? UNKNOWN : toView(reply)
}

function askChild(
  requests: readonly PeekRequest[],
  deadline: AbortSignal,
): Promise<readonly (PeekReply | null)[]> {
  const nothing = requests.map(() => null)
  return new Promise((resolve) => {
    const child = execFile(
      process.execPath,
      [PEEK_MAIN],
      { signal: deadline, killSignal: 'SIGKILL', maxBuffer: MAX_REPLY_BYTES },
      (error, stdout) => resolve(error === null ? (JSON.parse(stdout) as readonly PeekReply[]) : nothing),
    )
    deadline.addEventListener('abort', () => {
      child.unref()
      resolve(nothing)
    })
    child.stdin?.on('error', () => resolve(nothing))
    child.stdin?.end(JSON.stringify(requests))
  })
}
