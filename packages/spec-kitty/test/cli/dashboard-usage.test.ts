import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { runCommandHere } from '../helpers/run-command.js'

/** What `dashboard` and `init` refuse before they do anything. `live/dashboard-commands` runs some of it as a process. */
let base: string
let project: string

beforeEach(() => {
  base = mkdtempSync(join(tmpdir(), 'familiar-usage-'))
  project = join(base, 'project')
  mkdirSync(join(project, '.kittify'), { recursive: true })
  vi.stubEnv('SPEC_KITTY_HOME', join(base, 'home'))
})

afterEach(() => {
  vi.unstubAllEnvs()
  rmSync(base, { recursive: true })
})

/** One line, nothing on stdout, `E_USAGE` with --json, and nothing made. */
async function expectRefusal(command: string, args: readonly string[], cwd = project): Promise<string> {
  const before = readdirSync(base, { recursive: true })
  const { exit, out, err } = await runCommandHere(command, args, cwd)
  expect([args, exit, out]).toEqual([args, 2, ''])
  expect(err).toMatch(/^spec-kitty: [^\n]+\n$/)
  const json = await runCommandHere(command, [...args, '--json'], cwd, true)
  expect([json.exit, JSON.parse(json.out)]).toMatchObject([
    2,
    { schema_version: 3, ok: false, error: { code: 'E_USAGE' } },
  ])
  expect(readdirSync(base, { recursive: true })).toEqual(before)
  return err
}

describe('dashboard --port', () => {
  it.each(['9236', '9337', '9400', '0', '99999', '123456', '-1', 'x', '', '9300.5', '0x2455'])(
    'refuses %j',
    async (port) => {
      await expectRefusal('dashboard', [`--port=${port}`])
      await expectRefusal('dashboard', ['--cleanup-all', '--yes', `--port=${port}`])
    },
  )
})

describe('what cannot be combined', () => {
  it.each([
    ['--force'],
    ['--dry-run'],
    ['--yes'],
    ['--status', '--stop'],
    ['--status', '--port', '9300'],
    ['--stop', '--port', '9300'],
    ['--stop', '--yes'],
    ['--status', '--open'],
    ['--stop', '--open'],
    ['--foreground', '--open'],
    ['--foreground', '--stop'],
    ['--foreground', '--status'],
    ['--foreground', '--cleanup-all'],
    ['--cleanup-all', '--stop'],
    ['--cleanup-all', '--open'],
    ['--cleanup'],
    ['--port'],
    ['here'],
  ])('is refused in one line: dashboard %s %s', async (...args) => {
    await expectRefusal('dashboard', args)
  })
})

it.each([[[]], [['--status']], [['--stop']], [['--port', '9300']], [['--foreground']]])(
  'dashboard %j says what to do where there is no project',
  async (args) => {
    expect(await expectRefusal('dashboard', args, base)).toContain("'spec-kitty init' makes one")
  },
)

it.runIf(existsSync('/proc/self'))('init refuses a directory below /proc, and ends', async () => {
  for (const path of ['/proc/x', '/proc/x/y', '/proc/1/x']) {
    const { exit, out, err } = await runCommandHere('init', [path], base)
    expect([exit, out]).toEqual([2, ''])
    expect(err).toMatch(new RegExp(`^spec-kitty: cannot make ${path}/.kittify: E[A-Z]+ \\([^\\n]+\\)\\n$`))
  }
})

it.each([
  ['two directories', ['a', 'b']],
  ['an empty name', ['']],
  ['an unknown flag', ['--port', '9300']],
])('init refuses %s', async (_what, args) => {
  await expectRefusal('init', args, base)
})
