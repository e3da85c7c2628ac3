import type { FactsBasis } from '../../src/classify/derive-facts.js'
import type { Listener, ProcessView } from '../../src/identity/machine.js'
import type { DaemonRecord, RecordRead } from '../../src/protocol/record.js'
import type { SelfReport } from '../../src/protocol/self-report.js'
import type { ScopeSnapshot, Observation, ScanContext } from '../../src/classify/observation.js'
import type { ShapeMatch } from '../../src/identity/spawn-shape.js'
import type { Self } from '../../src/identity/versions.js'

/**
 * Parts of a scan, to be varied. The observation without any change is a stale daemon of ours on `HERE` with every proof:
 * the record of `HERE` names another process that lives.
 */
export const BASIS: FactsBasis = { ports: { from: 9400, to: 9450 }, startingSeconds: 30 }
export const HERE = '/home/dev/.spec-kitty'
export const ELSEWHERE = '/home/eve/.spec-kitty'
/** A link to `HERE`: other text, same real path. */
export const LINK = '/mnt/home/dev/.spec-kitty'
export const USER = '1000'
export const NAMESPACES = 'pid:[4026531836] mnt:[4026531841] time:[4026531834] user:[4026531837] root:65024/2'
export const NETWORK = 'net:[4026531840]'
export const MACHINE = { hostId: 'host-a', bootId: 'boot-a', pidNamespace: 'pid:[4026531836]' }
export const PID = 700
export const PORT = 9401
export const START_TIME = 'boot-a/7000'
export const TOKEN = '2db385d7f70d16bb8ae30a051bcdc7fa'
/** The daemon that the record of `HERE` names. */
export const LIVE_PID = 800
export const LIVE_PORT = 9400
export const LIVE_START_TIME = 'boot-a/8000'
export const LIVE_TOKEN = '8dbd98dde9a8fe7803216c4e54dac522'

/** The installation whose command scans. */
export const SELF: Self = {
  implementation: 'own',
  protocolVersion: 2,
  packageVersion: '4.0.0',
  buildTime: null,
  executable: '/usr/bin/node',
}

export function listener(change: Partial<Listener> = {}): Listener {
  return { port: PORT, address: '127.0.0.1', socket: '4711', user: USER, pid: null, ...change }
}

export function processView(change: Partial<ProcessView> = {}): ProcessView {
  return {
    pid: PID,
    parent: 1,
    startTime: START_TIME,
    user: USER,
    command: {
      args: ['node', '/opt/bin/spec-kitty-daemon.js', 'sync', `--spec-kitty-daemon-root=${HERE}`],
    },
    executable: '/usr/bin/node',
    executableGone: false,
    workingDirectoryGone: false,
    workingDirectory: null,
    namespaces: NAMESPACES,
    networkNamespace: NETWORK,
    ageSeconds: 3600,
    startedAt: '2026-11-26T11:00:00.000Z',
    memoryBytes: 50 * 1024 * 1024,
    cpuSeconds: 1.5,
    ...change,
  }
}

/** The process that the record of `HERE` names: a predecessor's, so that either kind of record can name it. */
export function liveProcess(change: Partial<ProcessView> = {}): ProcessView {
  const script = `\nrun_sync_daemon(${LIVE_PORT}, '${LIVE_TOKEN}')\n`
  return processView({
    pid: LIVE_PID,
    startTime: LIVE_START_TIME,
    command: { args: ['python', '-c', script, `--spec-kitty-daemon-root=${HERE}`] },
    executable: '/usr/bin/python3.11',
    ...change,
  })
}

export function shape(change: Partial<ShapeMatch> = {}): ShapeMatch {
  return { implementation: 'own', marker: HERE, port: null, token: null, ...change }
}

/** What a predecessor's command line says. */
export function oldShape(change: Partial<ShapeMatch> = {}): ShapeMatch {
  return shape({ implementation: 'predecessor', port: PORT, token: TOKEN, ...change })
}

export function report(change: Partial<SelfReport> = {}): SelfReport {
  return {
    protocolVersion: 2,
    packageVersion: '4.0.0',
    scope: HERE,
    statesScope: true,
    verifiedBy: 'own_pid',
    pid: PID,
    port: PORT,
    token: null,
    installation: '/opt',
    executable: '/usr/bin/node',
    details: {},
    ...change,
  }
}

/** The self-report of a predecessor up to 3.2.3: no pid, no port and no scope that could be trusted. */
export function oldReport(change: Partial<SelfReport> = {}): SelfReport {
  return report({
    protocolVersion: 1,
    packageVersion: '3.2.3',
    scope: null,
    statesScope: false,
    verifiedBy: 'command_line',
    pid: null,
    port: null,
    token: TOKEN,
    ...change,
  })
}

export function observation(change: Partial<Observation> = {}): Observation {
  const [told, shaped] = [change.report === undefined ? report() : change.report, change.shape ?? null]
  const marker = change.shape === undefined ? HERE : (shaped?.marker ?? null)
  return {
    ownsToken: false,
    forkedFrom: [],
    heldDirectory: null,
    namedScopes: [...new Set([marker, told?.scope ?? null])].flatMap((name) => name ?? []),
    port: PORT,
    listeners: [listener()],
    pid: PID,
    process: processView(),
    answer: 'self_report',
    report: report(),
    shape: shape(),
    otherFamily: null,
    ...change,
  }
}

/** Our own record. Without a change it names the live daemon of `HERE`. */
export function ownRecord(change: Partial<DaemonRecord> = {}): DaemonRecord {
  return {
    implementation: 'own',
    scope: HERE,
    pid: LIVE_PID,
    startTime: LIVE_START_TIME,
    port: LIVE_PORT,
    token: LIVE_TOKEN,
    running: true,
    packageVersion: '4.0.0',
    protocolVersion: 2,
    buildTime: null,
    executable: null,
    hostId: null,
    bootId: null,
    pidNamespace: null,
    startedAt: '2026-11-21T09:35:33Z',
    instanceId: 'instance-a',
    stopReason: null,
    stoppedAt: null,
    ...change,
  }
}

/** A predecessor's record of four lines. Without a change it names the live daemon of `HERE`. */
export function oldRecord(change: Partial<DaemonRecord> = {}): DaemonRecord {
  return {
    ...ownRecord(),
    implementation: 'predecessor',
    scope: null,
    startTime: null,
    packageVersion: null,
    protocolVersion: null,
    startedAt: null,
    instanceId: null,
    ...change,
  }
}

export function readable(record: DaemonRecord): RecordRead {
  return { state: 'readable', record }
}

export const ABSENT: RecordRead = { state: 'absent' }
export const MALFORMED: RecordRead = { state: 'malformed', why: 'its content is no record' }
export const UNREADABLE: RecordRead = { state: 'unreadable', why: 'EACCES' }

export function scopeView(change: Partial<ScopeSnapshot> = {}): ScopeSnapshot {
  return {
    real: HERE,
    gone: false,
    unchangedSinceMs: null,
    // If it is gone, it was removed just now.
    above: change.gone === true ? { changedMs: secondsBefore(0), isEmpty: false } : null,
    ownSinceMs: null,
    records: [readable(ownRecord()), ABSENT],
    sharedOwnerPresent: true,
    owner: USER,
    directory: null,
    lockTouchedAt: null,
    lockHolder: null,
    ...change,
  }
}

/** When the processes of a context were read. */
const INSPECTED_MS = Date.UTC(2026, 0, 1)

/** Returns the time that was so many seconds before the processes of a context were read, in milliseconds since 1970. */
export function secondsBefore(seconds: number): number {
  return INSPECTED_MS - seconds * 1_000
}

/** Returns the context of a scan of `here`: the texts `HERE` and `LINK` mean it, `ELSEWHERE` another scope. */
export function context(
  here: ScopeSnapshot = scopeView(),
  elsewhere: ScopeSnapshot = scopeView({ real: ELSEWHERE, records: [ABSENT, ABSENT] }),
  alive: readonly ProcessView[] = [processView(), liveProcess()],
): ScanContext {
  return {
    user: USER,
    namespaces: NAMESPACES,
    networkNamespace: NETWORK,
    machine: MACHINE,
    here,
    scopes: new Map([
      [HERE, here],
      [LINK, here],
      [ELSEWHERE, elsewhere],
    ]),
    alive: new Map(alive.map((view) => [view.pid, view])),
    inspectedMs: INSPECTED_MS,
  }
}
