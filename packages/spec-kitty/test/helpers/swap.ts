import { renameSync, rmSync, symlinkSync } from 'node:fs'

/** Swaps directories for links to others, again and again beside the test. */
export function swap(pairs: readonly (readonly [string, string])[]): () => Promise<void> {
  const ending = new AbortController()
  const run = async (): Promise<void> => {
    while (!ending.signal.aborted) {
      for (const [path, target] of pairs) {
        renameSync(path, `${path}.aside`)
        symlinkSync(target, path)
        await new Promise(setImmediate)
        rmSync(path)
        renameSync(`${path}.aside`, path)
        await new Promise(setImmediate)
      }
    }
  }
  const running = run()
  return () => {
    ending.abort()
    return running
  }
}
