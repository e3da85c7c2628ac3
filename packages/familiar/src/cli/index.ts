/**
 * The commands for a daemon, for a tool that has its own command line and wording. A tool without its own command line
 * calls `Daemon.cli` instead.
 */
export { cleanUpAll, type CleanUpAllOptions, type CleanUpQuestion } from './clean-up-all.js'
export { startProgress } from './progress.js'
export { clockText, describeAge, describeWait, untilText } from '../clock.js'
export { columnsOf, wrapWords } from './text-width.js'
export { assertPortFree } from './assert-port-free.js'
export { connectDaemon } from './connect-daemon.js'
export { EXIT } from './exit-codes.js'
export { explainIds, loadExplanations, type ExplainedIds } from './explain-ids.js'
export { reportFailure } from './failure.js'
export { note, printLines, readingTerminal, warn, type Io } from './io.js'
export { printJson, SCHEMA_VERSION } from './print-json.js'
export { connectionJson } from './print-connection.js'
export { printable } from './printable.js'
export { runOnProcess, type ProcessSettings } from './process-io.js'
export { runCommand, type RunOptions } from './run.js'
export { isOn } from '../define/daemon-environment.js'
export { lookCommandOf } from '../define/hints.js'
export { homeDirectory } from '../define/home-directory.js'
export { shellQuote, splitComment, withoutQuoted } from '../define/shell-quote.js'
export { describeCandidate } from './describe-candidate.js'
export { daemonCommands, type DaemonWords } from './daemon-commands.js'
export {
  COMMON_ENVIRONMENT,
  COMMON_OPTIONS,
  EXIT_TEXTS,
  JSON_OPTION,
  type CommandSpec,
  type Example,
  type ExitCode,
  type Form,
  type Grammar,
  type Operands,
  type OptionSpec,
  type OptionSpecs,
  type OptionValue,
  type ParseContext,
  type Parsed,
  type Values,
} from './grammar.js'
export {
  blocks,
  commandHelp,
  examplesBlock,
  exitEntries,
  optionEntries,
  section,
  sections,
  usageLines,
  wrap,
  type Entry,
  type HelpContext,
  type Terminal,
} from './help.js'
export { didYouMean, nearest, nearestCommands } from './nearest.js'
export { parseCommand, parseOptions } from './parse.js'
export { asksForJson, isFlag } from './arguments.js'
export { CommandError, UnexpectedWordError, UsageError } from './command-errors.js'
export { isPartMissing } from '../part-missing.js'
export { readOptions, readPort } from './read-options.js'
export { isProcessGone, ownProcessName, startTimesOf } from './processes.js'
export { createFile, makeDirectory } from '../act/safe-file.js'
export { writePrivateFile } from '../act/write-private-file.js'
export { closedDirectory, linkToNowhere, MOUNT_TARGET, writeHint } from '../act/write-hint.js'
export { withLock } from '../act/acquire-lock.js'
export { assertFaithful } from '../act/assert-scope-there.js'
export { assertOwnScope } from '../act/assert-own-scope.js'
export { formatTable, layTable } from './format-table.js'
export { formatLines } from './format-lines.js'
export { paint } from './io.js'
export type { StatusExtension, StatusView } from './commands/status.js'
export type { Reason } from '../classify/class-and-reason.js'
export type { Texts } from '../doctor/explain/explanation.js'
export type { ErrorText, ErrorTexts } from '../doctor/explain/errors.js'
export type { DoctorAddition, DoctorExtension, Line } from '../doctor/document.js'
export { needsDecision, type DoctorRecord } from '../doctor/choose-remedy.js'
export { statusHead, type StatusHead } from '../doctor/status-head.js'
export { remediationOf, type Obstacle, type Remediation, type Remedy } from '../doctor/remedy.js'
export { countOf, decimalOf, objectOf, parseJson, pidOf, portOf, stringOf } from '../json.js'
export { hintAfter, lackOf, throwLack } from '../errors.js'
export { assertDescriptors } from '../observe/platform/assert-descriptors.js'
export { userName } from '../observe/user-name.js'
export { realPath } from '../observe/peek.js'
export { realScope } from '../observe/real-scope.js'
export { readSmallFile, type PeekedFile, type SmallFile } from '../observe/small-file.js'
