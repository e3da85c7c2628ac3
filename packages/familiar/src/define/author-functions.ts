import { isAbsolute } from 'node:path'
import { FamiliarError, oneLine } from '../errors.js'
import type { ScopeFiles } from '../family.js'
import { objectOf, pidOf, portOf, stringOf, countOf, type JsonObject } from '../json.js'
import type { SpawnShape } from '../identity/spawn-shape.js'
import type { PredecessorRecord } from '../protocol/record.js'
import { checkedPath, invalid, shown } from './check-definition.js'
import type { Daemon } from './define-daemon.js'
import type { DaemonOptions, Predecessor, PredecessorReport } from './options.js'

/**
 * Calls a function of the tool's author that parses text from other programs: files, replies, command lines. Such text
 * may be anything, so if the function throws, the text counts as not recognised and the result is null.
 */
function recognising(read: () => unknown): unknown {
  try {
    return read()
  } catch {
    return null
  }
}

/** Returns the content of a predecessor's health reply. A value of a wrong type counts as missing. */
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

/** Returns the content of a predecessor's record; null if the text is not such a record, or has no usable port or token. */
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

/**
 * Returns the scopes that are named in the environment of a predecessor's daemon; null if it may use another one. A path
 * that is not absolute depends on a directory that the daemon may have left since.
 */
export function readEnvironment(
  { scopesInEnvironment }: Predecessor,
  env: Readonly<Record<string, string>>,
): readonly string[] | null {
  const scopes: unknown = recognising(() => scopesInEnvironment?.(env))
  const isWhole = Array.isArray(scopes) && scopes.every((one) => typeof one === 'string' && isAbsolute(one))
  return isWhole ? (scopes as readonly string[]) : null
}

/** Returns the form of a predecessor's command line. If a scope cannot be decoded, its text is used. */
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

/** Returns the path of the scope that the author's function returns. */
export function scopeOf(scope: () => string): string {
  return pathFrom('scope', scope())
}

export function tokenDirectoryOf({ tokenDirectory }: DaemonOptions): string | null {
  return tokenDirectory === undefined ? null : pathFrom('tokenDirectory', tokenDirectory())
}

/** Returns the values that the author names as siblings. The code that uses them checks whether they are daemons. */
export function siblingsOf({ siblings }: DaemonOptions): readonly Daemon[] {
  const named: unknown = siblings?.() ?? []
  if (Array.isArray(named)) return named as readonly Daemon[]
  throw invalid('defineDaemon', `siblings must return a list, not ${shown(named)}`)
}

/** Returns those files of a scope for which the author sets another location. */
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

/**
 * The maximum size of the author's part of a health reply. Readers reject a reply of 64 KiB; the library's own part takes
 * less than half of that.
 */
const MOST_HEALTH_BYTES = 32 * 1024

/**
 * Returns a function that calls the author's `health`. Until the first success, which comes before the daemon is ready,
 * it throws any error. After that it returns an empty object on an error, because a daemon whose health reply fails would
 * count as hung; `onFailure` is called once for each new reason.
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
