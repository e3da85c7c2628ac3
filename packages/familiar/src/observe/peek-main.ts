/**
 * The process in which paths are read that another process named: the question as JSON on stdin, one reply a line on
 * stdout, each as soon as it is known. When the file system behind one of them hangs, this process hangs with it, and the
 * one that asked goes on with the replies it has. Exit code 75: this process had too few resources.
 */
import { readFileSync, writeSync } from 'node:fs'
import { isLack, FamiliarError } from '../errors.js'
import { viewScope, type ScopesQuestion } from './records.js'
import { selectPlatform } from './platform/select.js'

async function answer(): Promise<void> {
  const { scopes, pids } = JSON.parse(readFileSync(0, 'utf8')) as ScopesQuestion
  const platform = await selectPlatform()
  for (const scope of scopes) {
    writeAll(`${REPLY}${JSON.stringify(await viewScope(scope, pids, platform))}\n`)
  }
}

/** What else this process prints (a preloaded module may) is no reply. */
const REPLY = 'familiar:'

function writeAll(text: string): void {
  const bytes = Buffer.from(text)
  for (let at = 0; at < bytes.length;) at += writeSync(1, bytes, at)
}

answer().catch((error: unknown) => {
  const isOurs = isLack(error) || (error instanceof FamiliarError && error.code === 'E_RESOURCES')
  process.exitCode = isOurs ? 75 : 1
})
