export { defineDaemon } from './define/daemon.js'
export type {
  CleanUpOptions,
  CommandOptions,
  Daemon,
  ScanOptions,
  StatusOptions,
  StopOutdatedOptions,
} from './define/daemon.js'
export type { Connection, ConnectOptions, Skipped } from './define/connecting.js'
export type { CommandLine, DaemonOptions, Predecessor, PredecessorReport, Words } from './define/options.js'
export type { ServeSettings } from './define/serving.js'
export type { Handler, HandlerContext } from './daemon/web-handler.js'
export type { PageReply, Pages } from './daemon/pages.js'
export type { FetchInit } from './client/fetch-init.js'
export type { Reply } from './client/reply.js'
export { asLack, FamiliarError, type ErrorCode } from './errors.js'
export type { StaleResult } from './client/stop-outdated.js'
export type { StopResult } from './client/stop.js'
export type { DaemonState, DaemonStatus } from './classify/state-without.js'
export { recordOf, scopeDaemon } from './observe/scope-daemon.js'
export type { CleanUpEntry, CleanUpReport } from './act/clean-up.js'
export type { CleanupPath, FailureReason } from './act/terminate.js'
export { inUseBy, staleEvidence, type StaleEvidence } from './classify/evidence.js'
export { versionRelation, type Self, type VersionRelation } from './identity/versions.js'
export type { Facts } from './classify/facts.js'
export { missingProofs } from './classify/replaceable.js'
export type { CleanupClass } from './classify/rules.js'
export { PROJECT_SCOPE_RULES, USER_SCOPE_RULES } from './classify/tables.js'
export { countOf, decimalOf, objectOf, parseJson, pidOf, portOf, stringOf, type JsonObject } from './json.js'
export { processKey } from './identity/proof.js'
export type { PredecessorRecord } from './protocol/record.js'
export type { Candidate, Scan } from './observe/scan.js'
export { readSmallFile, realPath } from './observe/peek.js'
export { isSpared } from './observe/spared.js'
