/**
 * The main module of the child process that reads the scopes that other processes name. It writes an empty line to stdout
 * when it is ready, takes the question as JSON on stdin, and writes one reply per line, each as soon as it is known. If
 * the file system behind a path hangs, only this child hangs, and its parent continues with the replies that it has. Exit
 * code 75: the child had too few resources.
 *
 * No process loads this file itself. scripts/build-peek.mjs bundles it with everything that it imports into one text
 * (`peek-text.ts`), and the child runs that text. On Windows a command line has at most 32,767 characters, so it imports
 * only what it needs.
 */
import { readFileSync, writeSync } from 'node:fs'
import { asLack } from '../errors.js'
import { isGoneSince } from './peek.js'
import { assertOwnProc, readLockHolder } from './platform/linux.js'
import { requireNativeLocksFrom } from './platform/native-locks.js'
import type { Platform } from './platform/platform.js'
import { tryForHolder } from './platform/try-for-holder.js'
import { REPLY, viewScope, type RemovalReply, type ScopeReply, type ScopesQuestion } from './read-records.js'

async function answer(): Promise<void> {
  writeAll('\n')
  const { scopes, pids, nativeLocks, removals = [] } = JSON.parse(readFileSync(0, 'utf8')) as ScopesQuestion
  const lockHolder = lockHolderOf(nativeLocks)
  for (const request of scopes) {
    answerWith({ scope: request.scope, view: await viewScope(request, pids, { lockHolder }) })
  }
  for (const { path, sinceMs } of removals)
    if (isGoneSince(path, sinceMs ?? Number.POSITIVE_INFINITY)) answerWith({ removed: path })
}

function answerWith(reply: ScopeReply | RemovalReply): void {
  writeAll(`${REPLY}${JSON.stringify(reply)}\n`)
}

/** The lock library is loaded only if a lock has to be tried, which is never the case where the kernel names the holders. */
function lockHolderOf(nativeLocks: string | null): Platform['lockHolder'] {
  if (nativeLocks !== null)
    return async (path, told) => tryForHolder(path, told, () => requireNativeLocksFrom(nativeLocks))
  assertOwnProc()
  return async (path, told, pids) => readLockHolder(path, told, pids)
}

function writeAll(text: string): void {
  const bytes = Buffer.from(text)
  for (let at = 0; at < bytes.length;) at += writeSync(1, bytes, at)
}

answer().catch((error: unknown) => {
  process.exitCode = asLack(error) === null ? 1 : 75
})
