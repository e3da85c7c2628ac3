/** Valid inputs of the parsers, in the forms that tools, daemons and people write them. All names in them are made up. */

const TOKEN = '5f0c1d2e3b4a59687786950a1b2c3d4e'

const OWN_RECORD = {
  schema: 1,
  family: 'sync',
  scope: '/home/dev/.spec-kitty',
  pid: 4711,
  birth: 'linux:1b2c:990011',
  boot_id: '1b2c',
  host_id: 'abcd',
  pid_namespace: 'pid:[4026531836]',
  host: '127.0.0.1',
  port: 9400,
  url: 'http://127.0.0.1:9400',
  token: TOKEN,
  package_version: '4.0.0',
  protocol_version: 1,
  build_time: '2026-11-20T10:00:00.000Z',
  executable: '/usr/bin/node',
  started_at: '2026-11-26T10:00:00.000Z',
  instance_id: 'f00d',
  state: 'running',
  stop_reason: null,
  stopped_at: null,
}

export const RECORD_SAMPLES: readonly string[] = [
  JSON.stringify(OWN_RECORD, null, 2),
  JSON.stringify({
    ...OWN_RECORD,
    state: 'stopped',
    stop_reason: 'idle',
    stopped_at: '2026-11-26T11:00:00.000Z',
  }),
  `http://127.0.0.1:9401\n9401\n${TOKEN}\n4712\n`,
  `http://127.0.0.1:9402\n9402\n${TOKEN}\n`,
]

const OWN_HEALTH = {
  status: 'ok',
  daemon_family: 'sync',
  singleton_scope_id: '/home/dev/.spec-kitty',
  protocol_version: 1,
  package_version: '4.0.0',
  owner: { pid: 4711, port: 9400, executable_path: '/usr/bin/node', source_checkout_path: '/opt/kit' },
}

const MISSION_EVENT = {
  event_id: '01HX0000000000000000000001',
  at: '2026-11-20T10:00:00.123456+00:00',
  mission_slug: '001-otter',
  wp_id: 'WP01',
  from_lane: 'planned',
  to_lane: 'claimed',
  actor: 'badger',
  force: false,
  reason: null,
  evidence: null,
  policy_metadata: { shell_pid: 4242, agent: 'badger' },
}

const ANNOTATION = {
  event_id: '01HX0000000000000000000002',
  at: '2026-11-20T11:00:00Z',
  kind: 'annotation',
  wp_id: 'WP01',
  actor: { tool: 'crane', model: 'large-1' },
  delta: { agent: 'crane', note: 'half way', subtasks: { T001: 'done' } },
}

const PYTHON_SYNC = `import os\nfrom specify_cli.sync.daemon import run_sync_daemon\nrun_sync_daemon(9400, '${TOKEN}')\n`
const PYTHON_DASHBOARD = `run_dashboard_server(Path('/home/dev/caf\\xe9'), 9237, '${TOKEN}')`

const TCP_HEAD =
  '  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n'

export const SAMPLES = {
  vis: ['/usr/bin/node /home/dev/cafM-CM-)/x\\012y\\011z', 'M-bM^@M-^F', 'a^Jb'],
  commandLines: [
    `"C:\\Program Files\\nodejs\\node.exe" "C:\\kit\\spec-kitty-daemon.js" sync --spec-kitty-daemon-root=C:\\Users\\dev`,
    `python.exe -c "a \\"quoted\\" word\\\\" tail`,
    `/usr/bin/python3 -c ${PYTHON_SYNC} --spec-kitty-daemon-root=/home/dev/.spec-kitty`,
    `/usr/bin/python3 -c ${PYTHON_DASHBOARD}`,
  ],
  tcp: [
    `${TCP_HEAD}   0: 0100007F:24B8 00000000:0000 0A 00000000:00000000 00:00000000 00000000  1000        0 4242 1 0 100 0 0 10 0\n` +
      '   1: 0100007F:24B9 0100007F:D431 01 00000000:00000000 00:00000000 00000000  1000        0 4243 1 0 100 0 0 10 0\n',
    `${TCP_HEAD}   0: 00000000000000000000000001000000:24B8 00000000000000000000000000000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 99 1 0 100 0 0 10 0\n`,
  ],
  stat: [
    '4711 (node) S 1 4711 4711 0 -1 4194304 100 0 0 0 12 5 0 0 20 0 11 0 990011 1000 200 18446744073709551615 1 1 0 0 0',
    '4712 (a b) (c)) Z 1 4711 4711 0 -1 4194304 100 0 0 0 12 5 0 0 20 0 1 0 990012 0 0 18446744073709551615 0 0',
  ],
  status: [
    'Name:\tnode\nUmask:\t0022\nState:\tS (sleeping)\nTgid:\t4711\nUid:\t1000\t1000\t1000\t1000\nVmRSS:\t   43120 kB\n',
  ],
  cmdline: [
    `/usr/bin/python3\0-c\0${PYTHON_SYNC}\0--spec-kitty-daemon-root=/home/dev/.spec-kitty\0`,
    `/usr/bin/python3\0-c\0${PYTHON_DASHBOARD}\0`,
    'node\0/opt/kit/spec-kitty-daemon.js\0sync\0--spec-kitty-daemon-root=/home/dev/.spec-kitty\0',
  ],
  bootTime: ['cpu  1 2 3 4\nintr 5\nbtime 1764100000\nprocesses 100\n'],
  holder: ['{"pid":4711,"birth":"linux:1b2c:990011"}', '{"pid":4711,"birth":"x","is_shown":false}'],
  health: [
    JSON.stringify(OWN_HEALTH),
    JSON.stringify({
      status: 'ok',
      protocol_version: 1,
      package_version: '3.2.2',
      token: TOKEN,
      sync: {},
      owner: {},
    }),
    JSON.stringify({ status: 'ok', project_path: '/home/dev/p', token: TOKEN }),
  ],
  literals: [`'/home/dev/it'`, `"/home/o'dev"`, `'/caf\\xe9/\\u20ac/\\U0001f9a1/\\udcff\\n'`],
  versions: ['1.2', 'v1.2.3', '1.2.3-rc.1', '3.2.0rc1', '1.2.3-5-gabc1234-dirty', '1.2.3+build.5'],
  since: ['2h', '1h30m', '14:05', '2026-11-26', '2026-11-26T14:05:09.123456+01:00', '2026-11-26 14:05Z'],
  log: [
    '{"at":"2026-11-26T10:00:00.000Z","event":"started","pid":4711,"message":"it runs"}',
    '{"at":"2026-11-26T10:00:00.000Z","event":"start_failed","stack":"a\\nb","nested":{"a":[1,2]}}',
    'no entry at all',
  ],
  words: [
    'auth-doctor',
    'sync stauts',
    "it's here",
    '/home/dev/with blank/caf\u00e9',
    '日本語の文字と e\u0301',
  ],
  events: [
    '{"event_type":"wp.moved","event_id":null,"payload":{"n":12345678901234567890,"project_uuid":null}}',
    '{"event_type":"x","event_id":"1","project_uuid":"u","timestamp":"2026-11-26T10:00:00Z"}',
    '{}',
  ],
  consent: [
    'project:\n  uuid: abc # ours\nsync:\n  enabled: true\n',
    'sync: {enabled: false}\r\nother: [1, 2]\r\n',
    '# nothing\n',
    'a: &x {b: 1}\nsync:\n  other: *x\n',
  ],
  urls: [
    'https://kit.example/api/?q=1#f',
    'http://127.0.0.1:8080',
    'https://dev:pw@kit.example',
    'http://[::1]:9/',
  ],
  retryAfter: ['120', 'Wed, 26 Nov 2026 10:00:00 GMT'],
  answers: [
    '{"results":[{"event_id":"a","status":"success"},{"event_id":"b","status":"rejected","error":"no"}]}',
    '{"error":"bad","details":"[{\\"event_id\\":\\"c\\",\\"reason\\":\\"too old\\"}]"}',
    '{"message":"later"}',
  ],
  frontMatter: [
    '---\nwork_package_id: WP01\ntitle: "Otters: first"\ndependencies: [WP02, WP03]\nlane: doing\nagent: badger\n---\nBody\n',
    '---\nwork_package_id: WP02\ndependencies:\n  - WP01\nsubtasks:\n- T001\n- T002\nassignee: ~\n---\n',
    '---\na: &x [1]\nb: *x\ntitle: |\n  two\n  lines\n...\n',
  ],
  missionLogs: [
    `${JSON.stringify(MISSION_EVENT)}\n${JSON.stringify(ANNOTATION)}\n`,
    JSON.stringify(ANNOTATION),
  ],
} as const
