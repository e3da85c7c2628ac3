import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { runCommandHere } from '../helpers/run-command.js'
import { daemonsOf, gone, lineOf, lives, makeRoot, signal, type SyncRoot } from './sync-root.js'

/** What the commands around the sync daemon print and return, each for itself and one after the other. */
let root: SyncRoot

beforeEach(() => {
  root = makeRoot("it's a root")
})

afterEach(() => root.end())

describe('sync start and stop', () => {
  it('start the daemon and then find it, stop it and then have nothing to stop: all exit 0', () => {
    const first = root.run(['sync', 'start'])
    const { pid, port } = root.remember() ?? {}
    const said = `process ${pid}, port ${port}, version 4.0.0\n`
    expect(first).toMatchObject({ status: 0, stderr: '', stdout: `the sync daemon was started: ${said}` })
    expect(root.run(['sync', 'start']).stdout).toBe(`the sync daemon runs: ${said}`)
    expect(root.run(['sync', 'stop'])).toMatchObject({
      status: 0,
      stderr: '',
      stdout: `stopped the sync daemon (process ${pid}, port ${port})\n`,
    })
    expect(daemonsOf(root.path)).toEqual([])
    expect(root.run(['sync', 'stop'])).toMatchObject({
      status: 0,
      stdout: 'nothing to stop\n',
      stderr: '',
    })
  })

  it('say the same as JSON', () => {
    const first = root.json(['sync', 'start'])
    const { pid, port } = root.remember() ?? {}
    const known = {
      schema_version: 3,
      pid,
      port,
      package_version: '4.0.0',
      protocol_version: 2,
      replaced_version: null,
    }
    expect([first.status, first.stderr]).toEqual([0, ''])
    expect(first.document).toEqual({ ...known, outcome: 'started', start_reason: 'first_start' })
    expect(root.json(['sync', 'start']).document).toEqual({
      ...known,
      outcome: 'found',
      start_reason: null,
    })
    const { status, document } = root.json(['sync', 'stop'])
    expect([status, document]).toEqual([
      0,
      {
        schema_version: 3,
        outcome: 'stopped',
        pid,
        port,
        package_version: '4.0.0',
        cleanup_path: 'http_shutdown',
      },
    ])
    expect(root.json(['sync', 'stop'])).toMatchObject({
      status: 0,
      document: { schema_version: 3, outcome: 'none' },
    })
  })
})

describe('sync start', () => {
  it('works without a session and with SPEC_KITTY_SYNC_DISABLE set: it was asked for by name', () => {
    expect(root.run(['sync', 'start'], { env: { SPEC_KITTY_SYNC_DISABLE: '1' } }).status).toBe(0)
    expect(root.remember()).not.toBe(null)
  })

  it('starts another when the last one was killed, and says why', async () => {
    const killed = root.start()
    signal(killed, 'SIGKILL')
    await gone(killed)
    expect(root.json(['sync', 'status'])).toMatchObject({
      status: 0,
      document: { state: 'crashed', pid: null, why: 'its process is gone' },
    })
    expect(root.run(['auth', 'doctor']).stdout).toContain(
      `\ndaemon   crashed (process ${killed.pid}, port ${killed.port})\n`,
    )
    expect(root.json(['sync', 'start']).document).toMatchObject({
      outcome: 'started',
      start_reason: 'recorded_dead',
    })
    const next = root.remember()
    if (next === null) throw new Error('no daemon runs')
    signal(next, 'SIGKILL')
    await gone(next)
    const { status, stdout } = root.run(['sync', 'start'])
    const [started, why, ...more] = stdout.split('\n')
    expect([status, started, more]).toEqual([
      0,
      expect.stringMatching(/^the sync daemon was started: /),
      [''],
    ])
    expect(why).toBe('the last one crashed; its log may say why: spec-kitty sync logs')
  })
})

describe('sync stop', () => {
  it('makes nothing where no daemon ever ran', () => {
    expect(root.run(['sync', 'stop']).status).toBe(0)
    expect(() => mkdirSync(root.path)).not.toThrow()
  })
})

describe('sync restart', () => {
  it('replaces the daemon by another process, with and without one that runs', () => {
    const first = root.json(['sync', 'restart'])
    expect([first.status, first.document.start_reason]).toEqual([0, 'operator_restart'])
    const before = root.remember()
    const second = root.run(['sync', 'restart'])
    const after = root.remember()
    expect(second.stdout).toBe(
      `the sync daemon was started: process ${after?.pid}, port ${after?.port}, version 4.0.0\n`,
    )
    expect(before?.pid).not.toBe(after?.pid)
    expect(before !== null && lives(before)).toBe(false)
  })
})

describe('sync status', () => {
  it('tells the last stop and why, also after a new start', () => {
    expect(root.json(['sync', 'status']).document).toMatchObject({ state: 'none', last_stop: null })
    root.start()
    expect(root.run(['sync', 'status']).stdout).not.toContain('last stop')
    root.run(['sync', 'stop'])
    const stopped = root.json(['sync', 'status']).document
    expect(stopped).toMatchObject({ state: 'stopped', pid: null, last_stop: { reason: 'operator_stop' } })
    expect(Date.now() - Date.parse(stopped.last_stop.at)).toBeLessThan(60_000)
    root.start()
    const { document, status } = root.json(['sync', 'status'])
    expect([status, document.state, document.last_stop]).toEqual([0, 'running', stopped.last_stop])
    expect(root.run(['sync', 'status']).stdout).toMatch(
      /^last stop +(?:\d{4}-\d\d-\d\d )?\d\d:\d\d:\d\d \(stopped by a command\)$/m,
    )
    root.run(['sync', 'restart'])
    expect(root.json(['sync', 'status']).document.last_stop.reason).toBe('operator_restart')
  })

  it('tells who runs, since when, and in which version', () => {
    const { pid, port } = root.start()
    const { document } = root.json(['sync', 'status'])
    expect(document).toEqual({
      schema_version: 3,
      state: 'running',
      why: 'it answers',
      since: document.started_at,
      version: '4.0.0',
      is_predecessor: false,
      pid,
      port,
      package_version: '4.0.0',
      protocol_version: 2,
      cli_version: '4.0.0',
      started_at: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/),
      uptime_seconds: expect.any(Number),
      last_stop: null,
      uploading: false,
      last_sync: null,
      last_sync_age_seconds: null,
      consecutive_failures: 0,
      last_error: null,
      last_rejection: null,
      next_attempt_at: null,
      stuck_event: null,
      queued: 0,
      oldest_queued_at: null,
      dead_letters: 0,
      queue_problem: null,
      lost_events: 0,
      server_url: null,
      format: null,
      nothing_leaves: {
        reason: 'hosted_sync_disabled',
        sentence: 'hosted sync is off (SPEC_KITTY_ENABLE_SAAS_SYNC)',
        command: 'export SPEC_KITTY_ENABLE_SAAS_SYNC=1 && spec-kitty sync restart',
        command_shown: 'export SPEC_KITTY_ENABLE_SAAS_SYNC=1 && spec-kitty sync restart',
        is_all: true,
      },
      nothing_leaves_further: [
        {
          reason: 'no_session',
          sentence: 'you are not signed in',
          command: 'spec-kitty explain no_session',
          command_shown: 'spec-kitty auth login --server https://HOST',
          is_all: true,
        },
      ],
      environment_differences: [],
      config_problems: [],
      automatic_start_skipped: 'rollout_disabled',
      log: root.file('daemon.log'),
    })
    expect(root.run(['sync', 'status']).stdout).toMatch(
      new RegExp(`^daemon          running for \\d+ seconds?, process ${pid}, port ${port}\n`),
    )
  })

  it('tells why no command starts the daemon on its own, the first reason that holds', () => {
    const why = (env: Readonly<Record<string, string>>) =>
      root.json(['sync', 'status'], { env }).document.automatic_start_skipped
    const on = { SPEC_KITTY_ENABLE_SAAS_SYNC: 'true' }
    const configure = (text: string) => writeFileSync(join(root.path, 'config.toml'), text)
    expect(why(on)).toBe(null)
    expect(why({ SPEC_KITTY_ENABLE_SAAS_SYNC: '0' })).toBe('rollout_disabled')
    expect(why({ ...on, SPEC_KITTY_SYNC_DISABLE: '0' })).toBe(null)
    mkdirSync(root.path)
    configure('[sync]\nbackground_daemon = "manual"\n')
    expect(why({ ...on, SPEC_KITTY_SYNC_DISABLE: '1' })).toBe('SPEC_KITTY_SYNC_DISABLE is set')
    expect(why({ SPEC_KITTY_SYNC_DISABLE: '1' })).toBe('SPEC_KITTY_SYNC_DISABLE is set')
    expect(why({})).toBe('rollout_disabled')
    expect(why(on)).toBe('policy_manual')
    configure('[sync]\nbackground_daemon = "auto"\n')
    expect(why(on)).toBe(null)
    configure('[sync\nbackground_daemon = "auto"\n')
    expect(why(on)).toBe('policy_manual')
  })

  it('takes a configuration that it cannot read as manual', () => {
    mkdirSync(join(root.path, 'config.toml'), { recursive: true })
    const { document } = root.json(['sync', 'status'], { env: { SPEC_KITTY_ENABLE_SAAS_SYNC: '1' } })
    expect(document.automatic_start_skipped).toBe('policy_manual')
  })
})

describe('wrong usage', () => {
  const commands = ['start', 'stop', 'restart', 'status', 'logs']

  /** In this process: `cli/usage` has what a process makes of it. */
  async function runWrong(command: string, args: readonly string[], home = root.path) {
    vi.stubEnv('SPEC_KITTY_HOME', home)
    try {
      return await runCommandHere(`sync-${command}`, args, root.base)
    } finally {
      vi.unstubAllEnvs()
    }
  }

  it.each(commands)('is one line and exit 2 for sync %s, and starts nothing', async (command) => {
    for (const wrong of [['--no-such-flag'], ['more']]) {
      const { exit, out, err } = await runWrong(command, wrong)
      expect([exit, out, lineOf(err).length, err.split('\n').length]).toEqual([2, '', 1, 2])
    }
    expect(() => mkdirSync(root.path)).not.toThrow()
  })

  it('is an object on stdout with --json', () => {
    const { status, document } = root.json(['sync', 'start', '--no-such-flag'])
    expect([status, document.ok, document.error.code]).toEqual([2, false, 'E_USAGE'])
  })

  it('is a number of lines that is none, and a root that is no absolute path', async () => {
    for (const lines of ['-1', 'x', '1.5', '', '99999999']) {
      expect([lines, (await runWrong('logs', [`--lines=${lines}`])).exit]).toEqual([lines, 2])
    }
    const { exit, err } = await runWrong('start', [], 'relative')
    expect([exit, lineOf(err).length]).toEqual([2, 1])
  })
})
