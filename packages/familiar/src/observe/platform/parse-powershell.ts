import { FamiliarError } from '../../errors.js'
import { type JsonObject, countOf, objectOf, parseJson } from '../../json.js'
import { plainAddress } from './parse-lsof.js'

/** One listening TCP socket as `Get-NetTCPConnection` reports it. */
export interface TcpRow {
  readonly port: number
  readonly address: string
  readonly pid: number | null
  /** When the socket was created, in file-time ticks. */
  readonly created: string | null
}

/** One process as `Win32_Process` reports it. Null always means *unknown*. */
export interface ProcessRow {
  readonly pid: number
  readonly parent: number | null
  /** When the process was created, in file-time ticks: units of 100 ns since 1601, UTC. */
  readonly created: string | null
  readonly user: string | null
  readonly commandLine: string | null
  readonly executable: string | null
  readonly ageSeconds: number | null
  readonly memoryBytes: number | null
  readonly cpuSeconds: number | null
}

interface ProcessAnswer {
  readonly rows: readonly ProcessRow[]
  /** The number of rows that name no process. Unless it is 0, a pid that is not in `rows` may still exist. */
  readonly unread: number
}

const TICKS_PER_SECOND = 10_000_000n

const MAX_PORT = 65535

/** Returns the listeners in the output. Throws `E_LOOK_FAILED` when it is not the expected JSON. */
export function parseListeners(text: string): readonly TcpRow[] {
  return rowsOf(answerIn(text)).flatMap((row) => {
    const port = countOf(row['port'])
    const address = textOf(row['address'])
    if (port === null || port === 0 || port > MAX_PORT || address === null) return []
    const pid = countOf(row['pid'])
    const created = ticksOf(row['created'])
    return [{ port, address: plainAddress(address), pid: pid === 0 ? null : pid, created }]
  })
}

/** Returns the processes in the output. Throws `E_LOOK_FAILED` when it is not the expected JSON. */
export function parseProcesses(text: string): ProcessAnswer {
  const answer = answerIn(text)
  const found = rowsOf(answer)
  const now = ticksOf(answer['now'])
  const rows = found.flatMap((row) => {
    const pid = countOf(row['pid'])
    return pid === null ? [] : [toRow(row, pid, now)]
  })
  return { rows, unread: found.length - rows.length }
}

/** Returns the SID and the boot time in the output. Throws `E_LOOK_FAILED` when either is missing. */
export function parseHost(text: string): { readonly user: string; readonly boot: string } {
  const answer = answerIn(text)
  const user = sidOf(answer['user'])
  const boot = ticksOf(answer['boot'])
  if (user === null || boot === null) throw unusable()
  return { user, boot }
}

function toRow(row: JsonObject, pid: number, now: string | null): ProcessRow {
  const created = ticksOf(row['created'])
  const cpuTicks = countOf(row['cpu'])
  return {
    pid,
    parent: countOf(row['parent']),
    created,
    user: sidOf(row['sid']),
    commandLine: textOf(row['command']),
    executable: textOf(row['path']),
    ageSeconds: created === null || now === null ? null : secondsBetween(created, now),
    memoryBytes: countOf(row['memory']),
    cpuSeconds: cpuTicks === null ? null : cpuTicks / Number(TICKS_PER_SECOND),
  }
}

/**
 * Returns the JSON object in the output. PowerShell writes its warnings to the same stream, so only the last line that
 * starts with `{` counts. Lines end with CRLF, and a byte order mark may come first.
 */
function answerIn(text: string): JsonObject {
  const lines = text.replace(/^\uFEFF/, '').split(/[\r\n]+/)
  const answer = objectOf(parseJson(lines.findLast((line) => line.startsWith('{')) ?? ''))
  if (answer === null) throw unusable()
  return answer
}

/**
 * Returns the rows of a list. It is usually an array, but PowerShell 5.1 may write it as `{ value, Count }`, or write the
 * only element instead of a list.
 */
function rowsOf(answer: JsonObject): readonly JsonObject[] {
  const rows = answer['rows']
  const wrapped = objectOf(rows)
  const list = wrapped !== null && 'value' in wrapped && 'Count' in wrapped ? wrapped['value'] : rows
  if (Array.isArray(list)) return list.map((row) => objectOf(row) ?? {})
  if (wrapped === null) throw unusable()
  return [wrapped]
}

function unusable(): FamiliarError {
  return new FamiliarError('E_LOOK_FAILED', 'powershell: its answer has not the form that was asked for')
}

function textOf(value: unknown): string | null {
  return typeof value === 'string' && value !== '' ? value : null
}

/** Ticks are kept as text, because they have more digits than a JSON number can hold. */
function ticksOf(value: unknown): string | null {
  const text = textOf(value)
  return text !== null && /^[1-9]\d{0,18}$/.test(text) ? text : null
}

function sidOf(value: unknown): string | null {
  const text = textOf(value)
  return text !== null && /^S-1(?:-\d+)+$/.test(text) ? text : null
}

/** The file time of 1970, in milliseconds since 1601. */
const EPOCH_MS = 11_644_473_600_000n

/** Returns a file time in milliseconds since 1970. */
export function timeOfTicks(ticks: string): number {
  return Number((BigInt(ticks) * 1000n) / TICKS_PER_SECOND - EPOCH_MS)
}

/** Returns a file time as ISO 8601, in whole seconds; null if it is before 1970. */
export function timeOf(ticks: string): string | null {
  const seconds = Math.floor(timeOfTicks(ticks) / 1000)
  return seconds < 0 ? null : new Date(seconds * 1000).toISOString()
}

function secondsBetween(from: string, to: string): number | null {
  const ticks = BigInt(to) - BigInt(from)
  return ticks < 0n ? null : Number(ticks / TICKS_PER_SECOND)
}
