/**
 * The main module of the child process that reads the scopes that other processes name. It takes the question as JSON on
 * stdin and writes one reply per line to stdout, each as soon as it is known. If the file system behind a path hangs, only
 * this child hangs, and its parent continues with the replies that it has. Exit code 75: the child had too few resources.
 */
import { readFileSync, writeSync } from 'node:fs'
import { asLack } from '../errors.js'
import { REPLY, viewScope, type ScopeReply, type ScopesQuestion } from './records.js'
import { selectPlatform } from './platform/select.js'

async function answer(): Promise<void> {
  const platform = await selectPlatform()
  const { scopes, pids } = JSON.parse(readFileSync(0, 'utf8')) as ScopesQuestion
  for (const request of scopes) {
    const reply: ScopeReply = { scope: request.scope, view: await viewScope(request, pids, platform) }
    writeAll(`${REPLY}${JSON.stringify(reply)}\n`)
  }
}

function writeAll(text: string): void {
  const bytes = Buffer.from(text)
  for (let at = 0; at < bytes.length;) at += writeSync(1, bytes, at)
}

answer().catch((error: unknown) => {
  process.exitCode = asLack(error) === null ? 1 : 75
})
