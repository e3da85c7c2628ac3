import { createInterface } from 'node:readline'
import { startChild } from './children.js'

/** The command that a machine must have for this, and be allowed to run. */
export const UNSHARE = ['unshare', ['--mount', '--propagation', 'private']] as const

/**
 * Starts a shell in a mount namespace of its own: what is mounted in it is mounted for it and its children alone, and
 * gone with the last of them. It ends with the test.
 */
export function startShell(env: Readonly<Record<string, string>>) {
  const [command, args] = UNSHARE
  const child = startChild(command, [...args, 'sh', '-s'], {
    stdio: ['pipe', 'pipe', 'inherit'],
    env: { PATH: process.env['PATH'], ...env },
  })
  if (child.stdout === null) throw new Error('a shell without stdout')
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()

  /** Runs a script and returns the first line that it says. Rejects when it fails. */
  return async (script: string): Promise<string> => {
    child.stdin?.write(`{ ${script}; } 2>&1 || echo failed\necho end\n`)
    const said: string[] = []
    for (let line = await lines.next(); line.value !== 'end'; line = await lines.next()) {
      if (line.done === true) throw new Error(`the shell has ended: ${script}`)
      said.push(line.value)
    }
    if (said.includes('failed')) throw new Error(`${script}: ${said.join('\n')}`)
    return said[0] ?? ''
  }
}
