export { defineDaemon } from './define/daemon.js'
export type {
  Abort,
  CleanUpOptions,
  CliOptions,
  CommandOptions,
  Commands,
  Daemon,
  ScanOptions,
  StatusOptions,
  StopOutdatedOptions,
} from './define/daemon.js'
export type { Connection, ConnectOptions, Skipped } from './define/connecting.js'
export type { CommandLine, DaemonOptions, Predecessor, PredecessorReport, Words } from './define/options.js'
export type { ServeSettings } from './define/serving.js'
export type { Handler, HandlerContext } from './daemon/web-handler.js'
export type { Work } from './daemon/lifecycle.js'
export type { Log } from './daemon/log.js'
export type { PageReply, PageRequest, Pages } from './daemon/pages.js'
export type { FetchInit } from './client/fetch-init.js'
export type { Reply, ReplyHeaders } from './client/reply.js'
export { FamiliarError, type ErrorCode } from './errors.js'
export type { StartReason } from './client/spawn.js'
export type { Replaced } from './client/replace.js'
export type { StaleResult } from './client/stop-outdated.js'
export type { StopResult } from './client/stop.js'
export type { DaemonState, DaemonStatus } from './classify/state-without.js'
export type { CleanUpEntry, CleanUpReport } from './act/clean-up.js'
export type { CleanupPath, FailureReason } from './act/terminate.js'
export type { ReasonNames } from './classify/classify.js'
export type { Rule } from './classify/rules.js'
export type { ScopeFiles } from './family.js'
export type { PortRange } from './identity/machine.js'
export type { Implementation, SpawnShape } from './identity/spawn-shape.js'
export type { VersionRelation } from './identity/versions.js'
export type { JsonObject } from './json.js'
export { PROJECT_SCOPE_RULES, USER_SCOPE_RULES } from './classify/tables.js'
export type { DaemonRecord, PredecessorRecord } from './protocol/record.js'
export type { SelfReport } from './protocol/self-report.js'
export type { Candidate, Scan } from './observe/scan.js'
