import { Socket } from 'node:net'
import { countOf, objectOf, parseJson, type JsonObject } from '../json.js'
import { fstatSync } from 'node:fs'

/** The daemon's file descriptor of the startup pipe: a socket pair, one JSON document per line, both ways. */
export const STARTUP_PIPE_FD = 3

/** A daemon that is not adopted within this time exits. */
export const STARTUP_PIPE_MS = 10_000

/** The times of a daemon's life, in milliseconds. Tests lower them through the startup pipe; nothing else can. */
export interface Timing {
  /** How often a daemon checks its own situation. */
  readonly tickMs: number
  /** After being idle this long, it leaves; 0: never. */
  readonly idleMs: number
  /** How long a leaving daemon waits for work in flight. Announced in its reply to the request to leave. */
  readonly drainMs: number
  /** The least time between two clean-ups of stale siblings. */
  readonly cleanEveryMs: number
  /** The least time between two overwrites of a record that names another daemon; a minute by default. */
  readonly overwriteEveryMs?: number
}

/** The names of the times in the startup pipe. */
const TIMING: readonly (readonly [keyof Timing, string])[] = [
  ['tickMs', 'tick_ms'],
  ['idleMs', 'idle_ms'],
  ['drainMs', 'drain_ms'],
  ['cleanEveryMs', 'clean_every_ms'],
  ['overwriteEveryMs', 'overwrite_every_ms'],
]

/** Returns the times as they are sent. */
export function timingToJson(timing: Partial<Timing> = {}): JsonObject {
  return Object.fromEntries(TIMING.map(([name, key]) => [key, timing[name]]))
}

/** Returns the times that were sent; what is missing or no number of milliseconds is left out. */
export function timingFromJson(json: JsonObject | null): Partial<Timing> {
  const given = TIMING.map(([name, key]) => [name, countOf(json?.[key])] as const)
  return Object.fromEntries(given.filter(([, value]) => value !== null))
}

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

/**
 * Returns the startup pipe, null when this process was started without one (by hand, by a service manager): then it counts as
 * adopted. Pass false where systemd hands sockets over: they begin at the same file descriptor and are not a startup pipe.
 */
export function openStartupPipe(mayHavePipe: boolean): Lines | null {
  if (!mayHavePipe || !isSocket(STARTUP_PIPE_FD)) return null
  return jsonLines(new Socket({ fd: STARTUP_PIPE_FD, readable: true, writable: true }))
}

function isSocket(descriptor: number): boolean {
  try {
    return fstatSync(descriptor).isSocket()
  } catch {
    return false
  }
}
