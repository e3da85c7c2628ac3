import { join } from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import { objectOf, parseJson, readSmallFile, stringOf, writePrivateFile } from 'familiar/cli'
import { sessionMark } from './gate-session.js'
import type { KnownReport } from './work-report.js'
import type { ExperiencedWork, LastWork } from './upload/upload-types.js'

function pathOf(root: string): string {
  return join(root, 'daemons', 'sync', 'last-work.json')
}

/** Reads the stored knowledge of the last daemon. Missing or unreadable values are null. */
export function readLastWork(root: string): LastWork {
  const file = readSmallFile(pathOf(root))
  const json = file.state === 'text' ? objectOf(parseJson(file.text)) : null
  const lastSync = stringOf(json?.['last_sync'])
  return {
    lastSync: Number.isNaN(Date.parse(lastSync ?? '')) ? null : lastSync,
    refused: stringOf(json?.['refused']),
    isRefusedAgain: json?.['refused_again'] === true,
  }
}

/**
 * Returns which file hides when events were last sent: the knowledge of the last daemon, or its record. Null if neither is
 * there, or if they can be read. `hasRecord`: whether the record was read.
 */
export function unreadWork(root: string, hasRecord: boolean): string | null {
  const file = readSmallFile(pathOf(root))
  const time = file.state === 'text' ? objectOf(parseJson(file.text))?.['last_sync'] : undefined
  const isKnown = time === null || !Number.isNaN(Date.parse(stringOf(time) ?? ''))
  if (file.state !== 'absent' && !isKnown) return pathOf(root)
  const record = join(root, 'daemons', 'sync', 'record.json')
  return !hasRecord && readSmallFile(record).state !== 'absent' ? record : null
}

/**
 * Returns a function that stores the knowledge of a daemon after a pass, if it has changed. Never throws: on a full disk
 * it stores nothing.
 */
export function rememberWork(root: string): (known: ExperiencedWork) => void {
  let stored = readLastWork(root)
  // The session that the server refused before it has answered this daemon.
  let before = stored.refused
  return (known) => {
    if (known.hasAnswered && known.refused === null) before = null
    // The stored state of the session is kept until the server has answered this daemon.
    const refused = known.refused ?? (known.hasAnswered ? null : stored.refused)
    const next = {
      lastSync: known.lastSync ?? stored.lastSync,
      refused,
      isRefusedAgain: known.refused === null ? refused !== null && stored.isRefusedAgain : refused === before,
    }
    if (isDeepStrictEqual(next, stored)) return
    stored = next
    try {
      const { lastSync: last_sync, isRefusedAgain: refused_again } = next
      const json = { last_sync, refused, refused_again }
      writePrivateFile(pathOf(root), `${JSON.stringify(json)}\n`)
    } catch {}
  }
}

/** Returns whether the server rejected the present session again after another daemon was started, so that a restart is no remedy. */
export function isRefusedAgain(root: string): boolean {
  const { refused, isRefusedAgain: isAgain } = readLastWork(root)
  return isAgain && refused === sessionMark(root)
}

/** Returns whether the server rejected the present session when a daemon last used it. */
export function isSessionRefused(root: string, { refused, lastAnswer }: KnownReport): boolean {
  if (refused || lastAnswer !== null) return refused
  const mark = sessionMark(root)
  return mark !== '' && readLastWork(root).refused === mark
}
