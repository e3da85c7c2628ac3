import { spawn, type ChildProcess } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { lackOf, throwLack } from '../errors.js'
import type { Family } from '../family.js'
import { objectOf, parseJson } from '../identity/narrow.js'
import type { ScopeSnapshot } from '../identity/observation.js'
import { childEnvironment } from './child-environment.js'
import { REPLY, requestFor, type ScopeReply, type ScopesQuestion } from './records.js'

const PEEK_MAIN = fileURLToPath(new URL('./peek-main.js', import.meta.url))

/** Enough for 50 scopes with two records of 64 KiB each, with every character escaped. */
const MAX_REPLY_CHARS = 48 * 1024 * 1024

/** Exit code of the child when it had too few resources itself (`EX_TEMPFAIL`). */
const LACKING = 75

/** A scope that was not read in time: everything in it is unknown, nothing counts as absent. */
export const UNTOLD: ScopeSnapshot = {
  real: null,
  gone: null,
  emptyForSeconds: null,
  records: [],
  sharedOwnerPresent: null,
  owner: null,
  directory: null,
  lockTouchedAt: null,
  isLate: true,
  lockHolder: 'unknown',
}

/**
 * Reads scopes named by other processes, in a child process. A scope that was not answered before the deadline is
 * `UNTOLD`. `pids` are the processes that may hold a lock of these scopes. Throws `E_RESOURCES` when this process or the
 * child had too few resources. Any other failure leaves scopes `UNTOLD`, unless `spawn` itself throws it.
 *
 * A child, because a thread that hangs on a dead network mount would keep this process from exiting. One child reads all
 * scopes in turn: a path that hangs leaves those behind it unanswered, which delays a clean-up but never makes it wrong.
 */
export async function readForeignScopes(
  family: Family,
  scopes: readonly string[],
  pids: readonly number[],
  deadline: AbortSignal,
): Promise<ReadonlyMap<string, ScopeSnapshot>> {
  if (scopes.length === 0) return new Map()
  const requests = scopes.map((scope) => requestFor(family, scope))
  const views = await askChild({ scopes: requests, pids }, deadline)
  return new Map(scopes.map((scope) => [scope, views.get(scope) ?? UNTOLD]))
}

async function askChild(
  question: ScopesQuestion,
  deadline: AbortSignal,
): Promise<ReadonlyMap<string, ScopeSnapshot>> {
  let text = ''
  let error: unknown = null
  const child = startChild(deadline)
  await new Promise<void>((resolve) => {
    child.on('error', (failure) => {
      error = failure
      resolve()
    })
    child.on('close', (code) => {
      if (code === LACKING) error = lackOf('EMFILE')
      resolve()
    })
    // Even SIGKILL does not end a child that hangs in the kernel: leave it behind.
    deadline.addEventListener('abort', () => {
      child.unref()
      child.stdout?.destroy()
      resolve()
    })
    child.stdout?.setEncoding('utf8').on('data', (part: string) => {
      text += part
      if (text.length > MAX_REPLY_CHARS) child.stdout?.destroy()
    })
    child.stdin?.on('error', () => undefined)
    child.stdin?.end(JSON.stringify(question))
  })
  throwLack(error)
  return viewsIn(text)
}

/** A spawn that fails immediately either throws or returns a child without pipes. */
function startChild(deadline: AbortSignal): ChildProcess {
  try {
    return spawn(process.execPath, [PEEK_MAIN], {
      env: childEnvironment(),
      stdio: ['pipe', 'pipe', 'ignore'],
      signal: deadline,
      killSignal: 'SIGKILL',
      windowsHide: true,
    })
  } catch (error) {
    throwLack(error)
    throw error
  }
}

/** A reply that was cut off by the deadline is ignored; the complete ones before it count. */
function viewsIn(text: string): ReadonlyMap<string, ScopeSnapshot> {
  const lines = text.split('\n').slice(0, -1)
  const replies = lines.flatMap((line) => {
    const json = line.startsWith(REPLY) ? objectOf(parseJson(line.slice(REPLY.length))) : null
    return json === null ? [] : [json as unknown as ScopeReply]
  })
  return new Map(replies.map(({ scope, view }) => [scope, view]))
}
