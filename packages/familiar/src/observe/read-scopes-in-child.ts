import type { ChildProcess } from 'node:child_process'
import { parse } from 'node:path'
import { lackOf, throwLack } from '../errors.js'
import type { Family } from '../family.js'
import { objectOf, parseJson, stringOf, type JsonObject } from '../json.js'
import type { ScopeSnapshot } from '../classify/observation.js'
import { assertDescriptors } from './platform/assert-descriptors.js'
import { spawnAside } from './platform/spawn-aside.js'
import { PEEK_TEXT } from './peek-text.js'
import { nativeLocksFile } from './platform/native-locks.js'
import { kernelNamesHolders } from './platform/select.js'
import {
  REPLY,
  requestFor,
  snapshotOf,
  type PeekedScope,
  type Removal,
  type ScopeReply,
  type ScopesQuestion,
} from './read-records.js'

/** Enough for 50 scopes with two records of 64 KiB each, even if every character is escaped. */
const MAX_REPLY_CHARS = 48 * 1024 * 1024

/**
 * How long the child may take to start. Until then it does not access paths of others, so a slow start means a busy
 * machine and not a file system that hangs.
 */
const START_MS = 10_000

/**
 * How many descriptors a start of the child takes for a moment: both ends of two pipes, and of the one on which libuv
 * reports a failure. If the last one cannot be made, Node never closes the others.
 */
const START_DESCRIPTORS = 6

/** Exit code of the child if it had too few resources (`EX_TEMPFAIL`). */
const LACKING = 75

/** The snapshot of a scope that was not read in time: everything about it is unknown, and nothing counts as absent. */
export const UNTOLD: ScopeSnapshot = {
  real: null,
  gone: null,
  unchangedSinceMs: null,
  above: null,
  ownSinceMs: null,
  records: [],
  sharedOwnerPresent: null,
  owner: null,
  directory: null,
  lockTouchedAt: null,
  isLate: true,
  lockHolder: 'unknown',
}

/**
 * Reads the scopes that other processes name, in a child process, because a thread that hangs on a dead network mount
 * would keep this process from exiting. One child reads all scopes in turn. If a path hangs, the scopes after it are not
 * read, which can delay a clean-up but never makes it wrong.
 */
export class ScopeReader {
  #prepared: Child | null = null

  /**
   * Starts the child before the question is known, because most of its time is the start of Node, and the caller can work
   * meanwhile. If the start fails, `read` starts another child.
   */
  prepare(): void {
    try {
      this.#prepared ??= startChild()
    } catch {
      this.#prepared = null
    }
  }

  /**
   * Returns a snapshot of each scope. `pids` are the processes that are likely to hold the locks of these scopes. The
   * snapshot is `UNTOLD` if the scope was not read within `ms` milliseconds after the start of the child, or if the child
   * failed. Throws `E_RESOURCES` if this process or the child had too few resources, and the errors of `spawn`.
   */
  async read(
    family: Family,
    scopes: readonly string[],
    pids: readonly number[],
    ms: number,
  ): Promise<ReadonlyMap<string, ScopeSnapshot>> {
    if (scopes.length === 0) return new Map()
    const requests = scopes.map((scope) => requestFor(family, scope))
    const child = this.#prepared?.error === null ? this.#prepared : startChild()
    this.#prepared = null
    const views = viewsIn(await ask(child, { scopes: requests, pids, nativeLocks: nativeLocks() }, ms))
    return new Map(
      scopes.map((scope) => {
        const view = views.get(scope)
        return [scope, view === undefined ? UNTOLD : snapshotOf(family, view)]
      }),
    )
  }

  /** Ends the prepared child if it was not needed. It has not read a scope, so it cannot hang. */
  async close(): Promise<void> {
    const child = this.#prepared
    this.#prepared = null
    child?.end()
    await child?.ended
  }
}

/**
 * Returns which of these paths are proven to have been removed, as `isGoneSince` finds out. One that was not read within
 * `ms` milliseconds after the start of the child is not proven. Throws like `ScopeReader.read`.
 */
export async function removedSince(removals: readonly Removal[], ms: number): Promise<ReadonlySet<string>> {
  const question = { scopes: [], pids: [], nativeLocks: nativeLocks(), removals }
  const replies = repliesIn(await ask(startChild(), question, ms))
  return new Set(replies.flatMap(({ removed }) => stringOf(removed) ?? []))
}

function nativeLocks(): string | null {
  return kernelNamesHolders() ? null : nativeLocksFile()
}

interface Child {
  readonly handle: ChildProcess
  /** Sends SIGKILL to the child if it was started. */
  readonly end: () => void
  /** Resolves when the child is ready for the question, or has ended. */
  readonly up: Promise<void>
  /** Resolves when the child has ended, or could not be started. */
  readonly ended: Promise<void>
  /** What the child has written to stdout so far. */
  text: string
  error: unknown
}

/** Starts the child. A start that fails immediately either throws or returns a child without pipes. */
function startChild(): Child {
  const { child: handle, end } = spawnChild()
  const ended = new Promise<void>((resolve) => {
    handle.once('close', () => resolve())
    // A child that could not be started emits no `close` event.
    if (handle.pid === undefined) handle.once('error', () => resolve())
  })
  // The child writes an empty line before it reads the question.
  const ready = new Promise<void>((resolve) => handle.stdout?.once('data', () => resolve()))
  const child: Child = { handle, end, up: Promise.race([ready, ended]), ended, text: '', error: null }
  handle.on('error', (failure) => {
    child.error = failure
  })
  handle.on('close', (code) => {
    if (code === LACKING) child.error = lackOf('EMFILE')
  })
  handle.stdout?.setEncoding('utf8').on('data', (part: string) => {
    child.text += part
    if (child.text.length > MAX_REPLY_CHARS) handle.stdout?.destroy()
  })
  handle.stdin?.on('error', () => undefined)
  return child
}

/**
 * The child needs no file except that of Node, so it can be run from any bundle. It inherits nothing from this process:
 * no environment, which could change how Node runs (libuv adds what Windows needs), no options of Node, and no working
 * directory, which may be on a file system that hangs.
 */
function spawnChild(): ReturnType<typeof spawnAside> {
  assertDescriptors(START_DESCRIPTORS)
  try {
    return spawnAside(process.execPath, ['-e', PEEK_TEXT], {
      cwd: parse(process.execPath).root,
      env: {},
      stdio: ['pipe', 'pipe', 'ignore'],
    })
  } catch (error) {
    throwLack(error)
    throw error
  }
}

/**
 * Sends the question and returns what the child wrote until it ended or the time was over. In the latter case, the child
 * is killed but not waited for, because even SIGKILL does not end a process that hangs in the kernel.
 */
async function ask(child: Child, question: ScopesQuestion, ms: number): Promise<string> {
  const { handle } = child
  const isUp = ms > 0 && (await isWithin(START_MS, child.up))
  if (isUp) handle.stdin?.end(JSON.stringify(question))
  if (!isUp || !(await isWithin(ms, child.ended))) {
    child.end()
    handle.unref()
    handle.stdin?.destroy()
    handle.stdout?.destroy()
  }
  throwLack(child.error)
  return child.text
}

async function isWithin(ms: number, happens: Promise<void>): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<boolean>((resolve) => {
    timer = setTimeout(() => resolve(false), ms)
  })
  const isIn = await Promise.race([happens.then(() => true), late])
  clearTimeout(timer)
  return isIn
}

/** Returns the complete replies in the text, by scope. */
function viewsIn(text: string): ReadonlyMap<string, PeekedScope> {
  const replies = repliesIn(text) as readonly unknown[] as readonly ScopeReply[]
  return new Map(replies.map(({ scope, view }) => [scope, view]))
}

/** Returns the complete replies in the text. A last reply that was cut off by the deadline is ignored. */
function repliesIn(text: string): readonly JsonObject[] {
  const lines = text.split('\n').slice(0, -1)
  return lines.flatMap((line) => {
    const json = line.startsWith(REPLY) ? objectOf(parseJson(line.slice(REPLY.length))) : null
    return json === null ? [] : [json]
  })
}
