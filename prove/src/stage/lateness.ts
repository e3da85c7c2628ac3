import { Worker } from 'node:worker_threads'

/**
 * A witness of how busy the machine is: a thread that sleeps ten milliseconds again and again, and says when it slept much
 * longer. What a command may be forgiven because of a busy machine, it is forgiven only where this witness saw one.
 */
export interface Lateness {
  /** How often it was so far. */
  count(): number
  /** Whether the thread was kept waiting for so long at some moment of this time. */
  isSeen(from: number, to: number): boolean
  /** To be awaited before it is asked, so that all has arrived that it saw. */
  end(): Promise<void>
}

/** A look waits half a second for an answer: what keeps this thread waiting for a fifth of that may keep a daemon for all of it. */
const LATE_MS = 100

const THREAD = `
const { parentPort, workerData } = require('node:worker_threads')
const cell = new Int32Array(workerData.shared)
const now = () => performance.timeOrigin + performance.now()
while (Atomics.load(cell, 0) === 0) {
  const began = now()
  Atomics.wait(cell, 0, 0, 10)
  const ended = now()
  if (ended - began > ${LATE_MS}) parentPort.postMessage([began, ended])
}
parentPort.postMessage(null)`

export function watchLateness(): Lateness {
  const shared = new SharedArrayBuffer(4)
  const cell = new Int32Array(shared)
  const worker = new Worker(THREAD, { eval: true, workerData: { shared } })
  const stalls: (readonly [number, number])[] = []
  const over = new Promise<void>((resolve) => {
    worker.on('message', (stall: readonly [number, number] | null) => {
      if (stall === null) resolve()
      else stalls.push(stall)
    })
    worker.on('error', () => resolve())
  })
  // Whoever ends without it must not wait for it.
  worker.unref()
  return {
    count: () => stalls.length,
    isSeen: (from, to) => stalls.some(([began, ended]) => began <= to && ended >= from),
    end: async () => {
      Atomics.store(cell, 0, 1)
      Atomics.notify(cell, 0)
      await over
    },
  }
}
