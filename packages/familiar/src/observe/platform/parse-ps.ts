import { decodeVis } from './decode-vis.js'

/** One process as macOS `ps` prints it. Null always means *unknown*. */
export interface PsRow {
  readonly pid: number
  readonly parent: number | null
  /** The uid; null if the real and the effective one differ, because the owner is then ambiguous. */
  readonly user: string | null
  readonly zombie: boolean
  /** The start time in UTC, to the second: `2026-11-21T09:35:43Z`. */
  readonly started: string | null
  readonly ageSeconds: number | null
  readonly memoryBytes: number | null
  /** The CPU time, to a hundredth of a second. */
  readonly cpuSeconds: number | null
  /** The first argument if it is an absolute path: what the process claims to be its executable. */
  readonly executable: string | null
  /** All arguments, joined by blanks. */
  readonly command: string | null
}

interface PsAnswer {
  readonly rows: readonly PsRow[]
  /** The number of lines that name no process or were cut off. Unless it is 0, a pid that is not in `rows` may still exist. */
  readonly unread: number
}

/**
 * The columns to request. `comm` may contain blanks and is padded to an unknown width, so the pid is requested a second
 * time, between `comm` and `command`, to mark where `comm` ends.
 */
export const PS_COLUMNS = 'pid=,ppid=,uid=,ruid=,stat=,lstart=,etime=,time=,rss=,comm=,pid=,command='

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec']

/** Each part is optional and requires the one before it, so a line that is malformed at the end still names its process. */
const LINE = new RegExp(
  String.raw`^\s*(?<pid>[1-9]\d*)(?:\s+(?<parent>\d+)\s+(?<uid>-?\d+)\s+(?<real>-?\d+)\s+(?<stat>[A-Z?]\S*)` +
    String.raw`(?:\s+[A-Z][a-z]{2} (?<month>[A-Z][a-z]{2}) (?<day>[ \d]\d) (?<time>\d\d:\d\d:\d\d) (?<year>\d{4})` +
    String.raw`(?:\s+(?<etime>[\d:-]+)\s+(?<cpu>\S+)\s+(?<rss>\d+)(?: (?<rest>.*))?)?)?)?(?:\s|$)`,
  's',
)

type Groups = Readonly<Record<string, string | undefined>>

/**
 * Returns a row for each line that names a process. Other parts of the line are null if they are missing or malformed.
 * Never throws. A last line without a line end was cut off, perhaps in the middle of its pid, so it is not read.
 */
export function parsePs(text: string): PsAnswer {
  const [cut = '', ...whole] = text.split(/\r?\n/).toReversed()
  const lines = whole.toReversed().filter((line) => line.trim() !== '')
  const rows = lines.flatMap((line) => {
    const groups: Groups | undefined = LINE.exec(line)?.groups
    return groups === undefined ? [] : [toRow(groups)]
  })
  return { rows, unread: lines.length - rows.length + (cut.trim() === '' ? 0 : 1) }
}

function toRow(groups: Groups): PsRow {
  const memory = 1024 * Number(groups['rss'] ?? 0)
  return {
    pid: Number(groups['pid']),
    parent: groups['parent'] === undefined ? null : Number(groups['parent']),
    user: groups['uid'] === groups['real'] ? userOf(groups['uid']) : null,
    zombie: groups['stat']?.startsWith('Z') ?? false,
    started: startOf(groups),
    ageSeconds: secondsOf(groups['etime'] ?? ''),
    memoryBytes: memory > 0 ? memory : null,
    cpuSeconds: secondsOf(groups['cpu'] ?? ''),
    ...commandOf(groups['rest'] ?? '', groups['pid'] ?? ''),
  }
}

/** Returns the uid as an unsigned number. `ps` prints it as a signed one: the user `nobody` has -2 instead of 4294967294. */
function userOf(uid: string | undefined): string | null {
  return uid === undefined ? null : String(Number(uid) >>> 0)
}

function startOf(groups: Groups): string | null {
  const month = MONTHS.indexOf(groups['month'] ?? '') + 1
  if (month === 0) return null
  const day = (groups['day'] ?? '').trim().padStart(2, '0')
  return `${groups['year']}-${String(month).padStart(2, '0')}-${day}T${groups['time']}Z`
}

/** Parses `[[days-]hours:]minutes:seconds`; the seconds of CPU time have two decimals. */
function secondsOf(text: string): number | null {
  const parts = /^(?:(?<d>\d+)-)?(?:(?<h>\d+):)?(?<m>\d+):(?<s>\d+(?:[.,]\d\d)?)$/.exec(text)?.groups
  if (parts === undefined) return null
  const hours = 24 * Number(parts['d'] ?? 0) + Number(parts['h'] ?? 0)
  return 60 * (60 * hours + Number(parts['m'])) + Number(parts['s']?.replace(',', '.'))
}

/**
 * Both columns come from the arguments of the process, and `comm` is the first of them, so `command` begins with `comm`.
 * If the arguments cannot be read, `ps` shows a short name in parentheses instead: that means *unknown*.
 */
function commandOf(rest: string, pid: string): Pick<PsRow, 'executable' | 'command'> {
  const between = ` ${pid} `
  for (let at = rest.indexOf(between); at >= 0; at = rest.indexOf(between, at + 1)) {
    const comm = rest.slice(0, at).trimEnd()
    const command = rest.slice(at + between.length)
    if (command !== comm && !command.startsWith(`${comm} `)) continue
    if (/^(?:\(.*\)|<defunct>)$/s.test(command)) break
    return { executable: comm.startsWith('/') ? decodeVis(comm) : null, command: decodeVis(command) }
  }
  return { executable: null, command: null }
}
