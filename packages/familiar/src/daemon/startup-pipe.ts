import { fstatSync } from 'node:fs'
import { Socket } from 'node:net'
import { jsonLines, type Lines } from '../protocol/json-lines.js'
import { STARTUP_PIPE_FD } from '../protocol/startup-pipe.js'

/**
 * Returns the start pipe, null when this process was started without one (by hand, by a service manager): then it counts as
 * adopted. Pass false where systemd hands sockets over: they begin at the same file descriptor and are not a start pipe.
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
