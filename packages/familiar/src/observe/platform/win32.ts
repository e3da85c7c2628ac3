import { hostname } from 'node:os'
import { FamiliarError } from '../../errors.js'
import { isFileGone } from './file-gone.js'
import { hostIdOf } from './host-id.js'
import { holdersTold, wantedOf } from './darwin-and-win32.js'
import {
  type ProcessRow,
  type TcpRow,
  parseHost,
  parseListeners,
  parseProcesses,
  timeOf,
  timeOfTicks,
} from './parse-powershell.js'
import type { Host, Listener, Platform, PortRange, ProcessView } from './platform.js'
import { type RunTool, runTool } from './run-tool.js'
import { requireNativeLocks } from './native-locks.js'
import { tryForHolder } from './try-for-holder.js'
import { splitCommandLine } from './split-command-line.js'

/** Windows does not separate processes by namespaces. */
const NAMESPACES = 'none'

/** The first PowerShell after a boot takes seconds to start. */
const HOST_TIMEOUT_MS = 10_000

/**
 * The beginning of every script, which makes any error end it. Scripts contain no double quotes, because the command line
 * would change them.
 */
const BEGIN = [
  `$ErrorActionPreference='Stop'`,
  `$ProgressPreference='SilentlyContinue'`,
  `try{[Console]::OutputEncoding=New-Object System.Text.UTF8Encoding $false}catch{}`,
].join(';')

/** Runs one script and returns what it printed. */
type Ask = (script: string, deadline: AbortSignal) => Promise<string>

/**
 * Returns the Windows backend. It runs PowerShell 5.1, which every supported Windows has under `systemRoot`, by its full
 * path, because Windows looks up a bare name in the current directory first. Limits: each question starts a PowerShell,
 * which takes most of a second. Without elevation the command line, executable and owner of other users' processes are
 * unknown. The owner of a socket is always unknown. A start time is the creation time to 100 ns, without the boot: it is
 * unique across boots by itself, and Windows may correct the boot time. If PowerShell is restricted to the constrained
 * language, no question can be answered.
 */
export function createWin32(run: RunTool = runTool, systemRoot = 'C:\\Windows'): Platform {
  const powershell = `${systemRoot}\\System32\\WindowsPowerShell\\v1.0\\powershell.exe`
  const ask: Ask = (script, deadline) =>
    run(powershell, ['-NoProfile', '-NonInteractive', '-Command', `${BEGIN};${script}`], { deadline })
  return {
    name: 'win32',
    host: () => readHost(ask),
    listeners: (range, deadline) => readListeners(ask, range, deadline),
    holders: async (listeners) => holdersTold(listeners),
    matching: async () => null,
    lockHolder: async (path, told) => tryForHolder(path, told, requireNativeLocks),
    environment: () => Promise.resolve(null),
    startTimes: async (pids, deadline) => {
      const wanted = wantedOf(pids)
      const rows = wanted.size === 0 ? [] : await readProcesses(ask, wanted, deadline)
      return new Map(rows.map(({ pid, created }) => [pid, created === null ? null : timeOfTicks(created)]))
    },
    inspect: async (pids, deadline) => {
      const wanted = wantedOf(pids)
      if (wanted.size === 0) return new Map()
      const rows = await readProcesses(ask, wanted, deadline)
      const views = await Promise.all(rows.map((row) => toView(row, deadline)))
      return new Map(views.map((view) => [view.pid, view]))
    },
  }
}

async function readHost(ask: Ask): Promise<Host> {
  const script = `ConvertTo-Json -Compress -InputObject @{
    user=[string][Security.Principal.WindowsIdentity]::GetCurrent().User.Value;
    boot=[string](Get-CimInstance Win32_OperatingSystem).LastBootUpTime.ToFileTimeUtc()}`
  const { user, boot } = parseHost(await ask(oneLine(script), AbortSignal.timeout(HOST_TIMEOUT_MS)))
  const hostId = hostIdOf(hostname())
  return {
    pid: process.pid,
    user,
    bootId: `${hostId}/${boot}`,
    hostId,
    pidNamespace: NAMESPACES,
    namespaces: NAMESPACES,
    networkNamespace: NAMESPACES,
  }
}

/** Filters the ports in the pipeline, because the cmdlet fails at the first requested port without a listener. */
async function readListeners(ask: Ask, range: PortRange, deadline: AbortSignal): Promise<Listener[]> {
  if (range.to <= range.from) return []
  const script = `try{$all=@(Get-NetTCPConnection -State Listen -ErrorAction Stop)}
    catch{if($_.FullyQualifiedErrorId -notlike 'CmdletizationQuery_NotFound*'){throw};$all=@()};
    $rows=@($all|Where-Object{$_.LocalPort -ge ${range.from} -and $_.LocalPort -lt ${range.to}}|ForEach-Object{@{
    port=[int]$_.LocalPort;address=[string]$_.LocalAddress;pid=[long]$_.OwningProcess;
    created=$(if($_.CreationTime){[string]$_.CreationTime.ToFileTimeUtc()})}});
    ConvertTo-Json -Compress -Depth 4 -InputObject @{rows=$rows}`
  const rows = parseListeners(await ask(oneLine(script), deadline))
  const inRange = rows.filter((row) => row.port >= range.from && row.port < range.to)
  return [...new Map(inRange.map((row) => [socketOf(row), toListener(row)])).values()]
}

/** Windows does not number sockets. This key is unique unless two sockets are created on a port within the same 100 ns. */
function socketOf(row: TcpRow): string {
  return `${row.address}:${row.port}/${row.pid ?? '?'}/${row.created ?? '?'}`
}

function toListener(row: TcpRow): Listener {
  return { port: row.port, address: row.address, socket: socketOf(row), user: null, pid: row.pid }
}

async function readProcesses(
  ask: Ask,
  wanted: ReadonlySet<number>,
  deadline: AbortSignal,
): Promise<ProcessRow[]> {
  const filter = [...wanted].map((pid) => `ProcessId=${pid}`).join(' OR ')
  const script = `$rows=@(Get-CimInstance Win32_Process -Filter '${filter}'|ForEach-Object{$sid=$null;
    try{$owner=Invoke-CimMethod -InputObject $_ -MethodName GetOwnerSid;
    if($owner.ReturnValue -eq 0){$sid=[string]$owner.Sid}}catch{};
    @{pid=[long]$_.ProcessId;parent=[long]$_.ParentProcessId;sid=$sid;
    created=$(if($_.CreationDate){[string]$_.CreationDate.ToFileTimeUtc()});
    command=$_.CommandLine;path=$_.ExecutablePath;memory=[long]$_.WorkingSetSize;
    cpu=[long]($_.KernelModeTime+$_.UserModeTime)}});
    ConvertTo-Json -Compress -Depth 4 -InputObject @{now=[string][DateTime]::UtcNow.ToFileTimeUtc();rows=$rows}`
  const { rows, unread } = parseProcesses(await ask(oneLine(script), deadline))
  const found = rows.filter((row) => wanted.has(row.pid))
  if (unread > 0 && found.length < wanted.size) {
    throw new FamiliarError('E_LOOK_FAILED', 'powershell: a process in its answer has no pid')
  }
  return found
}

function oneLine(script: string): string {
  return script.replace(/\s+/g, ' ')
}

async function toView(row: ProcessRow, deadline: AbortSignal): Promise<ProcessView> {
  const { pid, parent, user, executable, ageSeconds, memoryBytes, cpuSeconds } = row
  return {
    pid,
    parent,
    startTime: row.created,
    user,
    command: row.commandLine === null ? null : { args: splitCommandLine(row.commandLine) },
    executable,
    executableGone: executable === null ? null : await isFileGone(executable, deadline),
    workingDirectoryGone: null,
    workingDirectory: null,
    namespaces: NAMESPACES,
    networkNamespace: NAMESPACES,
    ageSeconds,
    startedAt: row.created === null ? null : timeOf(row.created),
    memoryBytes,
    cpuSeconds,
  }
}
