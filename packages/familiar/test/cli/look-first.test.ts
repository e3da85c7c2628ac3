import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { realpathSync } from 'node:fs'
import { tmpdir, userInfo } from 'node:os'
import { describe, expect, it } from 'vitest'
import { renderDoctor } from '../../src/cli/render-doctor.js'
import type { DoctorDocument } from '../../src/doctor/document.js'
import { isToLookAt, type DoctorRecord } from '../../src/doctor/choose-remedy.js'
import type { Candidate } from '../../src/observe/scan.js'
import { lookCommand } from '../../src/observe/platform/look-command.js'
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

  it('and may be of another home is to be looked at first, and its command stands nowhere else', () => {
    const text = render([OLD], [forced])
    const look = `${lookCommand([2720])}  # look first`
    expect(text.indexOf(look)).toBeGreaterThan(0)
    expect(text.indexOf('--force')).toBeGreaterThan(text.indexOf(look))
    expect(text.match(/--force/g)).toHaveLength(1)
    expect(render([OPEN])).not.toContain('look first')
  })

  it.each([
    ['of its port', 9420],
    ['of another port', 9401],
  ])(
    'is to be looked at first after a clean-up %s too: its command is printed once, below the look',
    (_, named) => {
      const result = { swept: [], skipped: [], failed: [], dry_run: true, would_sweep: [] }
      const document = { ...documentOf([OLD], [forced]), reset_result: result }
      const text = renderDoctor(document, { ...TEXT, named }, { columns: null, hasColor: false })
      expect(text.match(/--force/g)).toHaveLength(1)
      expect(text.match(/# look first/g)).toHaveLength(1)
      expect(text.indexOf('--force')).toBeGreaterThan(text.indexOf('# look first'))
    },
  )

  it.each(['pre_marker', 'pid_port_mismatch', 'scope_mismatch', 'ambiguous', 'unresponsive'])(
    'and does not show what it is used for can be looked at first: %s',
    (reason) => expect(isToLookAt({ verdict: { reason } } as unknown as Candidate)).toBe(true),
  )

  it('is looked at with a command of each system', () => {
    expect(lookCommand([1, 2], 'linux')).toBe('ps -ww -p 1,2 -o pid,user,lstart,args; pwdx 1 2')
    expect(lookCommand([1, 2], 'darwin')).toBe('ps -ww -p 1,2 -o pid,user,lstart,args; lsof -a -d cwd -p 1,2')
    expect(lookCommand([1, 2], 'win32')).toContain("-Filter 'ProcessId=1 or ProcessId=2'")
  })

  it.runIf(['linux', 'darwin'].includes(process.platform))(
    'is looked at as printed: whose it is, since when, what it runs, and where',
    async () => {
      const cwd = realpathSync(tmpdir())
      const args = ['-e', 'setInterval(() => undefined, 1000)', 'what-it-runs']
      const child = spawn(process.execPath, args, { cwd, stdio: 'ignore' })
      try {
        await once(child, 'spawn')
        const { stdout, stderr } = spawnSync('sh', ['-c', lookCommand([child.pid ?? 0])], {
          encoding: 'utf8',
        })
        expect(stderr).toBe('')
        for (const told of [String(child.pid), userInfo().username.slice(0, 6), 'what-it-runs', cwd])
          expect(stdout).toContain(told)
        expect(stdout).toMatch(/\d\d:\d\d:\d\d 20\d\d/)
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
