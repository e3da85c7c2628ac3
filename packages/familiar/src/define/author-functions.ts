import { FamiliarError, oneLine } from '../errors.js'
import type { ScopeFiles } from '../family.js'
import { objectOf, pidOf, portOf, stringOf, countOf, type JsonObject } from '../json.js'
import type { SpawnShape } from '../identity/spawn-shape.js'
import type { PredecessorRecord } from '../protocol/record.js'
import { checkedPath, invalid, shown } from './check-definition.js'
import type { Daemon } from './define-daemon.js'
import type { DaemonOptions, Predecessor, PredecessorReport } from './options.js'

/**
 * Calls a function of the tool's author that reads what other programs wrote: files, replies, command lines. Such text may be
 * anything, so a function that fails on it has not recognised it: then this returns null.
 */
function recognising(read: () => unknown): unknown {
  try {
    return read()
  } catch {
    return null
  }
}

/** Returns what a predecessor's health reply says. A value of a wrong type counts as one that the reply does not contain. */
export function readReport(
  { readSelfReport }: Predecessor,
  body: unknown,
): Required<PredecessorReport> | null {
  const report = objectOf(recognising(() => readSelfReport(body)))
  if (report === null || isPromise(report)) return null
  return {
    packageVersion: stringOf(report['packageVersion']),
    protocolVersion: countOf(report['protocolVersion']),
    scope: stringOf(report['scope']),
    pid: pidOf(report['pid']),
    port: portOf(report['port']),
    token: stringOf(report['token']),
  }
}

/** Returns what a predecessor's record says; null if the text is not such a record, or has no usable port or token. */
export function readRecord({ record }: Predecessor, text: string): PredecessorRecord | null {
  const read = objectOf(recognising(() => record?.parse(text) ?? null))
  const [port, token] = [portOf(read?.['port']), stringOf(read?.['token'])]
  const pid = pidOf(read?.['pid'])
  if (port === null || token === null || (pid === null && read?.['pid'] != null)) return null
  return { pid, port, token }
}

/** Returns the request that asks a predecessor's daemon to shut down; null if none can be made with this token. */
export function shutdownRequest(
  { shutdown }: Predecessor,
  token: string,
): { readonly path: string; readonly body: JsonObject } | null {
  const asked = objectOf(recognising(() => shutdown?.(token) ?? null))
  const [path, body] = [stringOf(asked?.['path']), objectOf(asked?.['body'])]
  return path === null || body === null ? null : { path, body }
}

/** Returns the scopes that the environment of a predecessor's daemon names. */
export function readEnvironment(
  { scopesInEnvironment }: Predecessor,
  env: Readonly<Record<string, string>>,
): readonly string[] {
  const scopes = recognising(() => scopesInEnvironment?.(env) ?? [])
  return Array.isArray(scopes) ? scopes.filter((scope) => typeof scope === 'string') : []
}

/** Returns the form of a predecessor's command line. A scope that cannot be decoded is the text itself. */
export function shapeOf({ commandLine, record }: Predecessor): SpawnShape {
  const { decodeScope } = commandLine
  return {
    ...commandLine,
    implementation: 'predecessor',
    isUnrecorded: record === undefined,
    ...(decodeScope === undefined
      ? {}
      : { decodeScope: (text) => stringOf(recognising(() => decodeScope(text))) }),
  }
}

/** Returns the path of a scope that the author's function names. */
export function scopeOf(scope: () => string): string {
  return pathFrom('scope', scope())
}

export function tokenDirectoryOf({ tokenDirectory }: DaemonOptions): string | null {
  return tokenDirectory === undefined ? null : pathFrom('tokenDirectory', tokenDirectory())
}

/** Returns the daemons that the author names as siblings; whether they are daemons is checked where they are used. */
export function siblingsOf({ siblings }: DaemonOptions): readonly Daemon[] {
  const named: unknown = siblings?.() ?? []
  if (Array.isArray(named)) return named as readonly Daemon[]
  throw invalid('defineDaemon', `siblings must return a list, not ${shown(named)}`)
}

/** Returns the files of a scope that the author places elsewhere. */
export function filesOf({ files }: DaemonOptions, scope: string): Partial<ScopeFiles> {
  const named = files?.(scope) ?? {}
  if (objectOf(named) === null)
    throw invalid('defineDaemon', `files must return an object, not ${shown(named)}`)
  for (const [name, path] of Object.entries(named)) if (path !== undefined) pathFrom(`files: ${name}`, path)
  return named
}

export function filesOfPredecessors(
  predecessors: readonly Predecessor[],
  scope: string,
): Pick<ScopeFiles, 'predecessorRecords' | 'sharedOwner'> {
  const paths = (name: 'file' | 'sharedOwner'): readonly string[] =>
    predecessors.flatMap(({ record }) => {
      const path = record?.[name]?.(scope)
      return path === undefined ? [] : pathFrom(`record.${name}`, path)
    })
  return { predecessorRecords: paths('file'), sharedOwner: paths('sharedOwner')[0] ?? null }
}

function pathFrom(name: string, path: unknown): string {
  return checkedPath('defineDaemon', `what ${name} returns`, path)
}

function isPromise(value: JsonObject): boolean {
  return typeof value['then'] === 'function'
}

/** Readers of a health reply give up one of 64 KiB; what the library writes itself takes less than half of that. */
const MOST_HEALTH_BYTES = 32 * 1024

/**
 * Returns a function that calls the author's `health`. It throws what is wrong until `health` has succeeded once, which is
 * before the daemon is ready. Later it returns nothing of the tool instead, because a daemon whose health reply fails
 * counts as one that hangs; `onFailure` is called, once for each new reason.
 */
export function healthReader(
  call: string,
  health: () => unknown,
  onFailure: (why: string) => void,
): () => JsonObject {
  let hasSucceeded = false
  let told: string | null = null
  return () => {
    try {
      const described = describedBy(call, health)
      hasSucceeded = true
      return described
    } catch (error) {
      const { message } = asError(error)
      if (!hasSucceeded) throw error
      if (message !== told) onFailure(message)
      told = message
      return {}
    }
  }
}

function describedBy(call: string, health: () => unknown): JsonObject {
  const described = called('health', health)
  const json = objectOf(described)
  if (json === null || isPromise(json))
    throw invalid(call, `health must return an object, not ${shown(described)}`)
  const bytes = bytesAsJson(call, json)
  if (bytes > MOST_HEALTH_BYTES)
    throw invalid(call, `health must return at most ${MOST_HEALTH_BYTES} bytes of JSON, not ${bytes}`)
  return json
}

function called(name: string, function_: () => unknown): unknown {
  try {
    return function_()
  } catch (error) {
    const why = oneLine(asError(error).message)
    throw new FamiliarError('E_DAEMON_START_FAILED', `its ${name} throws: ${why}`, { cause: error })
  }
}

function bytesAsJson(call: string, json: JsonObject): number {
  try {
    return Buffer.byteLength(JSON.stringify(json) ?? '')
  } catch (error) {
    throw invalid(call, `health must return what JSON can express: ${oneLine(asError(error).message)}`)
  }
}

function asError(thrown: unknown): Error {
  return thrown instanceof Error ? thrown : new Error(shown(thrown))
}
