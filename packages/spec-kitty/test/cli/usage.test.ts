import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, relative } from 'node:path'
import { COMMON_OPTIONS, parseOptions } from 'familiar/cli'
import { afterAll, describe, expect, it } from 'vitest'
import { AUTH_DOCTOR } from '../../src/cli/describe/auth.js'
import { helpText } from '../../src/cli/help.js'
import { HOME_FILES, PROJECT_FILES } from '../../src/cli/topics.js'
import { VERSION } from '../../src/version.js'
import { CLI, runCli, smallEnvironment } from '../helpers/cli.js'
import { runCommandHere } from '../helpers/run-command.js'
import { expectValid } from '../helpers/schemas.js'

const home = mkdtempSync(join(tmpdir(), 'familiar-usage-'))
const env = { HOME: home }

afterAll(() => rmSync(home, { recursive: true }))

describe('wrong usage', () => {
  const wrong: readonly string[][] = [
    ['--frce'],
    ['--force'],
    ['--port', '9400'],
    ['--reset', '--port', '9399'],
    ['--reset', '--port', '9450'],
    ['--reset', '--port', '-1'],
    ['--reset', '--port', '9400x'],
    ['--reset', '--port'],
    ['--reset=yes'],
    ['now'],
  ]
  it.each(wrong.map((args) => [args]))(
    'auth doctor %j: one line, exit 2, nothing on stdout',
    async (args) => {
      const { exit, out, err } = await runCommandHere('auth-doctor', args, home)
      expect([exit, out]).toEqual([2, ''])
      expect(err).toMatch(/^spec-kitty: [^\n]+\n$/)
    },
  )

  it.each([[['auth', 'doctor', 'now']], [['auth', 'docter']], [['--nonsense']], [['sync']]])(
    '%j: the same, from the command',
    (args) => {
      const { status, stdout, stderr } = runCli(args, { env })
      expect([status, stdout]).toEqual([2, ''])
      expect(stderr).toMatch(/^spec-kitty: [^\n]+\n$/)
    },
  )

  it.each([
    ['dashboard status --chek', "unknown option '--chek': did you mean '--check'?"],
    ['dashboard logs --folow', "unknown option '--folow': did you mean '--follow'?"],
    ['dashboard stop --jsn', "unknown option '--jsn': did you mean '--json'?"],
    ['dashboard restart --opn', "unknown option '--opn': did you mean '--open'?"],
  ])('comes before a project that is missing: %s', (line, message) => {
    const { status, stdout, stderr } = runCli(line.split(' '), { env, cwd: home })
    expect([status, stdout]).toEqual([2, ''])
    expect(stderr).toContain(`spec-kitty: ${message}`)
  })

  it('init says what is in the way without the name of a class', async () => {
    mkdirSync(join(home, 'project'))
    writeFileSync(join(home, 'project/.kittify'), '')
    const { err } = await runCommandHere('init', ['project'], home)
    rmSync(join(home, 'project'), { recursive: true })
    expect(err).toMatch(/^spec-kitty: cannot make \S+\/\.kittify: it is not a directory \(/)
  })

  it('no flag is ignored beside another one', async () => {
    const { exit, out, err } = await runCommandHere('auth-login', ['--with-token', '--open'], home)
    expect([exit, out]).toEqual([2, ''])
    expect(err).toMatch(/^spec-kitty: use either --with-token or --open \(see .*\)\n$/)
  })

  it.each([
    [['help', '--bogus'], "unknown option '--bogus'"],
    [['help', 'sync', '--verbosee'], "unknown option '--verbosee': did you mean '--verbose'?"],
    [['--jsn', 'help', 'environment'], "unknown option '--jsn'"],
    [['help', 'sync', 'status', '--json'], "unknown option '--json'"],
  ])('help takes no flag but its own: %j', (args, message) => {
    const { status, stdout, stderr } = runCli(args, { env })
    expect([status, stderr]).toEqual([2, `spec-kitty: ${message} (see spec-kitty --help)\n`])
    if (!args.includes('--json')) expect(stdout).toBe('')
    else expect(JSON.parse(stdout)).toMatchObject({ ok: false, error: { code: 'E_USAGE', message } })
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
  // That each page is printed however it is asked for is in cli/grammar and cli/texts.
  it('are there, exit 0, and need no project', () => {
    for (const [words, args] of [
      ['sync', ['sync', '--help']],
      ['init', ['init', 'help']],
      ['init', ['--json', 'init', '-h']],
    ] as const) {
      const { status, stdout, stderr } = runCli(args, { env, cwd: home })
      expect([args, status, stderr]).toEqual([args, 0, ''])
      expect(stdout).toMatch(new RegExp(`^Usage: spec-kitty ${words} `))
    }
    expect(readdirSync(home)).toEqual([])
    expect(runCli([], { env })).toEqual(runCli(['help'], { env }))
  })

  it('has no line that is too long for a pipe', async () => {
    for (const words of ['', 'auth doctor', 'sync', 'init']) {
      const text = await helpText(words.split(' ').filter(Boolean), { hasColor: false, columns: null })
      for (const line of text.split('\n')) expect(line.length).toBeLessThanOrEqual(100)
    }
  })

  it('tell the version of the package', () => {
    // -v and -V ask for the same (cli/grammar).
    expect(runCli(['version'], { env }).stdout).toBe(`${VERSION}\n`)
    const document: unknown = JSON.parse(runCli(['--version', '--json'], { env }).stdout)
    expect(document).toEqual({ schema_version: 3, version: VERSION })
    expectValid('version', document)
    const manifest = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'))
    expect(runCli(['--version'], { env }).stdout).toBe(`${VERSION}\n`)
    expect(VERSION).toBe(manifest.version)
  })

  it('names only options that exist', async () => {
    const help = await helpText(['auth', 'doctor'], { hasColor: false, columns: null })
    const parse = (option: string): string => {
      try {
        parseOptions(AUTH_DOCTOR, [option, '--dry-run'], {
          command: 'auth doctor',
          ports: { from: 9400, to: 9450 },
        })
        return ''
      } catch (error) {
        return String(error)
      }
    }
    const common = new Set(['--help', ...Object.keys(COMMON_OPTIONS).map((name) => `--${name}`)])
    const named = new Set(help.match(/--[a-z-]+/g))
    expect(named.size).toBeGreaterThan(3)
    for (const option of named) {
      if (!common.has(option))
        expect([option, parse(option)]).toEqual([option, expect.not.stringContaining('unknown option')])
    }
    expect(parse('--nothing')).toContain('unknown option')
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
    expect(get('sync.format', '-q')).toMatchObject({ status: 0, stdout: 'batch\n', stderr: '' })
    expect(get('sync.server_url', '--quiet')).toMatchObject({
      status: 1,
      stderr: 'sync.server_url is not set\n',
    })
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
