import { mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { runCommandHere } from '../helpers/run-command.js'

/** A configuration that is broken: every command that reads it names the file, the line and the column. */
let root: string
let project: string

beforeEach(() => {
  root = realpathSync(mkdtempSync(join(tmpdir(), 'familiar-broken-')))
  project = join(root, 'project')
  mkdirSync(join(project, '.kittify'), { recursive: true })
  vi.stubEnv('SPEC_KITTY_HOME', root)
  vi.stubEnv('SPEC_KITTY_ENABLE_SAAS_SYNC', '1')
  vi.stubEnv('SPEC_KITTY_SAAS_URL', undefined)
})

afterEach(() => {
  vi.unstubAllEnvs()
  rmSync(root, { recursive: true })
})

const OF_ROOT = [
  ['config-list', []],
  ['config-get', ['sync.background_daemon']],
  ['auth-login', []],
  ['sync-status', []],
  ['sync-now', []],
  ['sync-publish', ['--type', 'X']],
] as const

describe('config.toml', () => {
  it.each([
    ['not TOML', '# mine\n[sync]\nserver_url = "https://x.example\n', OF_ROOT, 'line 3, column '],
    [
      'a value that is wrong',
      '[sync]\nbackground_daemon = 7\nserver_url = "ftp://x"\nmax_queue_size = 0\n',
      OF_ROOT,
      /line [234], column \d+/,
    ],
  ])('%s: file, line and column, by every command that reads it', async (_, text, commands, place) => {
    const path = join(root, 'config.toml')
    writeFileSync(path, text)
    for (const [name, args] of commands) {
      const { out, err } = await runCommandHere(name, args, project)
      const line = `${out}\n${err}`.split('\n').find((one) => one.includes(path) && one.search(place) >= 0)
      expect([name, line]).toEqual([name, expect.stringMatching(place)])
      expect([name, err]).toEqual([name, expect.not.stringContaining('internal error')])
    }
    expect(readFileSync(path, 'utf8')).toBe(text)
  })
})

describe('.kittify/config.yaml', () => {
  const CONSENT = [
    ['config-list', []],
    ['config-get', ['project.consent']],
    ['sync-opt-in', []],
    ['sync-opt-out', []],
  ] as const

  it.each([
    ['not YAML', 'a: 1\nsync:\n  enabled: [\n', [...CONSENT, ['sync-publish', ['--type', 'X']]] as const],
    ['a consent that is none', 'a: 1\nsync:\n  enabled: maybe\n', CONSENT.slice(0, 2)],
  ])('%s: file, line and column, by every command that reads it', async (_, text, commands) => {
    const path = join(project, '.kittify', 'config.yaml')
    writeFileSync(path, text)
    for (const [name, args] of commands) {
      const { exit, out, err } = await runCommandHere(name, args, project)
      const line = `${out}\n${err}`.split('\n').find((one) => one.includes(path) && one.includes('column'))
      expect([name, line]).toEqual([name, expect.stringMatching(/line [34], column \d+/)])
      expect([name, exit === 0]).toEqual([name, false])
    }
    expect(readFileSync(path, 'utf8')).toBe(text)
  })
})
