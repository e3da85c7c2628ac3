import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, relative } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { HOME_FILES, PROJECT_FILES } from '../../src/cli/topics.js'
import { VERSION } from '../../src/version.js'
import { CLI, runCli, smallEnvironment } from '../helpers/cli.js'
import { expectValid } from '../helpers/schemas.js'

const home = mkdtempSync(join(tmpdir(), 'familiar-usage-'))
const env = { HOME: home }

afterAll(() => rmSync(home, { recursive: true }))

describe('wrong usage', () => {
  it.each([
    [['auth', 'doctor', '--frce']],
    [['auth', 'doctor', '--force']],
    [['auth', 'doctor', '--port', '9400']],
    [['auth', 'doctor', '--reset', '--port', '9399']],
    [['auth', 'doctor', '--reset', '--port', '9450']],
    [['auth', 'doctor', '--reset', '--port', '-1']],
    [['auth', 'doctor', '--reset', '--port', '9400x']],
    [['auth', 'doctor', '--reset', '--port']],
    [['auth', 'doctor', '--reset=yes']],
    [['auth', 'doctor', 'now']],
    [['auth', 'docter']],
    [['--nonsense']],
    [['sync']],
    [['sync', 'stat']],
  ])('%j: one line, exit 2, nothing on stdout', (args) => {
    const { status, stdout, stderr } = runCli(args, { env })
    expect([status, stdout]).toEqual([2, ''])
    expect(stderr).toMatch(/^spec-kitty: [^\n]+\n$/)
  })

  it('is an object on stdout with --json', () => {
    const { status, stdout } = runCli(['auth', 'doctor', '--force', '--json'], { env })
    expect(runCli(['--json', 'auth', 'doctor', '--force'], { env }).stdout).toBe(stdout)
    expect(JSON.parse(stdout)).toEqual({
      schema_version: 3,
      ok: false,
      error: {
        code: 'E_USAGE',
        message: '--force needs --reset',
        remediation: 'see spec-kitty auth doctor --help',
      },
    })
    expect(status).toBe(2)
  })

  it('is a SPEC_KITTY_HOME that is not absolute', () => {
    const { status, stderr } = runCli(['auth', 'doctor'], { env: { ...env, SPEC_KITTY_HOME: 'relative' } })
    expect([status, stderr.split('\n').length]).toEqual([2, 2])
  })
})

describe('help and version', () => {
  it('are there, and exit 0', () => {
    for (const args of [['--help'], ['help'], ['auth', 'doctor', '--help'], ['sync', '--help']]) {
      const { status, stdout, stderr } = runCli(args, { env })
      expect([args, status, stderr]).toEqual([args, 0, ''])
      expect(stdout).toMatch(/^Usage: spec-kitty/)
      for (const line of stdout.split('\n')) expect(line.length).toBeLessThanOrEqual(100)
    }
  })

  it('are the same however they are asked for, and need no project', () => {
    const wanted = runCli(['help', 'init'], { env })
    expect(wanted).toMatchObject({ status: 0, stdout: expect.stringMatching(/^Usage: spec-kitty init /) })
    for (const args of [
      ['init', 'help'],
      ['init', '--help'],
      ['-h', 'init'],
      ['--json', 'init', '-h'],
    ]) {
      expect([args, runCli(args, { env, cwd: home })]).toEqual([args, wanted])
    }
    expect(readdirSync(home)).toEqual([])
    expect(runCli([], { env })).toEqual(runCli(['help'], { env }))
  })

  it('tell the version of the package', () => {
    for (const args of [['version'], ['-v'], ['-V']])
      expect(runCli(args, { env }).stdout).toBe(`${VERSION}\n`)
    const document: unknown = JSON.parse(runCli(['--version', '--json'], { env }).stdout)
    expect(document).toEqual({ schema_version: 3, version: VERSION })
    expectValid('version', document)
    const manifest = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'))
    expect(runCli(['--version'], { env }).stdout).toBe(`${VERSION}\n`)
    expect(VERSION).toBe(manifest.version)
  })

  it('names only options that exist', () => {
    const help = runCli(['auth', 'doctor', '--help'], { env }).stdout
    for (const option of new Set(help.match(/--[a-z-]+/g))) {
      const { stderr } = runCli(['auth', 'doctor', option, '--dry-run'], { env })
      expect([option, stderr]).toEqual([option, expect.not.stringContaining('unknown option')])
    }
    expect(runCli(['auth', 'doctor', '--nothing'], { env }).stderr).toContain('unknown option')
  })
})

describe('help files', () => {
  it('has every file that commands leave in a home and in a project', () => {
    const [root, project] = [join(home, 'root'), join(home, 'project')]
    mkdirSync(join(project, '.kittify'), { recursive: true })
    const options = { env: { ...env, SPEC_KITTY_HOME: root }, cwd: project, input: 'a-token' }
    for (const args of [
      ['sync', 'publish', '--type', 'X'],
      ['sync', 'opt-in'],
      ['auth', 'login', '--with-token', '--server', 'https://sync.example.org'],
    ]) {
      expect([args, runCli(args, options).status]).toEqual([args, 0])
    }
    const left = [...undocumented(root, HOME_FILES), ...undocumented(project, PROJECT_FILES)]
    rmSync(root, { recursive: true })
    rmSync(project, { recursive: true })
    expect(left).toEqual([])
  })
})

/** Returns the files below a directory that the help does not name; a rotated log and the parts of SQLite belong to theirs. */
function undocumented(directory: string, files: typeof HOME_FILES): readonly string[] {
  const named = new Set(files.map(([path]) => path))
  const found = readdirSync(directory, { recursive: true, withFileTypes: true }).filter((one) => one.isFile())
  expect(found.length).toBeGreaterThan(0)
  return found
    .map((one) => relative(directory, join(one.parentPath, one.name)).replace(/-(?:wal|shm)$|\.1$/, ''))
    .filter((path) => !named.has(path))
}

describe('output', () => {
  it('has no colour in a pipe, with NO_COLOR, and has with FORCE_COLOR', () => {
    const escape = '\u001b['
    const run = (more: Record<string, string>) =>
      runCli(['auth', 'doctor'], { env: { ...env, ...more } }).stdout
    expect(run({})).not.toContain(escape)
    expect(run({ NO_COLOR: '1', FORCE_COLOR: '1' })).not.toContain(escape)
    expect(run({ FORCE_COLOR: '1' })).toContain(escape)
    const { stdout } = runCli(['--no-color', 'auth', 'doctor'], { env: { ...env, FORCE_COLOR: '1' } })
    expect(stdout).not.toContain(escape)
  })

  it('has no hints with --quiet, but results and errors', () => {
    const get = (...args: readonly string[]) => runCli(['config', 'get', ...args], { env })
    expect(get('sync.format')).toMatchObject({ stdout: 'batch\n', stderr: 'from: default\n' })
    for (const flag of ['-q', '--quiet']) {
      expect(get('sync.format', flag)).toMatchObject({ status: 0, stdout: 'batch\n', stderr: '' })
      expect(get('sync.server_url', flag)).toMatchObject({
        status: 1,
        stderr: 'sync.server_url is not set\n',
      })
    }
  })

  it('ends quietly when the reader has had enough', () => {
    const script = `"$0" "$1" auth doctor | head -1; exit 0`
    const { stderr } = spawnSync('sh', ['-c', script, process.execPath, CLI], {
      env: smallEnvironment(env),
      encoding: 'utf8',
    })
    expect(stderr).toBe('')
  })
})
