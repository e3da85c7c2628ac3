import { describe, expect, it } from 'vitest'
import type { CleanUpReport } from '../../src/act/clean-up.js'
import { classify } from '../../src/classify/classify.js'
import { factsOf } from '../../src/classify/derive-facts.js'
import { renderCandidates } from '../../src/cli/render-candidates.js'
import { renderReset } from '../../src/cli/render-reset.js'
import { defineDaemon, definitionOf } from '../../src/define/define-daemon.js'
import type { DaemonStatus } from '../../src/classify/daemon-state.js'
import { findingsOf } from '../../src/doctor/findings.js'
import { identityRecord } from '../../src/doctor/identity-record.js'
import { withRemedy } from '../../src/doctor/choose-remedy.js'
import { resetResult } from '../../src/doctor/reset-result.js'
import { objectOf, stringOf } from '../../src/json.js'
import type { Candidate, Scan } from '../../src/observe/scan.js'
import { testFamily } from '../helpers/family.js'
import {
  context,
  ELSEWHERE,
  HERE,
  LIVE_PORT,
  listener,
  observation,
  oldReport,
  oldShape,
  ownRecord,
  PID,
  PORT,
  processView,
  report,
  scopeView,
  USER,
} from '../helpers/observations.js'

type Seen = ReturnType<typeof observation>

const SELF = {
  implementation: 'own',
  protocolVersion: 2,
  packageVersion: '4.0.0',
  buildTime: null,
  executable: '/usr/bin/node',
} as const

const { words } = definitionOf(defineDaemon({ name: 'sync' }))

/** A tool whose daemons report a queue too. */
const TOOL = {
  words,
  self: SELF,
  record: (details: object | null) => ({
    queue_db_path: stringOf(objectOf(objectOf(details)?.['owner'])?.['queue_db_path']),
  }),
}

const FAMILY = testFamily({ from: PORT, to: PORT + 50 })

const OURS = report({
  installation: '/opt/spec-kitty',
  details: {
    owner: {
      server_url: 'https://sync.example.com',
      auth_scope: 'team:kittens',
      queue_db_path: `${HERE}/queue.db`,
    },
  },
})

/** Returns the scan that saw these, each decided as a scan decides it. */
function scanOf(seen: readonly Seen[], around = context()): Scan {
  const candidates = seen.map((one): Candidate => {
    const facts = factsOf(FAMILY, one, around, seen)
    const verdict = classify(FAMILY.rules, FAMILY.reasonNames, facts)
    return { observation: one, facts, verdict, proof: null }
  })
  const host = { ...around.machine, pid: 1, user: USER, namespaces: '', networkNamespace: '' }
  return { family: FAMILY, host, context: around, candidates }
}

function recordsOf(seen: readonly Seen[]) {
  const scan = scanOf(seen)
  return scan.candidates.map((candidate) => identityRecord(candidate, scan, TOOL))
}

/** One of each class, on three ports. */
const STALE = observation({ report: OURS })
const WITHOUT_MARKER = observation({
  port: PORT + 1,
  pid: PID + 1,
  listeners: [listener({ port: PORT + 1, socket: '2' })],
  process: processView({ pid: PID + 1, command: { args: ['python', '-c', 'x'] } }),
  shape: oldShape({ marker: null, port: PORT + 1 }),
  report: oldReport(),
  namedScopes: null,
})
const STRANGER = observation({
  port: PORT + 2,
  pid: PID + 2,
  listeners: [listener({ port: PORT + 2, socket: '3' })],
  process: processView({ pid: PID + 2, command: { args: ['nginx'] }, executable: '/usr/sbin/nginx' }),
  answer: 'http',
  report: null,
  shape: null,
  namedScopes: [],
})

describe('the identity record of a listener', () => {
  it('says what it is, how that is known, and its class, in all its members', () => {
    const [record] = recordsOf([STALE])
    expect({ ...record, started_at: typeof record?.started_at }).toEqual({
      scanned_family: 'sync',
      daemon_family: 'sync',
      pid: PID,
      port: PORT,
      protocol_version: 2,
      package_version: '4.0.0',
      singleton_scope_id: HERE,
      daemon_root: HERE,
      queue_db_path: `${HERE}/queue.db`,
      owner_present: true,
      identity_source: 'health_self_report',
      executable_summary: '/usr/bin/node (/opt/spec-kitty)',
      spawn_shape_ok: true,
      self_report_matches_listener: true,
      is_recorded_singleton: false,
      started_at: 'string',
      uptime_seconds: 3600,
      memory_bytes: 50 * 1024 * 1024,
      stale_evidence: expect.any(Array),
      in_use_by: null,
      scope_missing: null,
      cleanup_class: 'safe_auto',
      skip_reason: null,
      unproven: [],
      rule: 'S16',
    })
  })

  it('of a daemon without a marker says why it is not ended, and takes nothing from a shared owner file', () => {
    expect(recordsOf([WITHOUT_MARKER])[0]).toMatchObject({
      daemon_family: 'sync',
      package_version: '3.2.3',
      singleton_scope_id: null,
      daemon_root: null,
      queue_db_path: null,
      identity_source: 'health_self_report',
      cleanup_class: 'operator_required',
      skip_reason: 'pre_marker',
    })
  })

  it('of the daemon of this scope that does not answer takes the version from its record, as status does', () => {
    const frozen = observation({ answer: 'silent', report: null, port: LIVE_PORT, ownsToken: true })
    expect(recordsOf([frozen])[0]).toMatchObject({
      is_recorded_singleton: true,
      package_version: ownRecord().packageVersion,
    })
    const other = observation({ answer: 'silent', report: null })
    expect(recordsOf([other])[0]).toMatchObject({ package_version: null })
  })

  it('has the start of the record, which status prints too, and that of the process without a record', () => {
    const startedAt = '2026-11-21T09:35:33.805Z'
    const record = ownRecord({ pid: PID, port: PORT, startTime: processView().startTime, startedAt })
    const scan = scanOf([STALE], context(scopeView({ records: [{ state: 'readable', record }] })))
    const [named] = scan.candidates.map((candidate) => identityRecord(candidate, scan, TOOL))
    expect(named).toMatchObject({ is_recorded_singleton: true, started_at: startedAt })
    expect(recordsOf([STALE])[0]?.started_at).toBe(processView().startedAt)
  })

  it('of another program claims nothing', () => {
    expect(recordsOf([STRANGER])[0]).toMatchObject({
      daemon_family: null,
      package_version: null,
      owner_present: false,
      identity_source: 'none',
      executable_summary: '/usr/sbin/nginx',
      spawn_shape_ok: false,
      self_report_matches_listener: null,
      stale_evidence: [],
      cleanup_class: 'never_touch',
      skip_reason: 'third_party',
    })
  })

  it.each([
    ['its health reply', {}, 'health_self_report'],
    [
      'its command line, where it does not answer',
      { report: null, answer: 'silent' as const },
      'cmdline_marker',
    ],
    [
      'nothing, where it is of another program',
      { report: null, answer: 'http' as const, shape: null },
      'none',
    ],
  ])('says that it knows by %s', (_, change, source) => {
    expect(recordsOf([observation(change)])[0]?.identity_source).toBe(source)
  })
})

describe('the text of the doctor', () => {
  const terminal = { hasColor: false, columns: 200 }

  it('shows the class of every listener, and the reason', () => {
    const scan = scanOf([STALE, WITHOUT_MARKER, STRANGER])
    const candidates = scan.candidates.map((one) =>
      withRemedy(identityRecord(one, scan, TOOL), one, scan, TOOL),
    )
    const [, ...lines] = renderCandidates({ candidates }, terminal, 'ports 9401-9450', {
      words: { scope: 'home' },
    })
    const told = lines.map((line) => line.trim().split(/ {2,}/).slice(1, 5))
    expect(told).toEqual([
      [String(PORT + 1), '3.2.3', 'operator_required', 'pre_marker'],
      [String(PORT), '4.0.0', 'safe_auto', 'superseded'],
      [String(PORT + 2), '-', 'never_touch', 'third_party: /usr/sbin/nginx'],
    ])
  })

  it('heads commands of several scopes with what is true of each', () => {
    const once = scanOf([STALE])
    const [first] = once.candidates
    const seen = { ...once, candidates: [...once.candidates, ...scanOf([STALE]).candidates] }
    const status = { state: 'none', pid: null, port: null } as unknown as DaemonStatus
    const remedyOf = (one: Candidate) =>
      one === first
        ? { commands: ['clean'], description: 'ends what is proven stale', safe: true }
        : { commands: ['HOME=x clean'], description: 'ends what is proven stale in x', safe: true }
    const found = findingsOf({ seen, status, self: SELF, words, remedyOf }, [])
    expect(found.find(({ id }) => id === 'F-002')?.remediation).toMatchObject({
      commands: ['clean', 'HOME=x clean'],
      description: 'each ends what is proven stale in one scope',
    })
  })

  it('says of a reset what was ended, skipped and failed, with versions, path and reason', () => {
    const scan = scanOf([STALE, WITHOUT_MARKER, { ...STALE, port: PORT + 3, pid: PID + 3 }])
    const [stale, marked, failed] = scan.candidates
    if (stale === undefined || marked === undefined || failed === undefined) throw new Error('three are seen')
    const cleaned: CleanUpReport = {
      entries: [
        { candidate: stale, result: { outcome: 'swept', path: 'terminate' } },
        { candidate: marked, result: { outcome: 'skipped' } },
        { candidate: failed, result: { outcome: 'failed', reason: 'permission_denied' } },
      ],
      seen: scan,
      after: scan,
    }
    const result = resetResult(cleaned, { ...SELF, packageVersion: '4.1.0' }, false)
    expect(result).toEqual({
      swept: [
        {
          pid: PID,
          port: PORT,
          package_version: '4.0.0',
          protocol_version: 2,
          reason: expect.stringContaining('older_version'),
          cleanup_path: 'terminate',
        },
      ],
      skipped: [
        {
          pid: PID + 1,
          port: PORT + 1,
          cleanup_class: 'operator_required',
          skip_reason: 'pre_marker',
          in_use_by: null,
        },
      ],
      failed: [{ pid: PID + 3, port: PORT + 3, failure_reason: 'permission_denied' }],
      dry_run: false,
      would_sweep: [],
    })
    const { done, numbers } = renderReset({ result, orphans: [] }, terminal, {
      scope: 'home',
      explain: 'tool explain',
    })
    expect([...done, ...numbers]).toEqual([
      `ended port ${PORT} (process ${PID}, SIGTERM): older version 4.0.0, superseded`,
      `failed port ${PORT + 3} (process ${PID + 3}): this user may not end it (permission_denied)`,
      `skipped port ${PORT + 1} (process ${PID + 1}): its command line names no home (pre_marker)`,
      'swept: 1 · skipped: 1 (operator_required) · failed: 1',
    ])
  })

  it('has a place for the scope of another home', () => {
    const scan = scanOf([
      observation({ shape: { implementation: 'own', marker: ELSEWHERE, port: null, token: null } }),
    ])
    const candidates = scan.candidates.map((one) =>
      withRemedy(identityRecord(one, scan, TOOL), one, scan, TOOL),
    )
    expect(
      renderCandidates({ candidates }, terminal, 'ports 9401-9450', { words: { scope: 'home' } }).join('\n'),
    ).toContain(ELSEWHERE)
  })
})
