/**
 * Predecessors as they were found running, re-written as data: the command line, the health reply and the record of
 * each release. Ports, keys and the shape of every argument are as seen; paths are examples.
 */
export const PYTHON = '/home/dev/.local/pipx/venvs/spec-kitty-cli/bin/python'
export const ROOT = '/home/dev/.spec-kitty'
export const PROJECT = '/home/dev/projects/proj000'

export interface Predecessor {
  readonly version: string
  readonly port: number
  readonly pid: number
  readonly token: string
  readonly args: readonly string[]
  readonly reply: { readonly [key: string]: unknown }
}

export function syncArgs(port: number, token: string, root: string | null = ROOT): readonly string[] {
  const script = `import os\nos.environ["SPEC_KITTY_SYNC_MINIMAL_IMPORT"] = "1"\nfrom specify_cli.sync.daemon import run_sync_daemon\nrun_sync_daemon(${port}, '${token}')\n`
  const later =
    root === null ? [] : [`--spec-kitty-daemon-root=${root}`, '--spec-kitty-daemon-exec=/usr/bin/python3.11']
  return [PYTHON, '-c', script, ...later]
}

function syncDaemon(version: string, port: number, pid: number, token: string): Predecessor {
  const names = ['3.2.2', '3.2.3'].includes(version)
    ? {}
    : { daemon_family: 'sync', singleton_scope_id: ROOT }
  return {
    version,
    port,
    pid,
    token,
    args: syncArgs(port, token),
    reply: {
      status: 'ok',
      token,
      ...names,
      protocol_version: 1,
      package_version: version,
      sync: { running: true, last_sync: null, consecutive_failures: 0 },
      websocket_status: 'Offline',
      owner: {
        pid,
        port,
        token: '<redacted>',
        package_version: version,
        executable_path: '/usr/bin/python3.11',
        source_checkout_path: '/home/dev/.local/pipx/venvs/spec-kitty-cli',
        server_url: 'https://sync.example.com',
        auth_principal: null,
        auth_team: null,
        auth_scope: null,
        queue_db_path: `${ROOT}/queue.db`,
        started_at: '2026-11-21T09:35:33+00:00',
      },
    },
  }
}

/** Up to 3.2.3: the reply names neither family nor scope, and `owner` is a file that all daemons of the root share. */
export const UNNAMED_SYNC: readonly Predecessor[] = [
  syncDaemon('3.2.2', 9410, 2066, '2db385d7f70d16bb8ae30a051bcdc7fa'),
  syncDaemon('3.2.3', 9411, 2074, 'dd7f64829949d32de1134d76c8023d98'),
]

/** From 3.2.4 on. */
export const NAMED_SYNC: readonly Predecessor[] = [
  syncDaemon('3.2.4', 9412, 2082, '8dbd98dde9a8fe7803216c4e54dac522'),
  syncDaemon('3.2.5', 9413, 2090, '75d240244233717a3995c18e4144f0e7'),
  syncDaemon('3.2.6rc3', 9400, 25, 'c3d84a2bf5403c615171afe0818c0004'),
]

export const SYNC: readonly Predecessor[] = [...UNNAMED_SYNC, ...NAMED_SYNC]

/** `literal` is the project as Python's `repr` writes it. */
export function dashboardArgs(literal: string, port: number, token: string): readonly string[] {
  const script = `\nimport sys\nfrom pathlib import Path\nrepo_root = Path('/home/dev/src/spec-kitty/src')\n# Always insert at position 0 to ensure correct spec-kitty version takes priority\n# over any other paths in PYTHONPATH or .pth files\nsys.path.insert(0, str(repo_root))\nfrom specify_cli.dashboard.server import run_dashboard_server\nrun_dashboard_server(Path(${literal}), ${port}, '${token}')\n`
  return [PYTHON, '-c', script]
}

const DASHBOARD_TOKEN = '6475b972e649abbb665592673b521f0d'

export const DASHBOARD: Predecessor = {
  version: '3.2.6',
  port: 9237,
  pid: 521,
  token: DASHBOARD_TOKEN,
  args: dashboardArgs(`'${PROJECT}'`, 9237, DASHBOARD_TOKEN),
  reply: {
    status: 'ok',
    project_path: PROJECT,
    sync: { running: false, last_sync: null, consecutive_failures: 0 },
    websocket_status: 'Offline',
    token: DASHBOARD_TOKEN,
  },
}

const OWNER = {
  pid: 4711,
  port: 9400,
  package_version: '4.0.0',
  executable_path: '/usr/bin/node',
  source_checkout_path: '/opt/spec-kitty',
  server_url: 'https://sync.example.com',
  auth_principal: 'dev',
  auth_team: 'kittens',
  auth_scope: 'team:kittens',
  queue_db_path: `${ROOT}/daemons/sync/queue.db`,
  started_at: '2026-11-21T09:35:33Z',
}

/** The reply of our own sync daemon. No token in it. */
export const OWN_SYNC_REPLY = {
  status: 'ok',
  daemon_family: 'sync',
  singleton_scope_id: ROOT,
  protocol_version: 2,
  package_version: '4.0.0',
  sync: { running: true, last_sync: '2026-11-21T09:40:00Z', consecutive_failures: 2 },
  owner: OWNER,
}

/** The reply of our own dashboard: the same head, and its project. */
export const OWN_DASHBOARD_REPLY = {
  status: 'ok',
  daemon_family: 'dashboard',
  singleton_scope_id: PROJECT,
  project_path: PROJECT,
  protocol_version: 2,
  package_version: '4.0.0',
  sync: { running: false, last_sync: null, consecutive_failures: 0 },
  owner: { ...OWNER, port: 9237 },
}

export const OWN_SYNC_ARGS = [
  '/usr/bin/node',
  '/opt/spec-kitty/bin/spec-kitty-daemon.js',
  'sync',
  `--spec-kitty-daemon-root=${ROOT}`,
] as const

export const OWN_DASHBOARD_ARGS = [
  '/usr/bin/node',
  '/opt/spec-kitty/bin/spec-kitty-daemon.js',
  'dashboard',
  `--spec-kitty-dashboard-project=${PROJECT}`,
] as const
