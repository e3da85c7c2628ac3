import { inUseBy, staleEvidence, type StaleEvidence } from '../classify/stale-evidence.js'
import { scopeOf } from '../classify/derive-facts.js'
import type { Facts } from '../classify/facts.js'
import type { CleanupClass } from '../classify/class-and-reason.js'
import { unproven, type Unproven } from '../classify/unproven.js'
import type { Words } from '../define/options.js'
import type { Self } from '../identity/versions.js'
import type { JsonObject } from '../json.js'
import type { Candidate, Scan } from '../observe/scan.js'
import { recordOf } from '../observe/scope-daemon.js'
import type { Obstacle } from './remedy.js'

/** What a command knows besides the scan, on which it depends whether a process can be ended now. */
export interface Circumstances {
  /** What keeps every command from changing anything in this scope; null if nothing does. */
  readonly obstacle: Obstacle | null
  /** Another process that is starting, ending or cleaning up daemons of this scope; null if none is known to. */
  readonly busy: number | null
}

/** The tool whose daemons are described. */
export interface Tool {
  readonly words: Words
  readonly self: Self
  /** If omitted, nothing is known to be in the way. */
  readonly now?: Circumstances
  /** Returns the name of a user; if omitted, users are named by their numbers. */
  readonly userName?: (uid: string) => string
  /**
   * Returns the tool's own members of a record. `details` are the tool's own members of the daemon's health reply; null
   * if there was no reply.
   */
  readonly record?: (details: JsonObject | null) => object
}

/**
 * One candidate of a scan, as the commands print it in JSON. The name and the meaning of a field must never change,
 * because scripts read them.
 */
export interface IdentityRecord {
  readonly scanned_family: string
  readonly daemon_family: string | null
  readonly pid: number | null
  /** Null for a process that holds the daemon lock but does not listen. */
  readonly port: number | null
  readonly protocol_version: number | null
  readonly package_version: string | null
  readonly singleton_scope_id: string | null
  readonly daemon_root: string | null
  readonly owner_present: boolean
  readonly identity_source: 'health_self_report' | 'cmdline_marker' | 'owner_record' | 'none'
  readonly executable_summary: string | null
  readonly spawn_shape_ok: boolean | null
  readonly self_report_matches_listener: boolean | null
  readonly is_recorded_singleton: boolean | null
  readonly started_at: string | null
  readonly uptime_seconds: number | null
  readonly memory_bytes: number | null
  readonly stale_evidence: readonly StaleEvidence[]
  readonly in_use_by: string | null
  /** Whether nothing is at the scope that the command line names; null if that is unknown, or it names none. */
  readonly scope_missing: boolean | null
  readonly cleanup_class: CleanupClass
  readonly skip_reason: string | null
  /** If the reason is `ambiguous`: what is not proven about it. Otherwise empty. */
  readonly unproven: readonly Unproven[]
  readonly rule: string
}

/** Returns the identity record of a candidate. Pure. */
export function identityRecord(
  candidate: Candidate,
  seen: Scan,
  { self, record }: Pick<Tool, 'self' | 'record'>,
): IdentityRecord {
  const { observation, facts, verdict } = candidate
  const { report, shape, process } = observation
  const age = process?.ageSeconds ?? null
  return {
    scanned_family: seen.family.name,
    daemon_family: shape !== null ? seen.family.name : observation.otherFamily,
    pid: observation.pid,
    port: observation.port,
    protocol_version: report?.protocolVersion ?? null,
    package_version: versionOf(candidate, seen),
    singleton_scope_id: report?.scope ?? null,
    daemon_root: shape?.marker ?? null,
    ...record?.(report?.details ?? null),
    owner_present: shape !== null && seen.context.here.sharedOwnerPresent === true,
    identity_source: identitySource(candidate),
    executable_summary: executableSummary(candidate),
    spawn_shape_ok: known(facts.spawn_shape),
    self_report_matches_listener: known(facts.report_agrees),
    is_recorded_singleton: isRecorded(candidate, seen),
    // The record is exact, and `status` reads only that.
    started_at: recordOf(candidate, seen)?.startedAt ?? process?.startedAt ?? null,
    uptime_seconds: age === null ? null : Math.floor(age),
    memory_bytes: process?.memoryBytes ?? null,
    stale_evidence: verdict.class === 'never_touch' ? [] : staleEvidence(observation, seen.context, self),
    in_use_by: inUseBy(observation, seen.context),
    scope_missing: scopeMissing(candidate, seen),
    cleanup_class: verdict.class,
    skip_reason: verdict.reason,
    unproven:
      verdict.reason === 'ambiguous' ? unproven(seen.family.rules, facts, observation, seen.context) : [],
    rule: verdict.rule,
  }
}

/**
 * Returns the version from the self-report or, if the daemon of this scope does not answer, from its record, as `status`
 * does.
 */
export function versionOf({ observation, facts }: Candidate, { context }: Scan): string | null {
  const { report, port } = observation
  if (report !== null || facts.singleton_here !== 'yes') return report?.packageVersion ?? null
  const versions = context.here.records.map((read) =>
    read.state === 'readable' && read.record.port === port ? read.record.packageVersion : null,
  )
  return versions.find((version) => version !== null) ?? null
}

function known(fact: Facts[keyof Facts]): boolean | null {
  return fact === 'unknown' ? null : fact === 'yes'
}

/** A process of another mount namespace may have something else at that path. */
function scopeMissing({ observation, facts }: Candidate, { context }: Scan): boolean | null {
  return facts.same_namespaces === 'yes' ? (scopeOf(observation, context)?.isMissing ?? null) : null
}

/** A dashboard may be examined from any directory, so it is compared with the record of its own project. */
function isRecorded({ facts, verdict }: Candidate, { family }: Scan): boolean | null {
  if (verdict.reason === 'is_recorded_singleton') return true
  return known(family.scopeMustExist === true ? facts.singleton_named : facts.singleton_here)
}

function identitySource({ facts, observation }: Candidate): IdentityRecord['identity_source'] {
  if (facts.spawn_shape === 'yes' && facts.report_agrees === 'yes') return 'health_self_report'
  if (observation.shape !== null && observation.shape.marker !== null) return 'cmdline_marker'
  return facts.singleton_here === 'yes' ? 'owner_record' : 'none'
}

function executableSummary({ observation }: Candidate): string | null {
  const executable = observation.report?.executable ?? observation.process?.executable ?? null
  const home = observation.report?.installation ?? null
  return executable !== null && home !== null ? `${executable} (${home})` : executable
}
