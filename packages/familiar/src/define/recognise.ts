import { countOf, objectOf, pidOf, portOf, stringOf, type JsonObject } from '../json.js'
import type { SpawnShape } from '../identity/spawn-shape.js'
import type { SelfReport } from '../protocol/self-report.js'
import { readReport } from './author-functions.js'
import type { CommandLine, Predecessor, PredecessorReport } from './options.js'

/** Returns the pattern that recognises a daemon's own command line. `launchArgs` is its counterpart. */
export function ownShape({ role, scopeFlag, entry }: CommandLine): SpawnShape {
  return {
    implementation: 'own',
    hasOptions: true,
    head: [/.+/, entry ?? /[^-].*/, new RegExp(escaped(role))],
    marker: new RegExp(`${escaped(scopeFlag)}(?<scope>.+)`),
  }
}

/** Returns the arguments of a daemon after the interpreter. `ownShape` recognises them. */
export function launchArgs(
  { role, scopeFlag }: CommandLine,
  execArgv: readonly string[],
  entry: string,
  scope: string,
): readonly string[] {
  return [...execArgv, entry, role, `${scopeFlag}${scope}`]
}

/** Returns the scope that this process was started to serve; null if it was not started as this daemon. */
export function servedScope({ role, scopeFlag }: CommandLine, argv: readonly string[]): string | null {
  const [named, ...rest] = argv.slice(2)
  if (named !== role) return null
  const scope = rest.find((one) => one.startsWith(scopeFlag))?.slice(scopeFlag.length)
  return scope === undefined || scope === '' ? null : scope
}

function escaped(text: string): string {
  return text.replaceAll(/[\\^$.*+?()[\]{}|]/g, String.raw`\$&`)
}

/** The members of every health reply. All other members are added by the tool. */
const HEAD = new Set([
  'status',
  'daemon_family',
  'singleton_scope_id',
  'scope_directory',
  'protocol_version',
  'package_version',
  'proof',
  'token',
])

/** Returns the function that parses the health replies of our own daemons and of their predecessors. */
export function selfReportReader(
  name: string,
  predecessors: readonly Predecessor[],
): (body: unknown) => SelfReport | null {
  return (body) =>
    readOwn(name, body) ??
    predecessors.reduce<SelfReport | null>((found, one) => found ?? toReport(readReport(one, body)), null)
}

function readOwn(name: string, body: unknown): SelfReport | null {
  const json = objectOf(body)
  if (json === null || json['status'] !== 'ok' || json['daemon_family'] !== name) return null
  const owner = objectOf(json['owner'])
  const protocolVersion = countOf(json['protocol_version'])
  const packageVersion = stringOf(json['package_version'])
  if (protocolVersion === null || packageVersion === null) return null
  return {
    protocolVersion,
    packageVersion,
    scope: stringOf(json['singleton_scope_id']),
    directory: stringOf(json['scope_directory']),
    statesScope: true,
    verifiedBy: 'own_pid',
    pid: pidOf(owner?.['pid']),
    port: portOf(owner?.['port']),
    token: stringOf(json['token']),
    installation: stringOf(owner?.['source_checkout_path']),
    executable: stringOf(owner?.['executable_path']),
    details: detailsOf(json),
  }
}

function detailsOf(json: JsonObject): JsonObject {
  const { token: _, ...owner } = objectOf(json['owner']) ?? {}
  return { ...Object.fromEntries(Object.entries(json).filter(([name]) => !HEAD.has(name))), owner }
}

/**
 * A report with a pid and a port is matched to the listener by these two. Every other report is matched by the command
 * line and the token.
 */
function toReport(report: Required<PredecessorReport> | null): SelfReport | null {
  if (report === null) return null
  const { packageVersion, protocolVersion, scope, pid, port, token } = report
  return {
    protocolVersion,
    packageVersion,
    scope,
    statesScope: scope !== null,
    verifiedBy: pid === null ? 'command_line' : 'own_pid',
    pid,
    port,
    token,
    installation: null,
    executable: null,
    details: {},
  }
}
