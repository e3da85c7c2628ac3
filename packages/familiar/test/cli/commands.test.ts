import { once } from 'node:events'
import { appendFileSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { ChildProcess } from 'node:child_process'
import { describe, expect, it } from 'vitest'
import { eventually } from '../helpers/eventually.js'
import { childrenOf, listenersOn, watch } from '../helpers/machine.js'
import { portsOf } from '../helpers/ports.js'
import { needCommand } from '../helpers/skip.js'
import { userOf, type Environment, type Ran } from '../helpers/previewd.js'
import { withoutWaits } from '../helpers/waits.js'

/** The commands that the library gives to any tool, run by a tool of a few lines. */
const ports = portsOf('cli/commands')
const user = userOf(ports)
const COMMANDS = ['start', 'stop', 'restart', 'status', 'logs', 'doctor'] as const
const LOG = join(user.home, 'state', 'previewd', 'daemon.log')

/** Collects what a child says, and resolves with it and its exit code when it has ended. */
function endOf(child: ChildProcess): Promise<{ code: number | null; out: string; err: string }> {
  let [out, err] = ['', '']
  child.stdout?.on('data', (chunk) => (out += String(chunk)))
  child.stderr?.on('data', (chunk) => (err += String(chunk)))
  return once(child, 'close').then(([code]) => ({ code, out, err }))
}

/** With the time of the day, and the date where it is not of today. */
function crashedText(pid: number): RegExp {
  return new RegExp(
    `^daemon +crashed \\(process ${pid}, last seen alive (?:[\\d-]+ )?\\d\\d:\\d\\d:\\d\\d\\)\\n`,
  )
}

/**
 * Returns a function that says what a command line prints. All of them run in one process, the first time that one is asked
 * for: what they print depends on nothing but their words.
 */
function oneOf(lines: readonly (readonly string[])[], env?: Environment): (args: readonly string[]) => Ran {
  const indexOf = new Map(lines.map((args, index) => [args.join('\n'), index]))
  let all: readonly Ran[] | null = null
  return (args) => {
    all ??= user.each(lines, env)
    const ran = all[indexOf.get(args.join('\n')) ?? -1]
    if (ran === undefined) throw new Error(`not among the command lines: ${args.join(' ')}`)
    return ran
  }
}

function pidIn(text: string): number {
  return Number(/process (\d+)/.exec(text)?.[1])
}

describe('the commands', () => {
  it('start, show, replace and stop the daemon, in text', () => {
    expect(user.run(['status']).stdout).toMatch(new RegExp(`^log +${LOG} \\(none yet\\)$`, 'm'))
    const started = user.run(['start'])
    expect(started).toMatchObject({ status: 0, stderr: '' })
    expect(started.stdout).toMatch(
      /^the previewd daemon was started: process \d+, port \d+, version 1\.0\.0\n$/,
    )
    const first = pidIn(started.stdout)
    const isFirstAlive = watch(first)
    expect(user.run(['start']).stdout).toBe(started.stdout.replace('was started', 'runs'))
    const status = user.run(['status', '--check'])
    expect(status).toMatchObject({ status: 0, stderr: '' })
    expect(status.stdout).toMatch(/^daemon {10}running for \d+ seconds?, process \d+, port \d+$/m)
    expect(status.stdout).toContain(`log             ${LOG}\n`)
    expect(user.run(['logs']).stdout).toContain('"pid"')
    const restarted = user.run(['restart'])
    expect(restarted.stdout).toContain('the previewd daemon was started')
    expect(isFirstAlive()).toBe(false)
    expect(user.run(['stop']).stdout).toMatch(
      new RegExp(`^stopped the previewd daemon \\(process ${pidIn(restarted.stdout)}, port \\d+\\)\\n$`),
    )
    expect(user.run(['stop'])).toEqual({ status: 0, stdout: 'nothing to stop\n', stderr: '' })
    expect(user.run(['status'])).toMatchObject({ status: 0, stdout: expect.stringContaining('not running') })
    expect(user.run(['status', '--check']).status).toBe(1)
    expect(listenersOn(ports.from, ports.to)).toEqual([])
  })

  it('do the same with --json, one document each', () => {
    const started = user.json(['start'])
    expect(started).toEqual({
      status: 0,
      document: {
        schema_version: 3,
        outcome: 'started',
        start_reason: 'first_start',
        replaced_version: null,
        pid: expect.any(Number),
        port: expect.any(Number),
        package_version: '1.0.0',
        protocol_version: 1,
      },
    })
    const [found, status, logs, restarted] = documentsOf([
      ['start'],
      ['status', '--check'],
      ['logs', '--lines', '1'],
      ['restart'],
    ])
    expect(found).toMatchObject({ document: { outcome: 'found', pid: started.document.pid } })
    expect(status).toMatchObject({
      status: 0,
      document: {
        schema_version: 3,
        state: 'running',
        pid: started.document.pid,
        cli_version: '1.0.0',
        log: LOG,
      },
    })
    expect(logs?.document.lines).toEqual([expect.objectContaining({ pid: started.document.pid })])
    expect(restarted?.document).toMatchObject({ outcome: 'started', start_reason: 'operator_restart' })
    const [stopped, again, stoppedStatus] = documentsOf([['stop'], ['stop'], ['status', '--check']])
    expect(stopped).toMatchObject({
      status: 0,
      document: { outcome: 'stopped', pid: restarted?.document.pid, package_version: '1.0.0' },
    })
    expect(again).toEqual({ status: 0, document: { schema_version: 3, outcome: 'none' } })
    expect(stoppedStatus).toMatchObject({ status: 1, document: { state: 'stopped', pid: null } })
  })

  it('say that they replaced an older daemon', () => {
    user.run(['start'])
    const { status, stderr } = user.run(['start'], { env: { PREVIEWD_VERSION: '1.1.0' } })
    expect([status, stderr]).toEqual([0, 'previewd: upgraded the previewd daemon from 1.0.0 to 1.1.0\n'])
  })

  it('start a daemon that the user asks for in CI too', () => {
    expect(user.run(['start'], { env: { CI: 'true' } }).status).toBe(0)
  })

  it('restart nothing that cannot be stopped: exit 1, and the result of the stop', async () => {
    for (const more of [[], ['--json']]) {
      const heirFile = join(user.home, 'heir')
      const { pid, port } = JSON.parse(
        user.run(['start', '--json'], { env: { PREVIEWD_HEIR_FILE: heirFile } }).stdout,
      )
      const heir = await eventually(() => {
        const found = Number(readFileSync(heirFile, 'utf8'))
        expect(found).toBeGreaterThan(0)
        return found
      })
      const { status, stdout, stderr } = user.run(['restart', ...more])
      process.kill(heir, 'SIGKILL')
      rmSync(heirFile)
      const why = 'port_still_listening'
      expect([status, stderr]).toEqual([
        1,
        more.length > 0
          ? ''
          : `previewd: the previewd daemon (process ${pid}, port ${port}) is not stopped: another process still listens on its port (${why}): previewd explain ${why}\n`,
      ])
      const result = { schema_version: 3, outcome: 'failed', pid, port, failure_reason: why }
      if (more.length > 0) expect(JSON.parse(stdout)).toEqual(result)
      else expect(stdout).toBe('')
    }
  })

  it('say that a daemon crashed', () => {
    const { pid } = user.json(['start']).document
    const isAlive = watch(pid)
    process.kill(pid, 'SIGKILL')
    return eventually(() => {
      expect(isAlive()).toBe(false)
      const { status, stdout } = user.run(['status', '--check'])
      expect([status, stdout]).toEqual([1, expect.stringMatching(crashedText(pid))])
    })
  })
})

describe('words that are none of the commands', () => {
  const WORDS = [[], ['render'], ['stauts'], ['--version'], ['constructor'], ['--json'], ['-q']]
  const ran = oneOf(WORDS)

  it.each(WORDS.map((args) => [args]))('%j: null, nothing printed, nothing made', (args) => {
    expect(ran(args)).toEqual({ status: 3, stdout: '', stderr: '' })
  })

  it('are null for a process of their own too', () => {
    expect(user.run(['render'])).toEqual({ status: 3, stdout: '', stderr: '' })
  })
})

/** The commands of the tool itself, which its author names. */
const OWN = { PREVIEWD_COMMANDS: JSON.stringify({ 'render FILE': 'print a page', watch: 'print it again' }) }

describe('what `cli` answers itself', () => {
  const LINES = [
    [],
    ['help'],
    ['--help'],
    ['help', 'render'],
    ['stat'],
    ['rendr'],
    ['render'],
    ['xyzzy'],
  ] as const
  /** The tool exits with 3 where `cli` returns null. */
  const NULL = 3

  it.each([
    ['without `commands`', {}, [NULL, 0, 0, 2, NULL, NULL, NULL, NULL]],
    ['with `commands`', OWN, [0, 0, 0, 0, 2, 2, NULL, NULL]],
  ] as const)('%s', (_, env, codes) => {
    const ran = user.each(LINES, env)
    expect(ran.map(({ status }) => status)).toEqual(codes)
    for (const { status, stdout } of ran) expect(stdout === '').toBe(status !== 0)
  })
})

describe('help', () => {
  const ran = oneOf([
    ...COMMANDS.map((command) => [command, '--help']),
    ['help', 'logs'],
    ['logs', '-h'],
    ['logs', 'help'],
    ['-h', 'logs'],
    ['--help'],
    ['help'],
  ])
  const ranWithOwn = oneOf(
    [
      ['--help'],
      ['nothing'],
      ['start', '--help'],
      [],
      ['-q'],
      ['help'],
      ['help', 'help'],
      ['help', 'render'],
      ['render', '--help'],
    ],
    OWN,
  )

  it.each(COMMANDS)('of %s: usage, options, examples, environment and exit codes', (command) => {
    const { status, stdout: text, stderr } = ran([command, '--help'])
    expect([status, stderr]).toEqual([0, ''])
    expect(text).toMatch(new RegExp(`^Usage: previewd ${command} `))
    for (const title of ['Options', 'Examples', 'Environment', 'Exit codes'])
      expect(text).toContain(`\n${title}:\n`)
    for (const word of ['--json', '--quiet', 'FAMILIAR_DISABLE', 'PREVIEWD_NO_DAEMON', 'NO_COLOR']) {
      expect(text).toContain(word)
    }
    expect(text.split('\n').filter((line) => line.length > 80 && !line.startsWith('  previewd'))).toEqual([])
  })

  it('is the same however it is asked for', () => {
    const wanted = ran(['help', 'logs'])
    for (const args of [
      ['logs', '-h'],
      ['logs', '--help'],
      ['logs', 'help'],
      ['-h', 'logs'],
    ]) {
      expect([args, ran(args)]).toEqual([args, wanted])
    }
  })

  it('of none lists them all', () => {
    const { status, stdout } = ran(['--help'])
    expect(status).toBe(0)
    for (const command of COMMANDS) expect(stdout).toMatch(new RegExp(`^ {2}${command} +\\w`, 'm'))
    expect(stdout).not.toContain('render')
    expect(ran(['help'])).toEqual({ status: 0, stdout, stderr: '' })
    expect(user.run(['help'])).toEqual(ran(['help']))
  })

  it('of none lists the commands of the tool first, and `usage` is the same text', () => {
    const { status, stdout, stderr } = ranWithOwn(['--help'])
    expect([status, stderr]).toEqual([0, ''])
    expect(stdout).toMatch(
      /^Usage: previewd <command> \[options\]\n\nCommands:\n {2}render FILE {2}print a page\n {2}watch {8}print it again\n\nThe previewd daemon:\n {2}start /,
    )
    expect(ranWithOwn(['nothing'])).toEqual({ status: 3, stdout: '', stderr: stdout })
    expect(ranWithOwn(['start', '--help']).stdout).toBe(ran(['start', '--help']).stdout)
    for (const args of [[], ['-q'], ['help'], ['help', 'help']]) {
      expect([args, ranWithOwn(args)]).toEqual([args, { status: 0, stdout, stderr: '' }])
    }
  })

  it('of a command of the tool is what the tool has said of it', () => {
    const text = 'Usage: previewd render FILE\n\nPrint a page.\n'
    expect(ranWithOwn(['help', 'render'])).toEqual({ status: 0, stdout: text, stderr: '' })
    expect(ranWithOwn(['render', '--help']).status).toBe(3)
  })
})

describe('a mistyped word', () => {
  const MISTYPED: readonly (readonly [string, string])[] = [
    ['stauts', "there is no command 'stauts': did you mean 'status'?"],
    ['rendre x', "there is no command 'rendre': did you mean 'render'?"],
    ['hlep', "there is no command 'hlep': did you mean 'help'?"],
    ['--hlep', "there is no command '--hlep': did you mean '--help'?"],
    ['help stpo', "there is no command 'stpo': did you mean 'stop'?"],
    ['stop now', "unexpected word 'now' after 'stop'"],
    ['stop --jsno', "unknown option '--jsno': did you mean '--json'?"],
    ['--lines x logs', "--lines needs a number from 0 to 999999, not 'x'"],
  ]
  const ran = oneOf([...MISTYPED.map(([line]) => line.split(' ')), ['--json', 'stauts']], OWN)

  it.each(MISTYPED)('%s: one line, exit 2', (line, message) => {
    const { status, stdout, stderr } = ran(line.split(' '))
    expect([status, stdout]).toEqual([2, ''])
    expect(stderr).toMatch(/^[^\n]+\n$/)
    expect(stderr).toContain(`previewd: ${message} (see previewd `)
  })

  it('with --json in front of it is an object', () => {
    const { stdout } = ran(['--json', 'stauts'])
    expect(JSON.parse(stdout)).toMatchObject({ ok: false, error: { code: 'E_USAGE' } })
  })

  it('is for the tool to tell where it has not named its commands', () => {
    expect(user.run(['stauts'])).toEqual({ status: 3, stdout: '', stderr: '' })
  })
})

describe('wrong usage', () => {
  const WRONG = [
    ...COMMANDS.map((command) => [command, '--frce']),
    ...COMMANDS.map((command) => [command, 'now']),
    ['doctor', '--force'],
    ['doctor', '--dry-run'],
    ['doctor', '--port', String(ports.from)],
    ['doctor', '--reset', '--port', String(ports.to)],
    ['doctor', '--reset', '--port', 'x'],
    ['logs', '--lines', '-1'],
    ['logs', '--lines', 'x'],
    ['logs', '--lines', '1000000'],
    ['logs', '--lines', '5', '--lines', '5'],
    ['logs', '--lines'],
    ['logs', '\u2013\u2013follow'],
    ['start', '--json=yes'],
  ]

  const ran = oneOf(WRONG)

  it.each(WRONG.map((words) => [words.join(' '), words] as const))(
    '%s: one line, exit 2, nothing made',
    (_, words) => {
      const { status, stdout, stderr } = ran(words)
      expect([status, stdout]).toEqual([2, ''])
      expect(stderr).toMatch(new RegExp(`^previewd: [^\\n]+ \\(see previewd ${words[0]} --help\\)\\n$`))
      expect(listenersOn(ports.from, ports.to)).toEqual([])
    },
  )

  it('is an object on stdout with --json', () => {
    expect(user.json(['stop', '--frce'])).toEqual({
      status: 2,
      document: {
        schema_version: 3,
        ok: false,
        error: {
          code: 'E_USAGE',
          message: expect.stringContaining('--frce'),
          remediation: 'see previewd stop --help',
        },
      },
    })
  })

  it('and an error of the daemon: one line with the hint, the code of its kind', () => {
    mkdirSync(dirname(LOG), { recursive: true })
    const state = join(user.home, 'a file')
    writeFileSync(state, '')
    const env = { XDG_STATE_HOME: state }
    const { status, stdout, stderr } = user.run(['start', '--json'], { env })
    expect([status, JSON.parse(stdout).error.code]).toEqual([2, 'E_SCOPE_UNUSABLE'])
    expect(stderr).toMatch(/^previewd: [^\n]+ \(ENOTDIR\): make [^\n]+\n$/)
    expect(user.run(['start', '--verbose'], { env }).stderr).toMatch(
      /^previewd: [^\n]+\n\w*Error: [^]+\n +at /,
    )
  })
})

describe('where the output goes', () => {
  it('a reader that has enough is no failure', () => {
    writeLog(20_000)
    const { stdout, stderr } = user.shell('{ $TOOL logs --lines 20000; echo "exit $?" >&2; } | head -n 1')
    expect([stdout, stderr]).toEqual(['line 0 of the log\n', 'exit 0\n'])
  })

  it('a full disk is one, and one line says so', () => {
    const { stdout, stderr } = user.shell('$TOOL status > /dev/full; echo "exit $?"')
    expect([stdout, stderr]).toEqual([
      'exit 2\n',
      'previewd: cannot write the output: ENOSPC (only the output is lost)\n',
    ])
  })

  it('so is a full quota, for which Node has no name', (context) => {
    const output = join(user.home, 'output')
    const refusal = ['-f', '-qq', '-o', '/dev/null', '-P', output, '-e', 'inject=write:error=EDQUOT']
    needCommand(context, 'strace', refusal)
    const { stdout, stderr } = user.shell(
      `strace ${refusal.join(' ')} $TOOL status > ${output}; echo "exit $?"`,
    )
    expect([stdout, stderr]).toEqual([
      'exit 2\n',
      'previewd: cannot write the output: EDQUOT (only the output is lost)\n',
    ])
  })

  it('has colours only where they are wanted', () => {
    const painted = (env: Readonly<Record<string, string>>): boolean =>
      user.run(['doctor'], { env }).stdout.includes('\u001b[')
    user.run(['start'])
    expect(painted({})).toBe(false)
    expect(painted({ FORCE_COLOR: '1' })).toBe(true)
    expect(painted({ FORCE_COLOR: '1', NO_COLOR: '1' })).toBe(false)
    const lines = [['doctor'], ['status'], ['start'], ['start', '--frce']]
    const env = { FORCE_COLOR: '1' }
    const colored = user.each(lines, env)
    const plain = user.each(
      lines.map((args) => [...args, '--no-color']),
      env,
    )
    const arePainted = (ran: readonly Ran[]) =>
      ran.map(({ stdout, stderr }) => /\u001b\[/.test(stdout + stderr))
    expect(arePainted(colored)).toEqual(lines.map(() => true))
    expect(arePainted(plain)).toEqual(lines.map(() => false))
    expect(plain.map(({ status }) => status)).toEqual(colored.map(({ status }) => status))
  })

  it('is left as it was', () => {
    const lines = [['status'], ['logs'], ['stop', '--frce'], ['start', '--help']]
    const left = user.each(lines, { PREVIEWD_LEFT: '1' }).map(({ stderr }) => stderr.split('\n').at(-2))
    expect(left).toEqual(lines.map(() => '[0,0,0]'))
  })
})

const INTERRUPTED = 'previewd: interrupted; to see what was done: previewd status\n'
const LOOKED = 'previewd: interrupted\n'

describe('Ctrl+C', () => {
  it('ends logs --follow with 130 and one line, after what it has shown', async () => {
    writeLog(2)
    const child = user.begin(['logs', '--follow'])
    const end = endOf(child)
    await once(child.stdout ?? child, 'data')
    child.kill('SIGINT')
    expect(await end).toEqual({ code: 130, out: 'line 0 of the log\nline 1 of the log\n', err: LOOKED })
  })

  it('ends a start with 130 and one line, and leaves no daemon', async () => {
    const child = user.begin(['start'], { PREVIEWD_SLOW_MS: '3000' })
    const end = endOf(child)
    const daemon = await eventually(() => {
      const [pid] = childrenOf(child.pid ?? 0)
      if (pid === undefined) throw new Error('no daemon yet')
      return pid
    })
    const isAlive = watch(daemon)
    child.kill('SIGINT')
    expect(await end).toEqual({ code: 130, out: '', err: INTERRUPTED })
    await eventually(() => expect(isAlive()).toBe(false))
    expect(user.json(['status']).document.state).not.toBe('running')
    expect(listenersOn(ports.from, ports.to)).toEqual([])
  })
})

describe('a signal to a command whose daemon never calls serve', () => {
  /** It would go on for ever: nothing else than the command knows of it. */
  const NEVER = { PREVIEWD_SLOW_MS: '1000000000' }

  const isDaemon = (pid: number) => readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes('previewd-daemon')

  async function beginStart(command: string) {
    const child = user.begin([command], NEVER)
    const end = endOf(child)
    const daemon = await eventually(() => {
      const pid = childrenOf(child.pid ?? 0).find(isDaemon)
      if (pid === undefined) throw new Error('no daemon yet')
      return pid
    })
    return { child, end, daemon, isAlive: watch(daemon) }
  }

  it.each([
    ['start', 'SIGINT', 130, INTERRUPTED],
    [
      'restart',
      'SIGINT',
      130,
      'previewd: interrupted; nothing was ended (to see what is left: previewd status)\n',
    ],
    ['start', 'SIGTERM', 143, ''],
    ['restart', 'SIGTERM', 143, ''],
    ['start', 'SIGHUP', 129, ''],
  ] as const)('%s, %s: ends the process before it exits with %i', async (command, signal, code, err) => {
    const { child, end, isAlive } = await beginStart(command)
    child.kill(signal)
    const ran = await end
    expect({ ...ran, err: withoutWaits(ran.err) }).toEqual({ code, out: '', err })
    expect(isAlive()).toBe(false)
  })

  it('ends it also if it does not react to SIGTERM, and Ctrl+C is pressed again meanwhile', async () => {
    const { child, end, daemon, isAlive } = await beginStart('start')
    process.kill(daemon, 'SIGSTOP')
    child.kill('SIGINT')
    const pressing = setInterval(() => child.kill('SIGINT'), 250)
    expect(await end).toMatchObject({ code: 130, out: '' })
    clearInterval(pressing)
    expect(isAlive()).toBe(false)
  })
})

describe('logs --follow', () => {
  it('prints what is appended, and ends when its reader is gone though nothing is written', async () => {
    writeLog(1)
    const child = user.begin(['logs', '--follow', '--lines', '0'])
    let out = ''
    child.stdout?.on('data', (chunk) => (out += String(chunk)))
    const ended = once(child, 'exit')
    await eventually(() => {
      appendFileSync(LOG, 'appended\n')
      expect(out).toContain('appended\n')
    })
    child.stdout?.destroy()
    expect(await ended).toEqual([0, null])
  })
})

/** What command lines print with `--json`, one after the other. */
function documentsOf(lines: readonly (readonly string[])[]) {
  return user
    .each(lines.map((args) => [...args, '--json']))
    .map(({ status, stdout }) => ({ status, document: JSON.parse(stdout) }))
}

function writeLog(lines: number): void {
  mkdirSync(dirname(LOG), { recursive: true })
  writeFileSync(LOG, Array.from({ length: lines }, (_, index) => `line ${index} of the log\n`).join(''))
  expect(existsSync(LOG)).toBe(true)
}
