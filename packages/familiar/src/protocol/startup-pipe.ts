import { Socket } from 'node:net'
import { objectOf, parseJson, type JsonObject } from '../json.js'
import { fstatSync } from 'node:fs'

/** The daemon's file descriptor of the startup pipe: a socket pair, one JSON document per line, both ways. */
export const STARTUP_PIPE_FD = 3

/** A daemon that is not adopted within this time exits. */
export const STARTUP_PIPE_MS = 10_000

/** The longest unfinished line that is kept. A starter may name some ten thousand descriptors in one line. */
const MAX_LINE_CHARS = 1024 * 1024

/** A two-way stream of JSON documents, one per line. */
export interface Lines {
  /** Returns the next document; null if the stream ended, the line is not a JSON object, or the time is over. */
  receive(timeoutMs: number): Promise<JsonObject | null>
  /** Sends a document. A missing reader is not an error. */
  send(message: JsonObject): void
  /** Sends all pending data and ends the stream. */
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
  // A character of several bytes may be split between two pieces.
  socket.setEncoding('utf8')
  socket.on('data', (piece: string) => {
    const parts = (pending + piece).slice(0, MAX_LINE_CHARS).split('\n')
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

/**
 * Returns the startup pipe; null if this process was started without one (by hand, by a service manager), in which case
 * it counts as adopted. Pass false if systemd passes sockets: they begin at the same file descriptor and are not a
 * startup pipe. Throws if the system does not tell: a starter would wait for a daemon that does not know of it.
 */
export function openStartupPipe(mayHavePipe: boolean): Lines | null {
  if (!mayHavePipe || !isSocket(STARTUP_PIPE_FD)) return null
  return jsonLines(new Socket({ fd: STARTUP_PIPE_FD, readable: true, writable: true }))
}

function isSocket(descriptor: number): boolean {
  try {
    return fstatSync(descriptor).isSocket()
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EBADF') return false
    throw error
  }
}
