import { countOf, objectOf, stringOf, type JsonObject, type SelfReportDetails } from 'familiar'

/** The file that every daemon of ours is started with. Frozen: later versions recognise earlier daemons by it. */
export const OWN_ENTRY = /(?:.*[\\/])?spec-kitty-daemon\.js/

/** The predecessor gives a new daemon 20 s to answer and then writes its record. */
export const STARTING_SECONDS = 30

export const NO_DETAILS: SelfReportDetails = {
  executablePath: null,
  sourceCheckoutPath: null,
  serverUrl: null,
  authScope: null,
  queueDbPath: null,
  lastSync: null,
  consecutiveFailures: null,
}

/** Returns what a health reply tells for reading only: its `owner` and `sync` blocks. */
export function ownerDetails(owner: JsonObject | null, reply: JsonObject): SelfReportDetails {
  const sync = objectOf(reply['sync'])
  return {
    executablePath: stringOf(owner?.['executable_path']),
    sourceCheckoutPath: stringOf(owner?.['source_checkout_path']),
    serverUrl: stringOf(owner?.['server_url']),
    authScope: stringOf(owner?.['auth_scope']),
    queueDbPath: stringOf(owner?.['queue_db_path']),
    lastSync: stringOf(sync?.['last_sync']),
    consecutiveFailures: countOf(sync?.['consecutive_failures']),
  }
}

/**
 * Returns the text of a Python string literal, null when it has an escape that is not read here: a path that cannot
 * be read exactly is no path.
 */
export function unquotePython(literal: string): string | null {
  const body = literal.slice(1, -1)
  if (/\\[^\\'"]/.test(body.replaceAll('\\\\', ''))) return null
  return body.replaceAll(/\\([\\'"])/g, '$1')
}
