import { Worker } from 'node:worker_threads'

/**
 * A witness of how busy the machine is: a thread that repeatedly sleeps for ten milliseconds, and records when it slept
 * much longer. The failure of a command is forgiven as caused by a busy machine only if this witness saw one.
 */
export interface Lateness {
  /** Returns how often the thread has slept too long so far. */
  count(): number
  /** Returns whether the thread slept too long at some moment between the two times. */
  isSeen(from: number, to: number): boolean
  /** Ends the thread. Await this before `isSeen`, so that everything that the thread saw has arrived. */
  end(): Promise<void>
}

/**
 * The delay from which the machine counts as busy. A scan waits half a second for an answer, so whatever delays this
 * thread for a fifth of that may delay a daemon for all of it.
 */
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
  // The thread must not keep a process running that does not call `end`.
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
