import type { Io } from './io.js'
import { HIDDEN_CONTROLS } from '../define/hidden-controls.js'

/** The schema version of every JSON document, including those about failures. */
export const SCHEMA_VERSION = 3

/** Control characters that `JSON.stringify` leaves as they are: it escapes only C0 controls. */
const HIDDEN = new RegExp(`[${HIDDEN_CONTROLS}]`, 'g')

export function printJson(document: object, io: Pick<Io, 'out'>): void {
  io.out(formatJson({ schema_version: SCHEMA_VERSION, ...document }))
}

/** Returns a JSON document that is safe to show on a terminal: every control character is escaped. */
export function formatJson(document: object): string {
  return `${escapeControls(JSON.stringify(document, null, 2))}\n`
}

/** Like `formatJson`, but on one line. */
export function formatJsonLine(document: object): string {
  return `${escapeControls(JSON.stringify(document))}\n`
}

/** Escapes the characters that `JSON.stringify` does not escape and a terminal may act on. */
export function escapeControls(json: string): string {
  return json.replaceAll(HIDDEN, (one) => `\\u${one.charCodeAt(0).toString(16).padStart(4, '0')}`)
}
