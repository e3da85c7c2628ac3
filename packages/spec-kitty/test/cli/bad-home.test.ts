import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { EXIT } from 'familiar/cli'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { runCommandHere } from '../helpers/run-command.js'

/** A home that cannot be one: every command says so in one line, and does nothing. */
let base: string

beforeEach(() => {
  base = realpathSync(mkdtempSync(join(tmpdir(), 'familiar-bad-home-')))
  mkdirSync(join(base, 'project', '.kittify'), { recursive: true })
  writeFileSync(join(base, 'file'), '')
  symlinkSync('circle', join(base, 'circle'))
  mkdirSync(Buffer.from(`${base}/bytes\xff`, 'latin1'))
  symlinkSync(Buffer.from('bytes\xff', 'latin1'), join(base, 'link'))
})

afterEach(() => {
  vi.unstubAllEnvs()
  rmSync(base, { recursive: true })
})

const UUID = '01ARZ3NDEKTSV4RRFFQ69G5FAV'

/** Every module of a command, and arguments with which it would do something. */
const COMMANDS: Readonly<Record<string, readonly (readonly string[])[]>> = {
  'auth-doctor': [[], ['--reset']],
  'auth-login': [['--server', 'http://127.0.0.1:1'], ['--with-token']],
  'auth-logout': [[]],
  'auth-status': [[]],
  'config-get': [['sync.server_url']],
  'config-list': [[]],
  dashboard: [[], ['--foreground'], ['--status'], ['--stop'], ['--cleanup-all', '--yes']],
  'dashboard-logs': [[]],
  init: [['made']],
  'sync-list': [[]],
  'sync-logs': [[], ['--follow']],
  'sync-now': [[]],
  'sync-opt-in': [[]],
  'sync-opt-out': [[]],
  'sync-publish': [['--type', 'X']],
  'sync-queue': [[], ['--dead'], ['--export', 'made']],
  'sync-queue-drop': [[UUID, '--yes']],
  'sync-queue-retry': [[UUID]],
  'sync-restart': [[]],
  'sync-start': [[]],
  'sync-status': [[], ['--check']],
  'sync-stop': [[]],
  'upgrade-hook': [[]],
}

/** These need no home, or, asked by a shell, say nothing without one. */
const WITHOUT_HOME: ReadonlySet<string> = new Set(['complete', 'completion', 'explain', 'version'])

const modules = readdirSync(new URL('../../src/commands', import.meta.url)).map((name) =>
  name.replace('.ts', ''),
)

const NO_HOME = 'set HOME or SPEC_KITTY_HOME to an absolute path'
const RENAME = 'use a directory whose path is UTF-8, or rename this one'
const NO_ROOT = 'set SPEC_KITTY_HOME to a directory, or to a path where one can be made'

interface Bad {
  readonly env: Readonly<Record<string, string | undefined>>
  readonly line: string
}

const homes: Readonly<Record<string, () => Bad>> = {
  'HOME not set': () => ({
    env: { HOME: undefined },
    line: `there is no home directory: HOME is not set (${NO_HOME})`,
  }),
  'HOME empty': () => ({
    env: { HOME: '' },
    line: `there is no home directory: HOME is empty (${NO_HOME})`,
  }),
  'HOME relative': () => ({
    env: { HOME: 'made' },
    line: `there is no home directory: HOME is 'made', which is not an absolute path (${NO_HOME})`,
  }),
  'HOME not UTF-8': () => ({
    env: { HOME: join(base, 'made\ufffd') },
    line: `there is no home directory: HOME is '${join(base, 'made\ufffd')}', which is not UTF-8 (${NO_HOME})`,
  }),
  'HOME not there': () => ({
    env: { HOME: join(base, 'made', 'below') },
    line: `there is no home directory: HOME is '${join(base, 'made', 'below')}', which does not exist (create it, or set HOME or SPEC_KITTY_HOME to another directory)`,
  }),
  'HOME a file': () => ({
    env: { HOME: join(base, 'file') },
    line: `${join(base, 'file', '.spec-kitty')} cannot be the home of spec-kitty: a part of its path is not a directory (${NO_ROOT})`,
  }),
  'HOME a link in a circle': () => ({
    env: { HOME: join(base, 'circle') },
    line: `${join(base, 'circle', '.spec-kitty')} cannot be the home of spec-kitty: its links lead in a circle (${NO_ROOT})`,
  }),
  'SPEC_KITTY_HOME empty': () => ({
    env: { HOME: base, SPEC_KITTY_HOME: '' },
    line: 'SPEC_KITTY_HOME must be an absolute path, it is empty (set it to an absolute path, or unset it)',
  }),
  'SPEC_KITTY_HOME relative': () => ({
    env: { HOME: base, SPEC_KITTY_HOME: 'made' },
    line: "SPEC_KITTY_HOME must be an absolute path, not 'made' (set it to an absolute path, or unset it)",
  }),
  'SPEC_KITTY_HOME not UTF-8': () => ({
    env: { HOME: base, SPEC_KITTY_HOME: join(base, 'made\ufffd', 'below') },
    line: `${join(base, 'made\ufffd', 'below')} cannot be used: its path is not UTF-8 (${RENAME})`,
  }),
  'SPEC_KITTY_HOME a link to what is not UTF-8': () => ({
    env: { HOME: base, SPEC_KITTY_HOME: join(base, 'link') },
    line: `${base}/bytes\udcff cannot be used: its path is not UTF-8 (${RENAME})`,
  }),
  'SPEC_KITTY_HOME a file': () => ({
    env: { HOME: base, SPEC_KITTY_HOME: join(base, 'file') },
    line: `${join(base, 'file')} cannot be the home of spec-kitty: it is not a directory (${NO_ROOT})`,
  }),
}

describe('a bad home', () => {
  it('is tried with every command', () => {
    expect(modules.filter((name) => !WITHOUT_HOME.has(name)).toSorted()).toEqual(
      Object.keys(COMMANDS).toSorted(),
    )
  })

  it.each(Object.entries(homes))('%s: one clear line, exit 2, and nothing is made', async (_, find) => {
    const { env, line } = find()
    vi.stubEnv('SPEC_KITTY_HOME', undefined)
    for (const [name, value] of Object.entries(env)) vi.stubEnv(name, value)
    for (const [name, calls] of Object.entries(COMMANDS)) {
      for (const args of calls) {
        const { exit, out, err } = await runCommandHere(name, args, join(base, 'project'))
        const expected = name === 'upgrade-hook' ? EXIT.ok : EXIT.error
        expect([name, args, exit, out, err]).toEqual([name, args, expected, '', `spec-kitty: ${line}\n`])
      }
    }
    expect(readdirSync(base, { recursive: true }).toSorted()).toEqual([
      'bytes\ufffd',
      'circle',
      'file',
      'link',
      'project',
      'project/.kittify',
    ])
  })
})
