import { lstatSync } from 'node:fs'
import { cureCommand, moveAwayCommand } from '../cli/cure-file.js'
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

/** A command that must be run before a sign-in, or instead of one. */
export interface SessionCure {
  readonly command: string
  /** Whether the session can be used after that, so that no sign-in is needed. */
  readonly isEnough: boolean
}

/**
 * Returns the command that lets a session be read that is closed to its owner, or moves away a directory in its place, which a
 * sign-in cannot replace; null if a sign-in is the remedy.
 */
export function sessionCure(root: string): SessionCure | null {
  const read = readSession(root)
  if (read.state !== 'unreadable') return null
  if (isDirectory(read.path)) return { command: moveAwayCommand(read.path), isEnough: false }
  const opening = read.why === 'EACCES' ? cureCommand(read.path, read.why) : null
  return opening === null ? null : { command: opening, isEnough: true }
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
