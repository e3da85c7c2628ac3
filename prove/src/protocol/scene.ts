/** The one scope, its family and its machine, which client, daemon and world share. */
import { USER_SCOPE_RULES } from '../../../packages/familiar/dist/classify/decision-tables.js'
import type { Family } from '../../../packages/familiar/dist/family.js'
import type { SelfReport } from '../../../packages/familiar/dist/protocol/self-report.js'

export const SCOPE = '/scope'

/** A daemon takes the first port of the range that is free. */
export const FIRST_PORT = 20_000
const PORTS = { from: FIRST_PORT, to: FIRST_PORT + 1_000 }

export const HOST = {
  pid: 0,
  user: '1000',
  bootId: 'boot',
  hostId: 'host',
  pidNamespace: 'pid',
  namespaces: 'all',
  networkNamespace: 'net',
} as const

export const versionText = (version: number): string => `${version}.0.0`

/** Returns the command line of a daemon. (It is never used to search for an executable.) */
export const commandOf = (version: number): readonly string[] => [
  'node',
  `daemon-${version}.js`,
  `--scope=${SCOPE}`,
]

const FILES = {
  record: '/scope/record',
  predecessorRecords: [],
  sharedOwner: null,
  lifecycleLock: '/scope/life',
  daemonLock: '/scope/daemon',
  log: '/scope/log',
}

/** Returns the short name of a file of the scope. */
export const fileOf = (path: string): string => path.slice(SCOPE.length + 1)

export const family: Family = {
  name: 'sync',
  shapes: [{ implementation: 'own', head: [/node/, /daemon-\d+\.js/], marker: /--scope=(?<scope>.+)/ }],
  readSelfReport: (body) => readReport(body),
  ports: PORTS,
  rules: USER_SCOPE_RULES,
  startingSeconds: 0,
  reasonNames: { other_family: 'other_family', not_ours: 'not_ours' },
  files: () => FILES,
  predecessors: [],
  tokenDirectory: null,
  scopesInEnvironment: null,
  relatives: [],
}

export function reportOf(pid: number, port: number, version: number): SelfReport {
  return {
    protocolVersion: 1,
    packageVersion: versionText(version),
    scope: SCOPE,
    statesScope: true,
    verifiedBy: 'own_pid',
    pid,
    port,
    token: null,
    installation: `/installation-${version}`,
    executable: 'node',
    details: {},
  }
}

/** Parses the daemon's own health reply, which the daemon checks before it reports that it is ready. */
function readReport(body: unknown): SelfReport | null {
  const { owner, package_version: version } = body as {
    readonly owner: { readonly pid: number; readonly port: number }
    readonly package_version: string
  }
  return reportOf(owner.pid, owner.port, Number(version.split('.')[0]))
}
