/**
 * For a tool with a command line of its own: its commands about a daemon run this code, in its own words. A tool without
 * one calls `Daemon.cli`.
 */
export { cleanUpAll, type CleanUpAllOptions } from './clean-up-all.js'
export { connectDaemon } from './connect.js'
export { EXIT } from './exit-codes.js'
export { reportFailure } from './failure.js'
export { note, type Io } from './io.js'
export { printJson } from './json.js'
export { connectionJson } from './print-connection.js'
export { printable } from './printable.js'
export { runOnProcess, type ProcessSettings } from './process-io.js'
export { runCommand, type RunOptions } from './run.js'
export { homeDirectory } from '../define/home.js'
export { shellQuote } from '../define/shell-quote.js'
export { describeCandidate } from './tool.js'
export { readOptions, readPort, UsageError } from './usage.js'
export type { StatusExtension, StatusView } from './status.js'
export type { DoctorAddition, DoctorExtension, Line } from '../doctor/document.js'
export type { DoctorRecord } from '../doctor/remedies.js'
export { countOf, decimalOf, objectOf, parseJson, pidOf, portOf, stringOf } from '../json.js'
export { readSmallFile, realPath, type PeekedFile, type SmallFile } from '../observe/peek.js'
