/**
 * For a tool with a command line of its own: its commands about a daemon run this code, in its own words. A tool without
 * one calls `Daemon.cli`.
 */
export { cleanUpAll } from './clean-up-all.js'
export { connectDaemon } from './connect.js'
export { EXIT } from './exit-codes.js'
export { reportFailure } from './failure.js'
export { note, type Io } from './io.js'
export { printJson } from './json.js'
export { connectionJson } from './print-connection.js'
export { printable } from './printable.js'
export { runOnProcess } from './process-io.js'
export { runCommand } from './run.js'
export { homeDirectory } from '../define/home.js'
export { shellQuote } from '../define/shell-quote.js'
export { describeCandidate } from './tool.js'
export { readOptions, readPort, UsageError } from './usage.js'
export type { StatusExtension } from './status.js'
export type { DoctorExtension } from '../doctor/document.js'
export { countOf, decimalOf, objectOf, parseJson, pidOf, portOf, stringOf } from '../json.js'
export { readSmallFile, realPath } from '../observe/peek.js'
