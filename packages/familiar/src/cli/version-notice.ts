import type { Connection } from '../define/connect-method.js'
import type { Definition } from '../define/resolve-definition.js'
import { note, type Io } from './io.js'

/**
 * Tells the user on stderr if the daemon has another version than this command, or if it replaced a daemon. Otherwise
 * prints nothing.
 */
export function noticeVersions(
  connection: Connection,
  { words, version: own }: Pick<Definition, 'words' | 'version'>,
  io: Pick<Io, 'err' | 'program'>,
): void {
  const { relation, replaced, replacedVersion, version } = connection
  if (relation === 'newer' || relation === 'unordered') {
    const how = relation === 'newer' ? 'newer than' : 'not the same as'
    say(`the ${words.title} is used as it is: daemon version ${version} is ${how} CLI version ${own}`, io)
  } else if (replaced) say(replacedText(words.title, replacedVersion, version), io)
}

/** Returns the text about the replaced daemon. Both versions are equal if it was replaced because its installation is gone. */
function replacedText(title: string, from: string | null, to: string): string {
  if (from === to) return `replaced the ${title} ${to}: its installation was gone`
  return `upgraded the ${title}${from === null ? '' : ` from ${from}`} to ${to}`
}

function say(text: string, io: Pick<Io, 'err' | 'program'>): void {
  note(io, `${io.program}: ${text}`)
}
