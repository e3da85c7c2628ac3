import type { Connection } from 'familiar'
import { VERSION } from '../version.js'
import { note, type Io } from '../cli/io.js'

/**
 * Tells the user on stderr if the daemon has another version than this command, or replaced one. Otherwise prints
 * nothing.
 */
export function noticeVersions(connection: Connection, name: string, io: Pick<Io, 'err'>): void {
  const { relation, replaced, replacedVersion, version } = connection
  if (relation === 'newer') {
    say(`the ${name} is newer (${version}) than this command (${VERSION}); it is used as it is`, io)
  } else if (relation === 'unordered') {
    say(
      `the ${name} is of another version (${version}) than this command (${VERSION}); it is used as it is`,
      io,
    )
  } else if (replaced) {
    say(`replaced the ${name} of version ${replacedVersion ?? 'unknown'} by version ${version}`, io)
  }
}

function say(text: string, io: Pick<Io, 'err'>): void {
  note(io, `spec-kitty: ${text}`)
}
