import { lstatSync } from 'node:fs'
import { moveAwayCommand } from '../cli/cure-file.js'
import { OVER, readSession } from './session/session-state.js'
import { isDirectory, sessionPath } from './session/read-session-file.js'
import type { GateSession } from './upload/gate.js'

/** Returns what the gate must know about the session of a root. A session that is over counts as missing. */
export function gateSession(root: string): GateSession {
  const read = readSession(root)
  if (read.state === 'absent') return read
  if (read.state === 'unreadable') return { state: 'unreadable', why: `${read.path}: ${read.why}` }
  const { over, server_url } = read.session
  return over === null ? { state: 'present', serverUrl: server_url } : { state: 'absent', why: OVER[over] }
}

/**
 * Returns the command that moves away what is at the place of the session, because a sign-in cannot replace a directory;
 * null if a sign-in can store a session there.
 */
export function sessionCure(root: string): string | null {
  const read = readSession(root)
  return read.state === 'unreadable' && isDirectory(read.path) ? moveAwayCommand(read.path) : null
}

/** Returns the server of the session, even if the session is over; null if there is no session or it cannot be read. */
export function sessionServer(root: string): string | null {
  const read = readSession(root)
  return read.state === 'readable' ? read.session.server_url : null
}

/** Returns whether the user gave the token of the session. */
export function isSessionGiven(root: string): boolean {
  const read = readSession(root)
  return read.state === 'readable' && read.session.kind === 'token'
}

/** Returns a text that changes whenever the session's file does; empty if there is no file. */
export function sessionMark(root: string): string {
  try {
    const { ino, mtimeNs, size } = lstatSync(sessionPath(root), { bigint: true })
    return [ino, mtimeNs, size].join(' ')
  } catch {
    return ''
  }
}
