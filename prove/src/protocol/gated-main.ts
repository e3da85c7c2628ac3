/**
 * A real client or a real daemon that is controlled by a replay. `bundle-gated.ts` bundles this file together with the
 * code that it runs.
 */
import { connect } from '../../../packages/familiar/dist/client/connect.js'
import { serve } from '../../../packages/familiar/dist/daemon/serve.js'
import { USER_SCOPE_RULES } from '../../../packages/familiar/dist/classify/decision-tables.js'
import type { Family } from '../../../packages/familiar/dist/family.js'
import type { SelfReport } from '../../../packages/familiar/dist/protocol/self-report.js'
import { ended, exit, gatedPlatform, idle } from './gates.js'

interface Orders {
  readonly scope: string
  readonly from: number
  readonly to: number
  readonly version: number
  /** The gate of the daemon that this client may start. */
  readonly daemonGate: string
}

const { scope, from, to, version, daemonGate } = JSON.parse(process.env['PROVE_ORDERS'] ?? '{}') as Orders
const isDaemon = process.env['PROVE_ROLE'] === 'daemon'

const family: Family = {
  name: 'sync',
  shapes: [{ implementation: 'own', head: [/.*node/, /.*gated\.mjs/], marker: /--scope=(?<scope>.+)/ }],
  readSelfReport,
  ports: { from, to },
  rules: USER_SCOPE_RULES,
  startingSeconds: 0,
  reasonNames: { other_family: 'other_family', not_ours: 'not_ours' },
  files: () => ({
    record: `${scope}/record`,
    predecessorRecords: [],
    sharedOwner: null,
    lifecycleLock: `${scope}/life`,
    daemonLock: `${scope}/daemon`,
    log: `${scope}/log`,
  }),
  predecessors: [],
  tokenDirectory: null,
  scopesInEnvironment: null,
  relatives: [],
}

interface Health {
  readonly daemon_family?: unknown
  readonly protocol_version: number
  readonly package_version: string
  readonly singleton_scope_id: string
  readonly owner: { readonly pid: number; readonly port: number }
}

function readSelfReport(body: unknown): SelfReport | null {
  const health = body as Health | null
  if (health?.daemon_family !== 'sync') return null
  return {
    protocolVersion: health.protocol_version,
    packageVersion: health.package_version,
    scope: health.singleton_scope_id,
    statesScope: true,
    verifiedBy: 'own_pid',
    pid: health.owner.pid,
    port: health.owner.port,
    token: null,
    installation: null,
    executable: null,
    details: {},
  }
}

const platform = await gatedPlatform()

async function runClient(): Promise<string> {
  const env = {
    PATH: process.env['PATH'],
    PROVE_ROLE: 'daemon',
    PROVE_GATE: daemonGate,
    PROVE_ORDERS: process.env['PROVE_ORDERS'],
  }
  const packageVersion = `${version}.0.0`
  const build = { implementation: 'own', packageVersion, protocolVersion: 1, buildTime: null } as const
  const found = await connect({
    family,
    scope,
    platform,
    self: { ...build, executable: process.execPath },
    launch: { args: [process.argv[1] ?? '', `--scope=${scope}`], env, cwd: '/', logFile: `${scope}/log` },
    doctorCommand: () => 'doctor',
    stopCommand: 'stop',
    versionVariable: '',
  })
  return found.outcome === 'connected' ? `daemon pid:${found.record.pid ?? 0}` : found.outcome
}

async function runDaemon(): Promise<void> {
  await serve({
    family,
    scope,
    platform,
    logFile: `${scope}/log`,
    packageVersion: `${version}.0.0`,
    protocolVersion: 1,
    buildTime: null,
    describe: () => ({}),
    isInstallationChanged: () => false,
    timing: { tickMs: 3_600_000, idleMs: 0, drainMs: 5_000, cleanEveryMs: 60_000 },
    mayHavePipe: true,
    exit,
    onReady: () => void setImmediate(() => void idle()),
  })
}

if (isDaemon) await runDaemon()
else {
  const outcome = await runClient().catch(
    (error: unknown) => `error ${String((error as { code?: unknown }).code)}`,
  )
  ended(outcome)
  // The end of a process is a move too: the controller either sends SIGKILL or lets the process exit.
  process.exit(0)
}
