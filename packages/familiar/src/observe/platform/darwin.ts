import { hostname } from 'node:os'
import { FamiliarError } from '../../errors.js'
import { isFileGone } from './file-gone.js'
import { hostIdOf } from './host-id.js'
import { holdersTold, wantedOf } from './darwin-and-win32.js'
import { LSOF_FIELDS, type LsofRow, parseLsof } from './parse-lsof.js'
import { PS_COLUMNS, type PsRow, parsePs } from './parse-ps.js'
import type { Host, Listener, Platform, PortRange, ProcessView } from './platform.js'
import { type RunTool, runTool } from './run-tool.js'
import { requireNativeLocks } from './native-locks.js'
import { tryForHolder } from './try-for-holder.js'

const LSOF = '/usr/sbin/lsof'
const PS = '/bin/ps'
const SYSCTL = '/usr/sbin/sysctl'

/** The whole environment of the tools: fixed time zone and language, nothing inherited. */
const ENV = { TZ: 'UTC', LC_ALL: 'C' }

/** macOS does not separate processes by namespaces. */
const NAMESPACES = 'none'

/** `sysctl` answers in a few milliseconds; the rest is a margin for a busy machine. */
const HOST_TIMEOUT_MS = 2000

/**
 * Returns the macOS backend. It runs `lsof`, `ps` and `sysctl`, each by its full path, so that PATH cannot replace them.
 * Limits: without root, `lsof` shows only the sockets of this user's processes, so listeners of other users are not seen.
 * A start time has a resolution of one second. The executable is what the process claims in its first argument, and is
 * unknown if that is not an absolute path. So the path that a process of a user other than `user` claims is not looked up:
 * whether that executable is gone is unknown. The arguments are joined into one text.
 */
export function createDarwin(run: RunTool = runTool, user: string = ownUser()): Platform {
  const boot = (deadline: AbortSignal): Promise<string> => readBootSession(run, deadline)
  return {
    name: 'darwin',
    host: async () => toHost(await boot(AbortSignal.timeout(HOST_TIMEOUT_MS))),
    listeners: (range, deadline) => readListeners(run, range, deadline),
    holders: async (listeners) => holdersTold(listeners),
    matching: async () => null,
    lockHolder: async (path, told) => tryForHolder(path, told, requireNativeLocks),
    environment: () => Promise.resolve(null),
    startTimes: async (pids, deadline) => {
      const wanted = wantedOf(pids)
      const rows = wanted.size === 0 ? [] : await readProcesses(run, wanted, deadline)
      return new Map(rows.map(({ pid, started }) => [pid, started === null ? null : Date.parse(started)]))
    },
    inspect: async (pids, deadline) => {
      const wanted = wantedOf(pids)
      if (wanted.size === 0) return new Map()
      // Without the boot session, start times are unknown, but everything else can still be reported.
      const session = boot(deadline).catch(() => null)
      const rows = await readProcesses(run, wanted, deadline)
      const views = rows.map(async (row) => toView(row, await session, user, deadline))
      return new Map((await Promise.all(views)).map((view) => [view.pid, view]))
    },
  }
}

async function readBootSession(run: RunTool, deadline: AbortSignal): Promise<string> {
  const session = (await run(SYSCTL, ['-n', 'kern.bootsessionuuid'], { deadline, env: ENV })).trim()
  if (/^[0-9a-f-]{36}$/i.test(session)) return session
  throw new FamiliarError('E_LOOK_FAILED', 'sysctl: kern.bootsessionuuid is no UUID on this machine')
}

function ownUser(): string {
  return String(process.geteuid?.() ?? 'unknown')
}

function toHost(bootId: string): Host {
  return {
    pid: process.pid,
    user: ownUser(),
    bootId,
    hostId: hostIdOf(hostname()),
    pidNamespace: NAMESPACES,
    namespaces: NAMESPACES,
    networkNamespace: NAMESPACES,
  }
}

async function readListeners(run: RunTool, range: PortRange, deadline: AbortSignal): Promise<Listener[]> {
  if (range.to <= range.from) return []
  const ports = `-iTCP:${range.from}-${range.to - 1}`
  const args = ['-nP', '-w', ports, '-sTCP:LISTEN', '-F', LSOF_FIELDS]
  const rows = parseLsof(await run(LSOF, args, { deadline, env: ENV, quietExit: 1 }))
  const sockets = new Map<string, LsofRow[]>()
  for (const row of rows) {
    if (row.port >= range.from && row.port < range.to) {
      sockets.set(row.socket, [...(sockets.get(row.socket) ?? []), row])
    }
  }
  return [...sockets.values()].flatMap(toListener)
}

function toListener(rows: readonly LsofRow[]): Listener[] {
  const [first] = rows
  if (first === undefined) return []
  const { port, address, socket } = first
  const user = rows.every((row) => row.user === first.user) ? first.user : null
  return [{ port, address, socket, user, pid: holderAmong(rows) }]
}

/** Returns the holder if several processes share a socket: the one that all others descend from; null if there is none. */
function holderAmong(rows: readonly LsofRow[]): number | null {
  const pids = new Set(rows.map((row) => row.pid))
  const eldest = new Set(rows.filter((row) => !pids.has(row.parent ?? 0)).map((row) => row.pid))
  const [holder] = eldest
  return eldest.size === 1 && holder !== undefined ? holder : null
}

async function readProcesses(
  run: RunTool,
  wanted: ReadonlySet<number>,
  deadline: AbortSignal,
): Promise<PsRow[]> {
  const args = ['-ww', '-o', PS_COLUMNS, '-p', [...wanted].join(',')]
  const { rows, unread } = parsePs(await run(PS, args, { deadline, env: ENV, quietExit: 1 }))
  const found = rows.filter((row) => wanted.has(row.pid))
  if (unread > 0 && found.length < wanted.size) {
    throw new FamiliarError('E_LOOK_FAILED', 'ps: its answer has not the form that was asked for')
  }
  return found.filter((row) => !row.zombie)
}

async function toView(
  row: PsRow,
  session: string | null,
  own: string,
  deadline: AbortSignal,
): Promise<ProcessView> {
  const { pid, parent, user, executable, started, ageSeconds, memoryBytes, cpuSeconds } = row
  return {
    pid,
    parent,
    startTime: session === null || started === null ? null : `${session}/${started}`,
    user,
    command: row.command === null ? null : { text: row.command },
    executable,
    executableGone: executable === null || user !== own ? null : await isFileGone(executable, deadline),
    workingDirectoryGone: null,
    workingDirectory: null,
    namespaces: NAMESPACES,
    networkNamespace: NAMESPACES,
    ageSeconds,
    startedAt: started === null ? null : new Date(started).toISOString(),
    memoryBytes,
    cpuSeconds,
  }
}
