import { getHeapStatistics, setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

type Collect = (options: { readonly type: 'major'; readonly execution: 'async' }) => Promise<void>

let collect: Collect | null = null

/** Collects unused objects, and returns the memory to the system. Takes some milliseconds. */
export async function collectGarbage(): Promise<void> {
  if (collect === null) {
    setFlagsFromString('--expose-gc')
    setFlagsFromString('--compact-on-every-full-gc')
    collect = runInNewContext('gc') as Collect
  }
  // Asynchronous, because V8 moves objects together, which frees whole pages, only while no code runs.
  await collect({ type: 'major', execution: 'async' })
}

/**
 * Returns a function to be called between two pieces of work. It collects unused objects if they have grown by
 * `maxBytes` since the last collection; V8 itself waits for about ten times as much as a small daemon needs.
 */
export function collectAfter(maxBytes: number): () => Promise<void> {
  let used = usedBytes()
  return async () => {
    if (usedBytes() - used < maxBytes) return
    await collectGarbage()
    used = usedBytes()
  }
}

/** Returns the size of all objects, with the bytes outside of the heap that belong to them. */
function usedBytes(): number {
  const { used_heap_size: used, external_memory: outside } = getHeapStatistics()
  return used + outside
}
