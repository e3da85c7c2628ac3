import type { Socket } from 'node:net'
import { objectOf, parseJson, type JsonObject } from '../json.js'

/** The longest unfinished line that is kept. A starter may name some ten thousand descriptors in one line. */
const MAX_LINE_CHARS = 1024 * 1024

/** A two-way stream of JSON documents, one per line. */
export interface Lines {
  /** The next document; null if the stream ended, the line is not a JSON object, or the time is over. */
  receive(timeoutMs: number): Promise<JsonObject | null>
  /** Sends a document. It is not an error if the reader is gone. */
  send(message: JsonObject): void
  /** Sends what is pending and ends the stream. */
  close(): void
}

/** Reads and writes JSON lines on a socket. Nothing that arrives between two calls of `receive` is lost. */
export function jsonLines(socket: Socket): Lines {
  const received: string[] = []
  let pending = ''
  let isOver = false
  let wake: (() => void) | null = null
  const over = (): void => {
    isOver = true
    wake?.()
  }
  socket.on('data', (chunk: Buffer) => {
    const parts = (pending + chunk.toString('utf8')).slice(0, MAX_LINE_CHARS).split('\n')
    pending = parts.pop() ?? ''
    received.push(...parts)
    wake?.()
  })
  socket.on('end', over)
  socket.on('close', over)
  socket.on('error', () => socket.destroy())
  return {
    receive: async (timeoutMs) => {
      if (received.length === 0 && !isOver) {
        await new Promise<void>((resolve) => {
          const timer = setTimeout(resolve, timeoutMs)
          wake = () => {
            if (received.length === 0 && !isOver) return
            clearTimeout(timer)
            resolve()
          }
        })
        wake = null
      }
      const line = received.shift()
      return line === undefined ? null : objectOf(parseJson(line))
    },
    send: (message) => {
      if (socket.writable) socket.write(`${JSON.stringify(message)}\n`)
    },
    close: () => void socket.end(() => socket.destroy()),
  }
}
