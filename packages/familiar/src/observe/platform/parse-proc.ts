import type { Listener, PortRange } from '../../identity/machine.js'
import { PAGE_BYTES } from './read-quietly.js'

/** Socket state LISTEN in /proc/net/tcp. Source: `enum` in the kernel's include/net/tcp_states.h. */
const LISTEN = '0A'

/** Returns the listeners of the range in the text of /proc/net/tcp or /proc/net/tcp6. Malformed rows are skipped. */
export function parseProcNetTcp(text: string, range: PortRange): readonly Listener[] {
  return text.split('\n').flatMap((row) => {
    const columns = row.trim().split(/\s+/)
    const [address = '', portHex = ''] = (columns[1] ?? '').split(':')
    const port = Number.parseInt(portHex, 16)
    const [user, inode] = [columns[7], columns[9]]
    if (columns[3] !== LISTEN || !(port >= range.from && port < range.to)) return []
    if (user === undefined || inode === undefined || !/^\d+$/.test(inode)) return []
    return [{ port, address: parseHexAddress(address), socket: inode, user, pid: null }]
  })
}

/** No row of these tables is longer: an IPv4 row is padded to 150 bytes, and an IPv6 row has about 200. */
const ROW_BYTES = 512

/**
 * Returns whether the text of a table that was read so far has all listeners, if its last read returned `bytes`. Another
 * read would only find the end: a page that has room for another row is the last one, because every row is a record of
 * its own and `show` skips none (seq_read_iter in fs/seq_file.c). It is worth knowing, because every read walks the hash of
 * connections: 2 ms on a machine with 262 144 buckets.
 */
export function hasAllListeners(text: string, bytes: number): boolean {
  return bytes < PAGE_BYTES - ROW_BYTES || isPastListeners(text)
}

/**
 * Returns whether the text contains a row of a socket that is not a listener. The kernel prints all listeners first, in
 * both tables: `tcp_seq_start` and `tcp_seq_next` (net/ipv4/tcp_ipv4.c), which tcp6 uses too, go through the hash of
 * listeners before that of connections. Documentation/networking/proc_net_tcp.rst says so: "It first lists all listening
 * TCP sockets, and next lists all established TCP connections."
 */
export function isPastListeners(text: string): boolean {
  return /^ *\d+: \S+ \S+ (?!0A)[0-9A-F]{2} /m.test(text)
}

/**
 * The kernel prints each 32-bit word of the address in the byte order of the machine. Every supported Linux is
 * little-endian.
 */
function parseHexAddress(hex: string): string {
  const bytes = [...hex.matchAll(/.{8}/g)].flatMap(([word]) =>
    [6, 4, 2, 0].map((at) => Number.parseInt(word.slice(at, at + 2), 16)),
  )
  if (bytes.length === 4) return bytes.join('.')
  const isMapped = bytes.slice(0, 10).every((byte) => byte === 0) && bytes[10] === 255 && bytes[11] === 255
  return isMapped ? bytes.slice(12).join('.') : formatIpv6(bytes)
}

/** Returns the usual short form of an IPv6 address: the longest run of zero groups becomes `::`. */
function formatIpv6(bytes: readonly number[]): string {
  const groups = [0, 2, 4, 6, 8, 10, 12, 14].map((at) =>
    (((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0)).toString(16),
  )
  const runs = [...groups.join(':').matchAll(/(?:^|:)0(?::0)+(?=:|$)/g)].map(([run]) => run)
  const longest = runs.toSorted((a, b) => b.length - a.length)[0]
  if (longest === undefined) return groups.join(':')
  return groups.join(':').replace(longest, '::').replace(/:{3,}/, '::')
}

export interface ProcStat {
  readonly state: string
  readonly parent: number
  readonly threads: number
  /** The start time in clock ticks since boot, as text. It is used to identify a process and to compute its age. */
  readonly startTicks: string
  /** The ticks of CPU time in user and kernel mode together; null if either is not a number. */
  readonly cpuTicks: number | null
}

/**
 * Returns fields of /proc/PID/stat; null if the text is incomplete. The process name ends at the last `)`, because it may
 * contain `)`.
 */
export function parseProcStat(text: string): ProcStat | null {
  const fields = text
    .slice(text.lastIndexOf(')') + 1)
    .trim()
    .split(' ')
  const [state, parent, threads, startTicks] = [fields[0], fields[1], fields[17], fields[19]]
  if (state === undefined || parent === undefined || threads === undefined) return null
  if (startTicks === undefined || !/^\d+$/.test(startTicks)) return null
  const cpuTicks = Number(fields[11]) + Number(fields[12])
  return {
    state,
    parent: Number(parent),
    threads: Number(threads),
    startTicks,
    cpuTicks: Number.isFinite(cpuTicks) ? cpuTicks : null,
  }
}

export interface ProcStatus {
  /** The uid; null if the real and the effective one differ, because the owner is then ambiguous. */
  readonly user: string | null
  readonly memoryBytes: number | null
  /** The pid of the process. It differs from the requested id if that is the id of a thread. */
  readonly process: number | null
}

/** Returns the owner, the resident memory and the process in the text of /proc/PID/status. */
export function parseProcStatus(text: string): ProcStatus {
  const [, real, effective] = /^Uid:\s+(\d+)\s+(\d+)/m.exec(text) ?? []
  const kib = /^VmRSS:\s+(\d+) kB/m.exec(text)?.[1]
  return {
    user: real !== undefined && real === effective ? real : null,
    memoryBytes: kib === undefined ? null : Number(kib) * 1024,
    process: parseThreadGroup(text),
  }
}

/** Returns the pid of the process that a thread belongs to, from its /proc/ID/status; null if the text does not contain it. */
export function parseThreadGroup(text: string): number | null {
  const pid = /^Tgid:\s+(\d+)$/m.exec(text)?.[1]
  return pid === undefined ? null : Number(pid)
}

/** Returns the arguments in /proc/PID/cmdline; null if there are none (a kernel thread, a zombie). */
export function parseCmdline(text: string): readonly string[] | null {
  return text === '' ? null : text.replace(/\0$/, '').split('\0')
}

/** Returns the time of the boot in the text of /proc/stat, in milliseconds since 1970; null if the text does not contain it. */
export function parseBootTime(text: string): number | null {
  const seconds = /^btime (\d+)$/m.exec(text)?.[1]
  return seconds === undefined ? null : Number(seconds) * 1000
}
