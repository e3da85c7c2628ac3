import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { spawnPredecessor, stopAll, writeSyncRecord } from '../../../../stand-ins/predecessor.mjs'
import { isAlive, startTicksOf } from '../helpers/machine.js'
import { findingOf, makeRoot, signal, type SyncRoot } from './sync-root.js'
import { makeShell } from './sync-shell.js'

/** The commands that `sync status` and the doctor name are right for the daemon that is there, and end none that is in use. */
let root: SyncRoot
let project: string

const ON = { SPEC_KITTY_ENABLE_SAAS_SYNC: '1' }
const SERVER = 'http://127.0.0.1:9'

beforeEach(() => {
  root = makeRoot()
  project = join(root.base, 'project')
  mkdirSync(join(project, '.kittify'), { recursive: true })
  mkdirSync(root.path)
})

afterEach(async () => {
  await stopAll()
  await root.end()
})

function publish(): void {
  expect(root.run(['sync', 'publish', '--type', 'T', '--project', project]).status).toBe(0)
}

function signIn(): void {
  const login = `echo a-token | spec-kitty auth login --with-token --server ${SERVER}`
  expect(makeShell(root)(login)).toMatchObject({ status: 0 })
}

/** Signs in, and lets the events of the project leave. */
function optIn(): void {
  signIn()
  writeFileSync(join(project, '.kittify', 'config.yaml'), 'sync:\n  enabled: true\n')
}

/** The line with this label and those below it. */
function linesAt(label: string, stdout: string): string {
  return stdout.match(new RegExp(`^${label} .*(?:\\n .*)*`, 'm'))?.[0].replaceAll(/ +/g, ' ') ?? ''
}

it('with hosted sync off, no command is named that would end a daemon of the Python spec-kitty', async () => {
  const old = await spawnPredecessor({ family: 'sync', port: 9445, version: '3.2.5', root: root.path })
  writeSyncRecord(root.path, { port: 9445, token: old.token, pid: old.pid })
  const ticks = startTicksOf(old.pid)
  publish()
  for (const env of [{}, { HOME: root.base }]) {
    const { stdout } = root.run(['sync', 'status'], { env })
    expect(linesAt('uploads', stdout)).toContain('spec-kitty explain rollout_disabled')
    expect(stdout).not.toContain('sync restart')
  }
  expect(JSON.stringify(root.json(['auth', 'doctor']).document.findings)).not.toContain('sync restart')
  makeShell(root)('spec-kitty explain rollout_disabled')
  expect(isAlive(old.pid, ticks ?? '')).toBe(true)
})

it('with hosted sync off, the daemon of a home that only this call names is not restarted', () => {
  root.start()
  publish()
  const usual = root.run(['sync', 'status']).stdout
  expect(linesAt('uploads', usual)).toContain(
    'export SPEC_KITTY_ENABLE_SAAS_SYNC=1 && spec-kitty sync restart',
  )
  const named = root.run(['sync', 'status'], { env: { HOME: root.base } }).stdout
  expect(linesAt('uploads', named)).toContain('spec-kitty explain rollout_disabled')
  expect(named).not.toContain('sync restart')
})

it('status and sync now name the same command where hosted sync is off and no daemon runs', () => {
  publish()
  // A daemon would send nothing before a sign-in and an opt-in, so none is started.
  const on = 'export SPEC_KITTY_ENABLE_SAAS_SYNC=1'
  for (const [command, prepare] of [
    [on, () => undefined],
    [`${on} && spec-kitty sync now`, optIn],
  ] as const) {
    prepare()
    expect(root.json(['sync', 'status']).document.nothing_leaves.command).toBe(command)
    expect(root.run(['sync', 'now']).stderr).toContain(`): ${command}\n`)
  }
  const known = root.run(['auth', 'doctor']).stdout
  expect(known).toMatch(/^No problems found\. 1 thing to know\.$/m)
  expect(known).toContain('1 event waits: hosted sync is off')
})

it('a misspelt switch is told by status, doctor and config list', () => {
  const env = { SPEC_KITTY_ENABLE_SAAS_SYNC: 'ture' }
  const said = 'hosted sync is off in this shell: SPEC_KITTY_ENABLE_SAAS_SYNC is "ture"; write 1'
  expect(root.run(['sync', 'status'], { env }).stdout).toContain(said)
  expect(root.run(['config', 'list'], { env })).toMatchObject({
    status: 1,
    stdout: expect.stringContaining(`wrong: ${said}`),
  })
  expect(findingOf(root.json(['auth', 'doctor'], { env }).document, 'F-012').summary).toBe(said)
})

it('a daemon that was started with hosted sync off is a problem where it is on here', () => {
  publish()
  root.start()
  const { stdout } = root.run(['sync', 'status'], { env: ON })
  expect(linesAt('uploads', stdout)).toContain(
    'was off when the sync daemon started\n spec-kitty sync restart',
  )
  const found = findingOf(root.json(['auth', 'doctor'], { env: ON }).document, 'F-018')
  expect([found.severity, found.remediation.commands, found.remediation.safe]).toEqual([
    'warn',
    ['spec-kitty sync restart'],
    false,
  ])
})

it('a daemon that does not answer is named as the reason, and the command works as it is printed', () => {
  signIn()
  publish()
  writeFileSync(join(project, '.kittify', 'config.yaml'), 'sync:\n  enabled: true\n')
  const daemon = root.start({ env: ON })
  signal(daemon, 'SIGSTOP')
  const { stdout } = root.run(['sync', 'status'], { env: ON })
  const command = 'spec-kitty sync stop'
  const next = 'spec-kitty sync now'
  expect(linesAt('uploads', stdout)).toContain(
    `nothing leaves: the sync daemon does not answer\n ${command} && ${next}`,
  )
  expect(stdout).not.toContain('after that')
  expect(linesAt('daemon', stdout)).toMatch(new RegExp(`\\b${command} && ${next}$`))
  expect(linesAt('last sync', stdout)).toBe('last sync unknown: the daemon does not answer')
  const { document } = root.json(['auth', 'doctor'], { env: ON })
  expect(findingOf(document, 'F-005').remediation.commands).toEqual([command])
  expect(findingOf(document, 'F-018')).toBe(undefined)
  // Nothing listens at the server, so the event stays; but the daemon is another one.
  const ran = makeShell(root)(`export SPEC_KITTY_ENABLE_SAAS_SYNC=1; ${command} && ${next} --timeout 5`)
  expect(ran.stdout + ran.stderr).not.toContain('does not answer')
  expect([isAlive(daemon.pid, daemon.ticks), root.remember() === null]).toEqual([false, false])
})

it('an empty queue in a project that has not opted in says that its events would stay', () => {
  signIn()
  const uploads = (cwd: string) => linesAt('uploads', root.run(['sync', 'status'], { env: ON, cwd }).stdout)
  expect(uploads(project)).toBe(
    `uploads events of projects that have opted in may leave to ${SERVER}; this project has not:\n spec-kitty sync opt-in`,
  )
  expect(uploads(root.base)).toBe(`uploads events may leave to ${SERVER}`)
  writeFileSync(join(project, '.kittify', 'config.yaml'), 'sync:\n  enabled: true\n')
  expect(uploads(project)).toBe(`uploads events may leave to ${SERVER}`)
})

it('the list counts apart what is left behind in a home, and what names none', async () => {
  root.start()
  await spawnPredecessor({ family: 'sync', port: 9446, version: '3.2.5', root: root.path })
  await spawnPredecessor({ family: 'sync', port: 9447, version: '3.2.5', root: root.path })
  await spawnPredecessor({
    family: 'sync',
    port: 9448,
    version: '3.2.2',
    root: root.path,
    marker: false,
    owner: false,
  })
  const { stderr } = root.run(['sync', 'list'])
  expect(stderr).toContain('2 more sync daemons that no home is known to use: see spec-kitty auth doctor\n')
  expect(stderr).toContain('1 more sync daemon, of a home that is not known: see spec-kitty auth doctor\n')
  expect(root.json(['sync', 'list']).document.other_daemons).toBe(3)
})

it('auth status of a token that was given says what is known of it', () => {
  signIn()
  const { stdout } = root.run(['auth', 'status'])
  expect(linesAt('signed in as', stdout)).toContain('a token, without a name')
  expect(linesAt('until', stdout)).toContain('until the server refuses it')
})

it('hosted sync without a session or a server is told where to ask, and how to turn it off', () => {
  const { stdout } = root.run(['auth', 'doctor'], { env: ON })
  expect(stdout).toContain('spec-kitty auth login --server https://HOST')
  expect(stdout).toContain('ask your team')
  expect(stdout).toContain('unset SPEC_KITTY_ENABLE_SAAS_SYNC')
  const { remediation } = findingOf(root.json(['auth', 'doctor'], { env: ON }).document, 'F-001')
  expect(remediation.commands).toEqual(['spec-kitty explain F-001'])
  expect(remediation.description).toMatch(
    /^ask your team for the server's address, then: spec-kitty auth login --server https:\/\/HOST;/,
  )
})

it('a daemon that was started with a wrong server is restarted, as status, sync now and doctor say, and that helps', () => {
  signIn()
  publish()
  writeFileSync(join(project, '.kittify', 'config.yaml'), 'sync:\n  enabled: true\n')
  const wrong = { ...ON, SPEC_KITTY_SAAS_URL: 'foo' }
  root.start({ env: wrong })
  const { nothing_leaves: why } = root.json(['sync', 'status'], { env: ON }).document
  expect(why).toMatchObject({ reason: 'config_unreadable', command: 'spec-kitty sync restart' })
  const now = root.run(['sync', 'now'], { env: ON })
  expect([now.status, now.stderr]).toEqual([1, expect.stringContaining(why.command)])
  const found = findingOf(root.json(['auth', 'doctor'], { env: ON }).document, 'F-018')
  expect([found.summary, found.remediation.commands]).toEqual([
    `nothing leaves: ${why.sentence}`,
    [why.command],
  ])
  expect(root.run(['auth', 'doctor'], { env: wrong }).stdout).toContain(
    'Correct SPEC_KITTY_SAAS_URL in this shell, and start the daemon anew:',
  )
  expect(makeShell(root)(`export SPEC_KITTY_ENABLE_SAAS_SYNC=1; ${why.command}`)).toMatchObject({ status: 0 })
  expect(root.json(['sync', 'status'], { env: ON }).document).toMatchObject({
    environment_differences: [],
    nothing_leaves: expect.not.objectContaining({ reason: 'config_unreadable' }),
  })
  // The daemon works now: what is wrong here is not to be taken over.
  const worse = 'the daemon keeps what it was started with; with what is set here, nothing would leave: '
  for (const [variable, value, shown, told] of [
    ['SPEC_KITTY_SAAS_URL', '127.0.0.1:8080', 'wrong ("127.0.0.1:8080")', worse],
    ['SPEC_KITTY_SAAS_URL', 'u:secret@a.example', 'wrong ("...@a.example")', worse],
    ['SPEC_KITTY_SAAS_URL', 'http://sync.example.org', 'http://sync.example.org', worse],
    [
      'SPEC_KITTY_SAAS_URL',
      'https://sync.example.org',
      'https://sync.example.org',
      `${worse}the session is for another server: `,
    ],
    ['HTTPS_PROXY', 'http://a b', 'wrong ("http://a b")', 'the daemon keeps what it was started with\n'],
  ] as const) {
    const { stdout } = root.run(['sync', 'status'], { env: { ...ON, [variable]: value } })
    expect(stdout).toContain(`${variable} is not set for the daemon, and ${shown} here`)
    expect(stdout).not.toMatch(/secret|sync restart/)
    expect(stdout).toContain(told)
    expect(stdout.includes('spec-kitty config list  # shows what is set here')).toBe(
      told !== 'the daemon keeps what it was started with\n',
    )
  }
})

it('a server that only the session names is corrected by a sign-in, whatever the variable of this shell names', () => {
  optIn()
  root.start({ env: ON })
  publish()
  root.run(['sync', 'now'], { env: ON })
  const here = { ...ON, SPEC_KITTY_SAAS_URL: 'https://sync.example.org' }
  const { stdout } = root.run(['sync', 'status'], { env: here })
  expect(stdout).toMatch(/\n +spec-kitty auth login --with-token --server https:\/\/HOST {2}# /)
  expect(stdout.match(/spec-kitty config list.*/g)).toEqual([
    'spec-kitty config list  # shows what is set here',
  ])
})

it('a shell that turns hosted sync off is told that it is still on for the daemon, and what turns it off there', () => {
  root.start({ env: ON })
  const off = { SPEC_KITTY_ENABLE_SAAS_SYNC: '0' }
  const { stdout } = root.run(['sync', 'status'], { env: off })
  expect(linesAt('differs', stdout)).toContain('to turn it off there:\n spec-kitty sync restart')
  expect(stdout).not.toContain('to have it on')
  const told = root.json(['auth', 'doctor'], { env: off })
  const found = findingOf(told.document, 'F-023')
  expect([told.status, found.severity, found.remediation.commands]).toEqual([
    0,
    'info',
    ['spec-kitty sync restart'],
  ])
  const publishAs = (env: Record<string, string>, ...flags: readonly string[]) =>
    root.run(['sync', 'publish', '--project', project, '--type', 'A', ...flags], { env }).stderr
  const said =
    'hosted sync is off in this shell, but still on for the sync daemon; to turn it off there:\nspec-kitty sync restart\n'
  for (const flags of [[], ['--quiet'], ['--json']]) expect(publishAs(off, ...flags)).toBe(said)
  for (const env of [ON, {}]) expect(publishAs(env)).toBe('')
  expect(makeShell(root)('export SPEC_KITTY_ENABLE_SAAS_SYNC=0; spec-kitty sync restart').status).toBe(0)
  expect(publishAs(off)).toBe('')
  expect(findingOf(root.json(['auth', 'doctor'], { env: off }).document, 'F-023')).toBe(undefined)
  expect(root.json(['sync', 'status'], { env: ON }).document.nothing_leaves).toMatchObject({
    reason: 'hosted_sync_disabled',
  })
})
