import { join } from 'node:path'
import { objectOf, parseJson, readSmallFile, stringOf } from 'familiar/cli'

/** The `session` block of the doctor's document. */
export interface SessionView {
  readonly present: boolean
  readonly server_url: string | null
  readonly principal: string | null
  readonly team: string | null
  readonly auth_scope: string | null
}

/** Returns the session in the root, without its token; null if there is none that can be read. */
export function readSession(root: string): SessionView | null {
  const json = objectOf(parseJson(read(join(root, 'session.json'))))
  if (json === null) return null
  return {
    present: true,
    server_url: stringOf(json['server_url']),
    principal: stringOf(json['principal']),
    team: stringOf(json['team']),
    auth_scope: stringOf(json['auth_scope']),
  }
}

function read(path: string): string {
  const file = readSmallFile(path)
  return file.state === 'text' ? file.text : ''
}
