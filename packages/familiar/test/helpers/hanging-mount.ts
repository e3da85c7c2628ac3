import { readdirSync, readlinkSync } from 'node:fs'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import type { TestContext } from 'vitest'
import { startChild } from './children.js'
import { UNSHARE } from './mount-namespace.js'
import { needCommand } from './skip.js'

const SERVER = fileURLToPath(new URL('hang-mount.py', import.meta.url))

/**
 * Runs a command in a mount namespace in which every path below `directory` hangs. The test is skipped on a machine that
 * cannot do that. `line` returns the next line of what the command and then the server print (hang-mount.py);
 * `processes` returns the other processes that are in the namespace. Killing `child` ends the mount.
 */
export function hangingMount(context: TestContext, directory: string, command: readonly string[]) {
  const [unshare, args] = UNSHARE
  needCommand(context, unshare, [...args, 'python3', '-c', PROBE])
  const child = startChild(unshare, [...args, 'python3', SERVER, directory, ...command], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  if (child.stdout === null) throw new Error('a child without stdout')
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
  return {
    child,
    line: async (): Promise<string> => {
      const { done, value } = await lines.next()
      if (done === true) throw new Error('the server of the mount has ended')
      return value
    },
    processes: (): readonly number[] => {
      const own = namespaceOf(child.pid)
      return readdirSync('/proc')
        .filter((name) => /^\d+$/.test(name))
        .map(Number)
        .filter((pid) => pid !== child.pid && namespaceOf(pid) === own)
    },
  }
}

/** `needCommand` adds the argument `true`. */
const PROBE = "import os; os.open('/dev/fuse', os.O_RDWR)"

function namespaceOf(pid: number | undefined): string | null {
  try {
    return readlinkSync(`/proc/${pid}/ns/mnt`)
  } catch {
    return null
  }
}
