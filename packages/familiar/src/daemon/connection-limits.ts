import { monotonicMs } from '../clock.js'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'

/** A connection is closed if it has not sent a complete request this long after it was opened. */
const REQUEST_MS = 10_000

/** The maximum number of connections that may wait for a complete request at once. If there are more, the oldest is closed. */
const MAX_WAITING_CONNECTIONS = 256

/**
 * The maximum number of extra requests on a connection after the one that is answered. They are ignored. If there are
 * more, the connection is closed.
 */
const MAX_FURTHER_REQUESTS = 8

/**
 * The event that is emitted on a socket when its request is complete, or when a handler begins to read the request at its
 * own pace.
 */
const COMPLETE = 'familiar:request'

/** Limits how long the connections of a server may wait, and decides which of their requests are answered. */
export interface Connections {
  /** Called when a client has connected. Starts the time limit for its request. */
  readonly open: (socket: Socket) => void
  /**
   * Returns whether a request that has just arrived may be answered: it is the first one of its connection, or the one
   * after a kept reply. All others are ignored, and a client that sends many of them is disconnected.
   */
  readonly admit: (socket: Socket) => boolean
  /** Returns whether `admit` would accept a further request on this connection. */
  readonly isFree: (socket: Socket) => boolean
  /**
   * Allows one further request after the reply that is about to be sent, with the same time limit as the first one. If
   * the client sends it before the reply, it is not answered, and the connection ends. Returns false, and does nothing,
   * if this connection was kept before.
   */
  readonly keep: (message: IncomingMessage, response: ServerResponse) => boolean
  /** Returns the number of kept connections that still wait for their further request. Each waits for at most `KEPT_MS`. */
  readonly kept: () => number
}

/** A client that has received a proof sends its request within this time, or does not send it at all. */
const KEPT_MS = 2_000

interface State {
  isFree: boolean
  wasKept: boolean
  /** The number of requests of this connection that were ignored. */
  further: number
}

export function createConnections(): Connections {
  const waiting = new Set<Socket>()
  const kept = new Map<Socket, number>()
  const states = new WeakMap<Socket, State>()
  const stateOf = (socket: Socket): State => {
    const state = states.get(socket) ?? { isFree: true, wasKept: false, further: 0 }
    states.set(socket, state)
    return state
  }
  return {
    open: (socket) => {
      socket.on('error', () => socket.destroy())
      expectRequest(socket, waiting)
    },
    admit: (socket) => {
      const state = stateOf(socket)
      if (!state.isFree) return ignore(socket, state)
      state.isFree = false
      kept.delete(socket)
      return true
    },
    kept: () => [...kept.values()].filter((since) => monotonicMs() - since < KEPT_MS).length,
    isFree: (socket) => stateOf(socket).isFree,
    keep: ({ socket }, response) => {
      const state = stateOf(socket)
      if (state.wasKept) return false
      state.wasKept = true
      kept.set(socket, monotonicMs())
      socket.once('close', () => kept.delete(socket))
      requestIsComplete(socket)
      expectRequest(socket, waiting)
      response.once('finish', () => {
        if (state.further > 0) socket.destroySoon()
        else state.isFree = true
      })
      return true
    },
  }
}

/**
 * Ends the time limit of a connection: its request is complete, or the client is allowed to take its time. Does nothing
 * the second time.
 */
export function requestIsComplete(socket: Socket): void {
  socket.emit(COMPLETE)
}

/**
 * Node starts every pipelined request at once, and keeps it, some KiB each, until the first one is answered. A few are
 * ignored, so that the first reply arrives. If a client sends many, its connection is closed.
 */
function ignore(socket: Socket, state: State): false {
  state.further += 1
  // The connection is closed on the next tick, so that a reply that is being written is still sent.
  if (state.further === MAX_FURTHER_REQUESTS + 1) process.nextTick(() => socket.destroy())
  return false
}

/** A single timer covers the whole request, so a client cannot gain time by sending slowly. */
function expectRequest(socket: Socket, waiting: Set<Socket>): void {
  waiting.add(socket)
  const [oldest] = waiting
  if (waiting.size > MAX_WAITING_CONNECTIONS) oldest?.destroy()
  const timer = setTimeout(() => socket.destroy(), REQUEST_MS)
  const isHere = (): void => {
    clearTimeout(timer)
    waiting.delete(socket)
    socket.off('close', isHere)
    socket.off(COMPLETE, isHere)
  }
  socket.once('close', isHere)
  socket.once(COMPLETE, isHere)
}
