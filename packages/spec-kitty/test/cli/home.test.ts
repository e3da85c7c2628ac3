import { spawnSync, type SpawnSyncReturns } from 'node:child_process'
import { chmodSync, existsSync, mkdtempSync, readdirSync, readFileSync, realpathSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it, type TestContext } from 'vitest'
import { shellQuote } from 'familiar/cli'
import { CLI, runCli, smallEnvironment, ENTRY } from '../helpers/cli.js'
import { skipAloud } from '../live/sync-root.js'

/** Where the home directory is: found only by what needs it, and never in the working directory. */
let base: string

beforeEach(() => {
  base = realpathSync(mkdtempSync(join(tmpdir(), 'familiar-home-')))
  chmodSync(base, 0o777)
})

afterEach(() => rmSync(base, { recursive: true }))

const UNKNOWN_UID = 12_345

const withoutHome = ['env', '-u', 'HOME']
const asUnknown = ['setpriv', `--reuid=${UNKNOWN_UID}`, '--clear-groups']

/** Whether a command can be run as that user. */
let probe: SpawnSyncReturns<Buffer> | undefined

/** A uid that the user database does not have. */
function needUnknownUser(context: TestContext): void {
  if (readFileSync('/etc/passwd', 'utf8').includes(`:${UNKNOWN_UID}:`))
    skipAloud(context, `uid ${UNKNOWN_UID} exists here`)
  probe ??= spawnSync(asUnknown[0] ?? '', [...asUnknown.slice(1), process.execPath, CLI, '--help'])
  if (probe.status === null || /permission|setpriv/i.test(String(probe.stderr))) {
    skipAloud(context, 'no other user can be taken here, or it cannot read the sources')
  }
}

const refusal = (why: string): string =>
  `spec-kitty: there is no home directory: ${why} (set HOME or SPEC_KITTY_HOME to an absolute path)\n`

describe('a user without a passwd entry', () => {
  // Every command without a home is in cli/bad-home.
  it('--version and every help work, what needs a home says so in one line', (context) => {
    needUnknownUser(context)
    const prefix = [...withoutHome, ...asUnknown]
    for (const args of [['--version'], ['auth', 'doctor', '--help']]) {
      const { status, stderr } = runCli(args, { prefix })
      expect([args, status, stderr]).toEqual([args, 0, ''])
    }
    for (const args of [
      ['auth', 'doctor'],
      ['sync', 'start'],
      ['dashboard', '--cleanup-all', '--yes'],
      ['init', join(base, 'project')],
    ]) {
      const { status, stdout, stderr } = runCli(args, { prefix })
      expect([args, status, stdout, stderr]).toEqual([args, 2, '', refusal('HOME is not set')])
    }
    expect(existsSync(join(base, 'project'))).toBe(false)
  })

  it.for([
    ['HOME=', 'HOME is empty'],
    ['HOME=home', "HOME is 'home', which is not an absolute path"],
  ] as const)('%s is no home', ([home, why], context) => {
    needUnknownUser(context)
    const { status, stdout, stderr } = runCli(['sync', 'status'], { prefix: ['env', home, ...asUnknown] })
    expect([status, stdout, stderr]).toEqual([2, '', refusal(why)])
  })

  it('never makes an upgrade fail', (context) => {
    needUnknownUser(context)
    const { status, stderr } = runCli(['upgrade-hook'], { prefix: [...withoutHome, ...asUnknown] })
    expect([status, stderr]).toEqual([0, refusal('HOME is not set')])
  })

  it('works with SPEC_KITTY_HOME', (context) => {
    needUnknownUser(context)
    const env = { SPEC_KITTY_HOME: join(base, 'root') }
    for (const args of [['sync', 'status'], ['sync', 'stop'], ['sync', 'logs'], ['upgrade-hook']]) {
      const { status } = runCli(args, { prefix: [...withoutHome, ...asUnknown], env })
      expect([args, status]).toEqual([args, 0])
    }
  })

  it('has no dashboard without a root: its entry says so and ends', (context) => {
    needUnknownUser(context)
    const args = [ENTRY, 'dashboard', `--spec-kitty-dashboard-project=${base}`]
    const command = [...withoutHome, ...asUnknown, process.execPath, ...args]
    const { status, stderr } = spawnSync(command[0] ?? '', command.slice(1), {
      env: smallEnvironment(),
      encoding: 'utf8',
      timeout: 60_000,
    })
    expect([status, stderr]).toEqual([2, 'spec-kitty: there is no home directory: HOME is not set\n'])
  })
})

/** Runs a command line of a shell, in which `$'...'` can stand for any bytes, in `base`. */
function shell(line: string): SpawnSyncReturns<string> {
  const { NODE_EXTRA_CA_CERTS: _, ...env } = smallEnvironment()
  const command = `sk() { ${shellQuote(process.execPath)} ${shellQuote(CLI)} "$@"; }; ${line}`
  return spawnSync('bash', ['-c', command], {
    cwd: base,
    env: { ...env, HOME: join(base, 'home') },
    encoding: 'utf8',
  })
}

describe('a path that is not UTF-8', () => {
  it.each([
    "HOME=$PWD/$'u\\xff' sk sync start",
    "HOME=$PWD/$'u\\xfe' sk sync status",
    "SPEC_KITTY_HOME=$PWD/$'u\\xff' sk sync status",
    'SPEC_KITTY_HOME=$PWD/link sk sync start',
    "sk init $'u\\xff'",
    "sk init $'u\\xff/new'",
    'sk init link',
    'sk init link/new',
    "sk sync opt-in $'u\\xff'",
    'sk sync opt-out link',
    "sk sync publish --type X --project $'u\\xff'",
    'sk sync publish --type X --project=link',
    "sk sync queue --export $'u\\xff/file'",
    "cd $'u\\xff' && sk init",
    "cd $'u\\xff' && sk init new",
    "cd $'u\\xff' && sk dashboard",
    "cd $'u\\xff' && sk sync opt-in",
    "cd $'u\\xff' && sk sync publish --type X",
    "cd $'u\\xff' && sk sync queue --export file",
    'cd link && sk dashboard --status',
  ])('is refused in one line, and no other directory is taken for it: %s', (line) => {
    const made = "mkdir -p home $'u\\xff/.kittify' $'u\\xfe'; ln -s $'u\\xff' link"
    expect(shell(made).status).toBe(0)
    const before = tree()
    const { status, stdout, stderr } = shell(line)
    expect([status, stdout, stderr.trimEnd().split('\n').length]).toEqual([2, '', 1])
    expect(stderr).toMatch(/ not UTF-8 \(/)
    expect(tree()).toEqual(before)
  })

  it('does not keep a command from working that does not need it', () => {
    expect(shell("mkdir home $'u\\xff'; cd $'u\\xff' && sk sync status").status).toBe(0)
  })
})

function tree(): readonly string[] {
  return readdirSync(base, { recursive: true, encoding: 'latin1' }).toSorted()
}

describe('HOME empty or relative', () => {
  it('is refused, also where the user database has a home: no daemon for each working directory', () => {
    for (const [home, why] of [
      ['', 'HOME is empty'],
      ['.', "HOME is '.', which is not an absolute path"],
      ['home', "HOME is 'home', which is not an absolute path"],
    ] as const) {
      const { status, stdout, stderr } = runCli(['sync', 'start'], { env: { HOME: home }, cwd: base })
      expect([status, stdout, stderr]).toEqual([2, '', refusal(why)])
    }
    expect(readdirSync(base)).toEqual([])
  })
})
