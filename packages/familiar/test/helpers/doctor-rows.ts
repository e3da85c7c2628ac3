/** Rows and findings of a doctor whose tool is called `tool`, for the tests of how they are printed. */
import { renderDoctor, type DoctorText } from '../../src/cli/render-doctor.js'
import type { DoctorDocument } from '../../src/doctor/document.js'
import type { Finding } from '../../src/doctor/finding.js'
import type { DoctorRecord } from '../../src/doctor/choose-remedy.js'

export const RECORD: DoctorRecord = {
  scanned_family: 'sync',
  daemon_family: 'sync',
  pid: 2701,
  port: 9401,
  protocol_version: 2,
  package_version: '3.2.2',
  singleton_scope_id: null,
  daemon_root: '/home/ann/.spec-kitty',
  owner_present: false,
  identity_source: 'health_self_report',
  executable_summary: null,
  spawn_shape_ok: true,
  self_report_matches_listener: true,
  is_recorded_singleton: false,
  started_at: null,
  uptime_seconds: 86_400,
  memory_bytes: 50 * 1024 * 1024,
  stale_evidence: ['older_version', 'superseded', 'unrecorded'],
  in_use_by: null,
  scope_missing: false,
  cleanup_class: 'safe_auto',
  skip_reason: null,
  unproven: [],
  rule: 'S16',
  remedy: { commands: ['tool doctor --reset'], description: 'ends what is proven stale', safe: true },
}

export const LIVE: DoctorRecord = {
  ...RECORD,
  port: 9400,
  package_version: '4.0.0',
  stale_evidence: [],
  cleanup_class: 'never_touch',
  skip_reason: 'is_recorded_singleton',
  rule: 'S5',
  remedy: null,
}

export const OPEN: DoctorRecord = {
  ...RECORD,
  pid: 2720,
  port: 9420,
  stale_evidence: [],
  cleanup_class: 'operator_required',
  skip_reason: 'unresponsive',
  rule: 'S11',
  remedy: { commands: ['tool doctor --reset --force --port 9420'], description: 'ends it', safe: false },
}

export const USED: DoctorRecord = {
  ...OPEN,
  pid: 2730,
  port: 9430,
  daemon_root: '/home/eve/a/long/way/down/below/the/home/.spec-kitty',
  in_use_by: '/home/eve/a/long/way/down/below/the/home/.spec-kitty',
  skip_reason: 'cross_root',
  rule: 'S10',
  remedy: { commands: ['SPEC_KITTY_HOME=/home/eve tool status'], description: 'shows it', safe: true },
}

export const WEB: DoctorRecord = {
  ...LIVE,
  pid: 2740,
  port: 9440,
  daemon_family: null,
  package_version: null,
  daemon_root: null,
  skip_reason: 'third_party',
  rule: 'S3a',
}

export const ORPHANED: Finding = {
  id: 'F-002',
  severity: 'warn',
  summary: 'orphaned daemons: 18 can be ended',
  remediation: {
    command: 'tool doctor --reset',
    commands: ['tool doctor --reset'],
    description: 'ends what is proven stale',
    safe: true,
  },
}

export const TEXT: DoctorText = {
  head: [['home', '/home/ann/.spec-kitty']],
  words: { title: 'daemon', scope: 'home', explain: 'tool explain', clean: 'tool doctor --reset' },
  ports: 'ports 9400-9449',
}

export function documentOf(
  candidates: readonly DoctorRecord[],
  findings: readonly Finding[] = [],
): DoctorDocument {
  return {
    generated_at: '2026-11-26T12:03:10.000Z',
    daemon: null,
    orphans: candidates.filter(({ cleanup_class }) => cleanup_class !== 'never_touch'),
    candidates,
    findings,
  }
}

export function render(
  candidates: readonly DoctorRecord[],
  findings: readonly Finding[] = [],
  terminal: Parameters<typeof renderDoctor>[2] = { columns: null, hasColor: false },
): string {
  return renderDoctor(documentOf(candidates, findings), TEXT, terminal)
}

export function withSeverity(severity: Finding['severity'], id: string): Finding {
  return { ...ORPHANED, severity, id }
}
