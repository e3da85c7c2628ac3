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
export { FamiliarError, type ErrorCode } from './errors.js'
export type { StaleResult } from './client/stop-outdated.js'
export type { StopResult } from './client/stop.js'
export type { DaemonState, DaemonStatus } from './classify/state-without.js'
export type { CleanUpReport } from './act/clean-up.js'
export type { JsonObject } from './json.js'
export { PROJECT_SCOPE_RULES, USER_SCOPE_RULES } from './classify/tables.js'
export type { PredecessorRecord } from './protocol/record.js'
export type { Candidate, Scan } from './observe/scan.js'
