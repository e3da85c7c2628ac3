import * as fc from 'fast-check'
import { parseLsof } from '../../../packages/familiar/dist/observe/platform/parse-lsof.js'
import * as powershell from '../../../packages/familiar/dist/observe/platform/parse-powershell.js'
import * as proc from '../../../packages/familiar/dist/observe/platform/parse-proc.js'
import { parsePs } from '../../../packages/familiar/dist/observe/platform/parse-ps.js'
import { check, expectEqual, expectTrue, type Check } from './check.js'
import { HOSTILE_NAME } from './inputs.js'

/**
 * An invented process. From it, the output of the tools is generated as they would write it. Its name tries to look like
 * other fields, rows or processes. The truth is known, so the test sees whether the name changes anything except itself.
 */
interface Process {
  readonly pid: number
  readonly parent: number
  readonly uid: number
  readonly ticks: number
  readonly name: string
  readonly port: number
}

const PROCESSES: fc.Arbitrary<readonly Process[]> = fc
  .uniqueArray(fc.integer({ min: 2, max: 4_194_304 }), { minLength: 1, maxLength: 6 })
  .chain((pids) =>
    fc.tuple(
      ...pids.map((pid) =>
        fc.record({
          pid: fc.constant(pid),
          parent: fc.integer({ min: 1, max: 4_194_304 }),
          uid: fc.integer({ min: 0, max: 65_534 }),
          ticks: fc.integer({ min: 1, max: 2 ** 40 }),
          name: HOSTILE_NAME,
          port: fc.integer({ min: 9400, max: 9449 }),
        }),
      ),
    ),
  )

export function forgedChecks(): readonly Check[] {
  return [
    check('/proc/PID/stat: a name forges no start time, parent or state', PROCESSES, statTellsTheTruth),
    check('/proc/PID/status: a name forges no owner', PROCESSES, statusTellsTheTruth),
    check(
      '/proc/PID/cmdline: the arguments are the arguments',
      fc.array(HOSTILE_NAME, { minLength: 1 }),
      (args) => expectEqual(proc.parseCmdline(`${args.join('\0')}\0`), args, 'arguments'),
    ),
    check('ps: a name forges no process, owner or start time', PROCESSES, psTellsTheTruth),
    check('lsof: a name forges no process and no listener', PROCESSES, lsofTellsTheTruth),
    check('PowerShell: a command line forges no process', PROCESSES, powershellTellsTheTruth),
    check('lsof: output that is cut off is refused', PROCESSES, (all) => {
      const text = lsofOf(all)
      for (const end of [text.length - 1, text.length >> 1]) {
        const cut = text.slice(0, end)
        if (!cut.endsWith('\n'))
          expectTrue(
            isRefused(() => parseLsof(cut)),
            `${JSON.stringify(cut)} was read`,
          )
      }
    }),
    check('ps: a line that is cut off names no process', PROCESSES, (all) => {
      const text = psOf(all).trimEnd()
      for (let end = 1; end <= text.length; end++) {
        const { rows, unread } = parsePs(text.slice(0, end))
        const known = rows.every(({ pid }) => all.some((one) => one.pid === pid))
        expectTrue(known, `a pid that is none in ${JSON.stringify(text.slice(0, end))}`)
        expectTrue(rows.length + unread > 0, 'nothing was said of a cut line')
      }
    }),
  ]
}

function isRefused(read: () => unknown): boolean {
  try {
    read()
    return false
  } catch {
    return true
  }
}

/** The kernel truncates the name at 15 bytes, and does not escape anything in `stat`. */
function statTellsTheTruth(all: readonly Process[]): void {
  for (const { pid, parent, ticks, name } of all) {
    const fields = `S ${parent} 1 1 0 -1 4194304 9 0 0 0 12 5 0 0 20 0 3 0 ${ticks} 1000 200 18446744073709551615 1 1`
    const read = proc.parseProcStat(`${pid} (${cut(name)}) ${fields}\n`)
    expectEqual(
      [read?.state, read?.parent, read?.threads, read?.startTicks, read?.cpuTicks],
      ['S', parent, 3, String(ticks), 17],
      'stat',
    )
  }
}

/** In `status`, the kernel writes a line feed as `\n` and a backslash as `\\`. */
function statusTellsTheTruth(all: readonly Process[]): void {
  for (const { pid, uid, name } of all) {
    const escaped = cut(name).replaceAll('\\', '\\\\').replaceAll('\n', '\\n')
    const text = `Name:\t${escaped}\nUmask:\t0022\nState:\tS (sleeping)\nTgid:\t${pid}\nUid:\t${uid}\t${uid}\t${uid}\t${uid}\nVmRSS:\t    4312 kB\n`
    expectEqual(
      proc.parseProcStatus(text),
      { user: String(uid), memoryBytes: 4312 * 1024, process: pid },
      'status',
    )
  }
}

function cut(name: string): string {
  return Buffer.from(name).subarray(0, 15).toString('latin1')
}

function psTellsTheTruth(all: readonly Process[]): void {
  const { rows, unread } = parsePs(psOf(all))
  expectEqual(
    rows.map(({ pid, parent, user, zombie, started }) => [pid, parent, user, zombie, started]),
    all.map(({ pid, parent, uid }) => [pid, parent, String(uid), false, '2026-11-21T09:30:00Z']),
    'ps',
  )
  expectEqual(unread, 0, 'unread lines')
}

/** macOS prints no byte outside printable ASCII: a line feed becomes `\012`. */
function psOf(all: readonly Process[]): string {
  return all
    .map(({ pid, parent, uid, name }) => {
      const [command, comm] = [visible(`${name} --port 9400`), visible(name).padEnd(30)]
      const times = 'Sat Nov 21 09:30:00 2026           06:01   0:00.11    640'
      return `${pid} ${parent} ${uid} ${uid} S    ${times} ${comm} ${pid} ${command}\n`
    })
    .join('')
}

function visible(text: string): string {
  return text.replaceAll(/[^\u0020-\u007e]/gu, (char) =>
    [...Buffer.from(char)].map((byte) => `\\${byte.toString(8).padStart(3, '0')}`).join(''),
  )
}

function lsofTellsTheTruth(all: readonly Process[]): void {
  const rows = parseLsof(lsofOf(all))
  expectEqual(
    rows.map(({ pid, parent, user, port, address }) => [pid, parent, user, port, address]),
    all.map(({ pid, parent, uid, port }) => [pid, parent, String(uid), port, '127.0.0.1']),
    'lsof',
  )
}

/** We do not request names from lsof. If it prints one anyway, it escapes unprintable characters. */
function lsofOf(all: readonly Process[]): string {
  return all
    .map(
      ({ pid, parent, uid, port, name }) =>
        `p${pid}\nR${parent}\nc${visible(name)}\nu${uid}\nf3\ntIPv4\nd0x${pid.toString(16)}\nn127.0.0.1:${port}\n`,
    )
    .join('')
}

function powershellTellsTheTruth(all: readonly Process[]): void {
  const rows = all.map(({ pid, parent, ticks, name }) => ({
    pid,
    parent,
    created: String(ticks),
    command: name,
    path: name,
    sid: 'S-1-5-21-1-2-3-1001',
    cpu: 10_000_000,
    memory: 4096,
  }))
  const answer = powershell.parseProcesses(
    `a warning: {${all[0]?.name ?? ''}\r\n${JSON.stringify({ now: '9', rows })}\r\n`,
  )
  expectEqual(
    answer.rows.map(({ pid, parent, created, commandLine }) => [pid, parent, created, commandLine]),
    all.map(({ pid, parent, ticks, name }) => [pid, parent, String(ticks), name]),
    'processes',
  )
  expectEqual(answer.unread, 0, 'unread rows')
}
