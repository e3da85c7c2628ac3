/**
 * The JSON that the dashboard's server sends to its page: `GET /api/now`, `/api/missions`, `/api/missions/:id`,
 * `/api/missions/:id/documents/:name`, `/api/charter`, `/api/search?q=`, `/api/daemons`, and the events of `/api/events`.
 * A file in `api/` describes each. Every reply names its project in the header `spec-kitty-project`, because the
 * dashboard of another project may have taken over the port. Types only, because the page and the server both import this
 * file.
 */

export type { BoardColumn, ErrorReply, Lane, Problem, ProjectHeader } from './api/common.js'
export type { CleanUp, DaemonEntry, DaemonsReply } from './api/daemons.js'
export type { CharterReply, DocumentReply, DocumentSummary } from './api/documents.js'
export type { ChangedEvent, GoneEvent, HelloEvent, StreamEvents, WatchEvent } from './api/stream-events.js'
export type {
  Flow,
  FlowDay,
  LaneChange,
  MissionReply,
  OpenDecision,
  PackageFlow,
  WorkPackage,
} from './api/mission.js'
export type { MissionSection, MissionState, MissionSummary, MissionsReply } from './api/missions.js'
export type { NowPackage, NowReply, ReadyPackage, WaitingPackage } from './api/now.js'
export type { AgentProcess } from './api/processes.js'
export type { SearchReply, SearchResult } from './api/search.js'
