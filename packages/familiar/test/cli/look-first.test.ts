import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { realpathSync } from 'node:fs'
import { tmpdir, userInfo } from 'node:os'
import { describe, expect, it } from 'vitest'
import { portRanges, versionRange } from '../../src/cli/group-words.js'
import { lookAtSome } from '../../src/cli/look-at-some.js'
import { renderDoctor } from '../../src/cli/render-doctor.js'
import type { DoctorDocument } from '../../src/doctor/document.js'
import type { DoctorRecord } from '../../src/doctor/choose-remedy.js'
import { lookCommand } from '../../src/observe/platform/look-command.js'
import { eventually } from '../helpers/eventually.js'
import { documentOf, OPEN, ORPHANED, RECORD, render, TEXT, USED } from '../helpers/doctor-rows.js'

describe('what needs a decision', () => {
  const OLD: DoctorRecord = {
    ...OPEN,
    skip_reason: 'pre_marker',
    daemon_root: null,
    rule: 'S9',
    remedy: {
      commands: ['tool doctor --reset --force --port 9420'],
      description: 'ends it',
      safe: false,
      look: lookCommand([2720]),
    },
  }
  const forced = {
    ...ORPHANED,
    remediation: { ...OLD.remedy!, command: 'tool doctor --reset --force --port 9420' },
  }

  it('and may be of another home is to be looked at first: the look and the command are printed once, below the table', () => {
    const text = render([OLD], [forced])
    const look = `${lookCommand([2720])}  # look first`
    expect(text.indexOf(look)).toBeGreaterThan(0)
    expect(text.indexOf('--force')).toBeGreaterThan(text.indexOf(look))
    expect([text.match(/--force/g)?.length, text.match(/# look first/g)?.length]).toEqual([1, 1])
    expect(text).toContain('stands below the table')
    expect(render([OPEN])).not.toContain('look first')
  })

  it('is to be looked at first after a clean-up of its port too: its command is printed once, below the look', () => {
    const result = { swept: [], skipped: [], failed: [], dry_run: true, would_sweep: [] }
    const document = { ...documentOf([OLD], [forced]), reset_result: result }
    const text = renderDoctor(document, { ...TEXT, named: 9420 }, { columns: null, hasColor: false })
    expect(text.match(/--force/g)).toHaveLength(1)
    expect(text.match(/# look first/g)).toHaveLength(1)
    expect(text.indexOf('--force')).toBeGreaterThan(text.indexOf('# look first'))
  })

  it('is not told after a clean-up of another port, but for what the verdict counts', () => {
    const swept = [
      {
        pid: 2701,
        port: 9401,
        package_version: '3.2.2',
        protocol_version: 1,
        reason: 'superseded',
        cleanup_path: 'terminate' as const,
      },
    ]
    const result = { swept, skipped: [], failed: [], dry_run: false, would_sweep: [] }
    const document = { ...documentOf([OLD], [forced]), reset_result: result }
    expect(renderDoctor(document, { ...TEXT, named: 9401 }, { columns: null, hasColor: false })).toBe(
      [
        'ended port 9401 (process 2701, SIGTERM): superseded',
        '',
        '! orphaned daemons: 18 can be ended (F-002)',
        '',
        'swept: 1 · skipped: 0 (operator_required) · failed: 0',
        '1 problem.',
        '',
      ].join('\n'),
    )
  })

  it('has every reason of the section explained', () => {
    const text = render([OLD, { ...OPEN, port: 9421 }, { ...OLD, port: 9422 }])
    expect(text).toContain(
      '  To read more: tool explain pre_marker\n                tool explain unresponsive\n',
    )
  })

  it('is looked at with a command of each system', () => {
    expect(lookCommand([1, 2], 'linux')).toBe('ps -ww -p 1,2 -o pid,stat,user,lstart,args; pwdx 1 2')
    expect(lookCommand([1, 2], 'darwin')).toBe(
      'ps -ww -p 1,2 -o pid,stat,user,lstart,args; lsof -a -d cwd -p 1,2',
    )
    expect(lookCommand([1, 2], 'win32')).toContain("-Filter 'ProcessId=1 or ProcessId=2'")
  })

  it.runIf(['linux', 'darwin'].includes(process.platform))(
    'is looked at as printed: whose it is, since when, what it runs, where, and that it is stopped',
    async () => {
      const cwd = realpathSync(tmpdir())
      const args = ['-e', 'setInterval(() => undefined, 1000)', 'what-it-runs']
      const child = spawn(process.execPath, args, { cwd, stdio: 'ignore' })
      try {
        await once(child, 'spawn')
        child.kill('SIGSTOP')
        await eventually(() =>
          expect(
            spawnSync('ps', ['-o', 'stat=', '-p', String(child.pid)], { encoding: 'utf8' }).stdout,
          ).toMatch(/^T/),
        )
        const { stdout, stderr } = spawnSync('sh', ['-c', lookCommand([child.pid ?? 0])], {
          encoding: 'utf8',
        })
        expect(stderr).toBe('')
        for (const told of [String(child.pid), userInfo().username.slice(0, 6), 'what-it-runs', cwd])
          expect(stdout).toContain(told)
        expect(stdout).toMatch(/\d\d:\d\d:\d\d 20\d\d/)
        expect(stdout).toMatch(new RegExp(`^ *${child.pid} +T`, 'm'))
      } finally {
        child.kill('SIGKILL')
      }
    },
  )

  it('is told once if it is the daemon of this home: by its finding', () => {
    const wedged = { ...OPEN, remedy: { commands: ['tool stop'], description: 'ends it', safe: false } }
    const remediation = { ...wedged.remedy, command: 'tool stop' }
    const document = documentOf([wedged], [{ ...ORPHANED, id: 'F-005', severity: 'critical', remediation }])
    const { pid, port } = wedged
    const daemon = { pid, port, state: 'wedged', active: false } as DoctorDocument['daemon']
    const text = renderDoctor({ ...document, daemon }, TEXT, { columns: null, hasColor: false })
    expect(text.match(/tool stop/g)).toHaveLength(1)
    expect(text).not.toContain('Needs a decision')
  })

  it('and every other hint is left out of a quiet output: verdict, findings and table stay', () => {
    const quiet = render([OLD, USED, RECORD], [ORPHANED], { columns: 60, hasColor: false, isQuiet: true })
    expect(quiet).toMatch(/^1 problem\.\n\n! orphaned daemons: 18 can be ended \(F-002\)\n\n/)
    expect(quiet).toMatch(/PID +PORT[^]* 9401 /)
    expect(quiet).toMatch(
      /Needs a decision \(operator_required\):\n {2}9420: its command line names no home /,
    )
    expect(quiet).not.toContain('left alone')
    expect(quiet).not.toMatch(/tool |not shown|They keep|To read more|# /)
  })
})

describe('the command to look first', () => {
  it('has as many processes as fit into the line, at least one, and all of them in a pipe', () => {
    const pids = Array.from({ length: 28 }, (_, index) => 2700 + index)
    expect(lookAtSome(pids, null)).toEqual({ command: lookCommand(pids), more: 0 })
    for (const columns of [60, 80, 120]) {
      const { command, more } = lookAtSome(pids, columns)
      expect(command.length).toBeLessThanOrEqual(columns)
      expect(command).toBe(lookCommand(pids.slice(0, pids.length - more)))
      expect(lookCommand(pids.slice(0, pids.length - more + 1)).length).toBeGreaterThan(columns)
    }
    expect(lookAtSome(pids, 20)).toEqual({ command: lookCommand([2700]), more: 27 })
  })
})

describe('the lines before a question', () => {
  it('name the ports and versions of several that are alike', () => {
    expect(portRanges([9407, 9401, 9402, 9403, 9405, 9406])).toBe('9401-9403 9405-9407')
    expect(portRanges([9401, 9402, 9404])).toBe('9401 9402 9404')
    expect(versionRange(['3.2.10', '3.2.2', null])).toBe('3.2.2-3.2.10')
    expect([versionRange(['3.2.2', '3.2.2']), versionRange([null])]).toEqual(['3.2.2', null])
  })
})

it('a look covers at least as many processes as commands are printed, however narrow the terminal', () => {
  expect(lookAtSome([101, 102, 103, 104], 20, 3)).toEqual({ command: lookCommand([101, 102, 103]), more: 1 })
  expect(lookAtSome([101, 102], 20, 3)).toEqual({ command: lookCommand([101, 102]), more: 0 })
})
