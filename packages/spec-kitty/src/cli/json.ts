import type { Io } from './io.js'

export const SCHEMA_VERSION = 1

/** Prints one JSON document. */
export function printJson(document: object, io: Pick<Io, 'out'>): void {
  io.out(`${JSON.stringify({ schema_version: SCHEMA_VERSION, ...document }, null, 2)}\n`)
}
