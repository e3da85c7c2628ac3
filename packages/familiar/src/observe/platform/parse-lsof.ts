import { FamiliarError } from '../../errors.js'
import { decimalOf } from '../../json.js'

/** One listening socket held by one process. A socket that several processes share has one row for each of them. */
export interface LsofRow {
  readonly pid: number
  readonly parent: number | null
  /** The effective uid of the process, because lsof does not report the owner of the socket itself. */
  readonly user: string | null
  readonly socket: string
  readonly address: string
  readonly port: number
}

/** The fields to ask for with `-F`: pid, parent, uid; descriptor, type, device, name. No value can contain a newline. */
export const LSOF_FIELDS = 'pRuftdn'

/** The value of each field, by its letter. */
type Fields = ReadonlyMap<string, string>

/**
 * Returns a row for each listening TCP socket in the field output of lsof, newline- or NUL-terminated. Entries that are
 * incomplete or have no plain `address:port` as their name are left out. Throws `E_LOOK_FAILED` if the text is not empty
 * but names no process (it is then not field output), or if its end is cut off, because a truncated list would hide
 * listeners.
 */
export function parseLsof(text: string): readonly LsofRow[] {
  if (text.trim() === '') return []
  const lines = text.replaceAll('\0', '\n').replace(/[\r\n]+/g, '\n')
  if (!/^p\d+$/m.test(lines)) throw unusable('has not the form that was asked for')
  if (!text.endsWith('\n')) throw unusable('is cut off')
  return lines.split(/^(?=p\d+$)/m).flatMap(readProcess)
}

function unusable(why: string): FamiliarError {
  return new FamiliarError('E_LOOK_FAILED', `lsof: its answer ${why}`)
}

function readProcess(block: string): readonly LsofRow[] {
  const [head = '', ...files] = block.split(/^(?=f)/m)
  const owner = fieldsOf(head)
  const pid = decimalOf(owner.get('p'))
  if (pid === null) return []
  const parent = decimalOf(owner.get('R'))
  const uid = owner.get('u') ?? ''
  const user = /^\d+$/.test(uid) ? uid : null
  return files.flatMap((file) => {
    const socket = readSocket(fieldsOf(file), pid)
    return socket === null ? [] : [{ pid, parent, user, ...socket }]
  })
}

function fieldsOf(block: string): Fields {
  return new Map(block.split('\n').map((line) => [line.slice(0, 1), line.slice(1)]))
}

/**
 * The device field is the socket's kernel address, obfuscated but constant until the next boot. If it is missing, pid and
 * file descriptor identify the socket. That is enough for one process, but does not show that processes share a socket.
 */
function readSocket(file: Fields, pid: number): Pick<LsofRow, 'socket' | 'address' | 'port'> | null {
  const bound = /^(?:\[(?<v6>[^\]]+)\]|(?<v4>[^:[\]]+)):(?<port>\d+)(?: \(LISTEN\))?$/.exec(
    file.get('n') ?? '',
  )
  const port = decimalOf(bound?.groups?.['port'])
  const host = bound?.groups?.['v6'] ?? bound?.groups?.['v4']
  if (port === null || host === undefined) return null
  const socket = file.get('d') || `${pid}:${file.get('f') ?? ''}`
  return { socket, address: host === '*' ? wildcardOf(file.get('t')) : plainAddress(host), port }
}

/** lsof writes both wildcards as `*`; only the type distinguishes them. */
function wildcardOf(type: string | undefined): string {
  return type === 'IPv6' ? '::' : '0.0.0.0'
}

/** Returns the IPv4 address in an IPv4-mapped address, and any other address unchanged. */
export function plainAddress(address: string): string {
  return /^::ffff:(?<v4>\d+\.\d+\.\d+\.\d+)$/i.exec(address)?.groups?.['v4'] ?? address
}
