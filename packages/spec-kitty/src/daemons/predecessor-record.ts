import type { JsonObject, PredecessorRecord } from 'familiar'
import { decimalOf, pidOf, portOf } from 'familiar/cli'

/** Returns the request that asks a daemon of the Python spec-kitty, 3.0 to 3.2, to exit. */
export function shutdownRequest(token: string): { readonly path: string; readonly body: JsonObject } {
  return { path: '/api/shutdown', body: { token } }
}

/**
 * Parses a record of the predecessor's sync daemon or dashboard: url, port, token and pid, one per line. The oldest
 * records have no pid.
 */
export function parseRecord(text: string): PredecessorRecord | null {
  const lines = text.replace(/\r?\n$/, '').split(/\r?\n/)
  if (lines.length !== 3 && lines.length !== 4) return null
  const [url = '', portText, token = '', pidText] = lines
  const port = portOf(decimalOf(portText))
  const pid = pidOf(decimalOf(pidText))
  const urlPort = /^https?:\/\/[^/\s]+:(\d+)\/?$/.exec(url)?.[1]
  if (port === null || decimalOf(urlPort) !== port || !/^\S+$/.test(token)) return null
  return lines.length === 4 && pid === null ? null : { pid, port, token }
}
