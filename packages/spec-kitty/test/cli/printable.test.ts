import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { writeStored } from '../../src/sync/session/write-session-file.js'
import { CLI, runCli, smallEnvironment } from '../helpers/cli.js'

/** Whatever names and files hold: no terminal obeys what a command prints. */
let base: string

beforeEach(() => {
  base = realpathSync(mkdtempSync(join(tmpdir(), 'familiar-print-')))
})

afterEach(() => rmSync(base, { recursive: true }))

/** Everything that a terminal or an editor may obey, but tabs and line feeds. */
const OBEYED = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/

/** A name that a directory can have, and that would clear the screen, colour it, and turn the text round. */
const NAME = `a\u001b[2J\u009b31m\u202eb\u2028c\u007f`

describe('a JSON document', () => {
  it('of every command can be shown on a terminal', () => {
    const [root, project] = [join(base, `root ${NAME}`), join(base, `project ${NAME}`)]
    mkdirSync(join(project, '.kittify'), { recursive: true })
    mkdirSync(join(root, 'daemons/sync'), { recursive: true })
    writeFileSync(join(root, 'daemons/sync/daemon.log'), `${NAME}\n`)
    for (const args of [
      ['sync', 'status'],
      ['sync', 'logs'],
      ['dashboard', '--status'],
      ['sync', 'status', `--${NAME}`],
      [NAME],
    ]) {
      const { stdout } = spawnSync(process.execPath, [CLI, ...args, '--json'], {
        cwd: project,
        env: smallEnvironment({ SPEC_KITTY_HOME: root }),
        encoding: 'utf8',
      })
      expect(stdout).not.toMatch(OBEYED)
      expect(JSON.stringify(JSON.parse(stdout))).toContain(JSON.stringify(NAME).slice(1, -1))
    }
  })
})

describe('what people read', () => {
  it('has no line, and no column, that a name made', () => {
    const name = 'a\nspec-kitty auth logout\tb'
    const [root, gone, other, closed, here] = ['root', 'gone', 'other', 'closed', 'here'].map((one) =>
      join(base, `${one} ${name}`),
    ) as [string, string, string, string, string]
    const env = { SPEC_KITTY_HOME: root, HOME: base, SPEC_KITTY_SYNC_DISABLE: '1' }
    for (const cwd of [gone, other, closed, here]) {
      mkdirSync(join(cwd, '.kittify'), { recursive: true })
      expect(runCli(['sync', 'publish', '--type', 'X'], { env, cwd }).status).toBe(0)
    }
    rmSync(gone, { recursive: true })
    writeFileSync(join(other, '.kittify/metadata.yaml'), 'project:\n  uuid: another\n')
    writeFileSync(join(closed, '.kittify/config.yaml'), 'sync: [\n')
    writeStored(root, {
      kind: 'token',
      server_url: 'https://sync.example.org',
      principal: null,
      team: null,
      auth_scope: null,
      signed_in_at: '2026-11-26T12:00:00.000Z',
      expires_at: null,
      ended_at: null,
      issuer: 'https://id.example.org',
      client_id: 'spec-kitty-cli',
      token_endpoint: null,
      revocation_endpoint: null,
      resource: null,
      access_token: 'secret-access',
      refresh_token: null,
    })
    const damage = (): void => writeFileSync(join(root, 'config.toml'), '[sync]\nmax_queue_size = "x"\n')
    const on = { ...env, SPEC_KITTY_ENABLE_SAAS_SYNC: '1', SPEC_KITTY_SAAS_URL: 'https://sync.example.org' }
    const close = (): void => writeFileSync(join(root, 'session.json'), '{')
    for (const change of [() => undefined, damage, close])
      for (const args of [
        ['sync', 'queue'],
        ['sync', 'queue', '--dead'],
        ['sync', 'status'],
        ['sync', 'status', '--verbose'],
        ['sync', 'list'],
        ['sync', 'now'],
        ['sync', 'opt-in', gone],
        ['sync', 'queue', 'drop', '--project', here, '--yes'],
        ['auth', 'status', '--verbose'],
        ['auth', 'doctor'],
        ['config', 'list'],
        ['dashboard', '--status'],
      ]) {
        change()
        const { stdout, stderr } = runCli(args, { env: on, cwd: here })
        expect([args, `${stdout}${stderr}`]).toEqual([
          args,
          expect.not.stringMatching(/^spec-kitty auth logout|\t/m),
        ])
      }
  })

  it('is every message on stderr, a stack trace and a name without a log included', () => {
    const root = join(base, NAME)
    const runs = [
      runCli(['sync', 'logs'], { env: { SPEC_KITTY_HOME: root } }),
      runCli(['sync', 'status', '--verbose'], { env: { SPEC_KITTY_HOME: `relative ${NAME}` } }),
      runCli(['sync', 'status', `--${NAME}`], { env: { SPEC_KITTY_HOME: base } }),
      runCli([NAME, '--verbose'], { env: { SPEC_KITTY_HOME: base } }),
    ]
    for (const { stdout, stderr } of runs) {
      expect(stderr).toContain('a?[2J?31m?b?c?')
      expect(`${stdout}${stderr}`).not.toMatch(OBEYED)
    }
  })

  it('keeps a name with line feeds in one line', () => {
    const { stderr } = runCli(['sync', 'logs'], {
      env: { SPEC_KITTY_HOME: join(base, 'a\nspec-kitty: all is well') },
    })
    expect(stderr.split('\n')).toHaveLength(2)
  })
})
