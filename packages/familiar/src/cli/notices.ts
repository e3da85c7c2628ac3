import type { Connection } from '../define/connecting.js'
import type { Definition } from '../define/resolve.js'
import { note, type Io } from './io.js'

/**
 * Tells the user on stderr if the daemon has another version than this command, or replaced one. Otherwise prints
 * nothing.
 */
export function noticeVersions(
  connection: Connection,
  { words, version: own }: Pick<Definition, 'words' | 'version'>,
  io: Pick<Io, 'err' | 'program'>,
): void {
  const { relation, replaced, replacedVersion, version } = connection
  if (relation === 'newer') {
    say(`the ${words.title} is newer (${version}) than this command (${own}); it is used as it is`, io)
  } else if (relation === 'unordered') {
    say(
      `the ${words.title} is of another version (${version}) than this command (${own}); it is used as it is`,
      io,
    )
  } else if (replaced) {
    say(`replaced the ${words.title} of version ${replacedVersion ?? 'unknown'} by version ${version}`, io)
  }
}

function say(text: string, io: Pick<Io, 'err' | 'program'>): void {
  note(io, `${io.program}: ${text}`)
}
