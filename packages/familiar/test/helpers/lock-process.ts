import { createInterface } from 'node:readline'
import type { Duplex } from 'node:stream'
import { join } from 'node:path'
import { inject } from 'vitest'
import { killChild, startChild } from './children.js'

const MAIN = join(inject('processes'), 'lock-process.mjs')

/** What the process says: of its lock, that it waits for one, or why it has none. */
export interface Said {
  readonly held?: boolean
  readonly waiting?: string
  readonly before?: number
  readonly child?: number
  readonly code?: string
  readonly message?: string
  readonly hint?: string | null
  readonly retry?: boolean
}

/** Starts a process that takes the lock at the path when it is asked to. `prefix` goes before its command line. */
export function startLockProcess(path: string, prefix: readonly string[] = []) {
  const [command, ...args] = [...prefix, process.execPath, MAIN, path]
  const child = startChild(command, args, { stdio: ['pipe', 'pipe', 'inherit', 'pipe'] })
  if (child.stdout === null) throw new Error('a process without stdout')
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
  const leash = child.stdio[3] as Duplex

  /** Returns the next line that the process says. */
  async function next(): Promise<Said> {
    const { value, done } = await lines.next()
    if (done === true) throw new Error('the process ended without a reply')
    return JSON.parse(value) as Said
  }

  const tell = (line: string): void => void child.stdin?.write(`${line}\n`)

  return {
    pid: child.pid ?? 0,
    next,
    tell,
    ask: (line: string): Promise<Said> => {
      tell(line)
      return next()
    },
    /** Ends it as `kill -9` does. What it has spawned goes on. */
    kill: () => killChild(child),
    /** Ends what it has spawned, and waits for that. */
    endSpawned: () =>
      new Promise((resolve) => {
        leash.once('close', resolve)
        leash.resume().end()
      }),
  }
}
