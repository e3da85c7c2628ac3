import type { Connection } from 'familiar'
import { VERSION } from '../version.js'
import { note, type Io } from '../cli/io.js'

/**
 * Tells the user on stderr if the daemon has another version than this command, or replaced one. Otherwise prints
 * nothing.
 */
export function noticeVersions(connection: Connection, name: string, io: Pick<Io, 'err'>): void {
  if (connection.outcome === 'skipped') return
  const { replaced, report, isNewer, isUnordered } = connection
  const version = report.packageVersion ?? 'unknown'
  if (isNewer) {
    say(`the ${name} is newer (${version}) than this command (${VERSION}); it is used as it is`, io)
  } else if (isUnordered) {
    say(
      `the ${name} is of another version (${version}) than this command (${VERSION}); it is used as it is`,
      io,
    )
  } else if (replaced !== null) {
    say(`replaced the ${name} of version ${replaced.packageVersion ?? 'unknown'} by version ${version}`, io)
  }
}

function say(text: string, io: Pick<Io, 'err'>): void {
  note(io, `spec-kitty: ${text}`)
}
