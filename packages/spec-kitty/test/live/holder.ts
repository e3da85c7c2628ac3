import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const MAIN = fileURLToPath(new URL('../fixtures/processes/lock-holder.mjs', import.meta.url))

/** Starts a process that holds the life-cycle lock of a root; `ready` gives its pid once it does. */
export function spawnHolder(root: string): { readonly ready: Promise<number>; stop(): void } {
  const child = spawn(process.execPath, [MAIN, join(root, 'daemons/sync/lifecycle.lock')], { stdio: 'pipe' })
  const ready = new Promise<number>((resolve, reject) => {
    child.stdout.once('data', () => resolve(child.pid ?? 0))
    child.stderr.once('data', (text: Buffer) => reject(new Error(text.toString())))
  })
  return { ready, stop: () => void child.kill('SIGKILL') }
}
