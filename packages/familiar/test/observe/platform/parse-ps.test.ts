import { describe, expect, it } from 'vitest'

import { parsePs, type PsRow } from '../../../src/observe/platform/parse-ps.js'
import { captured } from './captured.js'

const daemons = captured('darwin/ps-daemons.txt')
const odd = captured('darwin/ps-odd.txt')
const PYTHON =
  '/opt/homebrew/Cellar/python@3.11/3.11.9/Frameworks/Python.framework/Versions/3.11/Resources/Python.app/Contents/MacOS/Python'

function rowOf(text: string, pid: number): PsRow | undefined {
  return parsePs(text).rows.find((row) => row.pid === pid)
}

/** A line as `ps` prints it, with one column replaced. */
function line(change: {
  readonly etime?: string
  readonly lstart?: string
  readonly cpu?: string
  readonly rest?: string
}): string {
  const { etime = '00:41', lstart = 'Sat Nov 21 09:35:43 2026' } = change
  const { cpu = '0:00.41', rest = 'node   812 node x.js' } = change
  return `  812     1   501   501 S    ${lstart}         ${etime} ${cpu}  38144 ${rest}\n`
}

describe('parsePs', () => {
  it('reads every column of a predecessor with its script', () => {
    expect(rowOf(daemons, 812)).toEqual({
      pid: 812,
      parent: 1,
      user: '501',
      zombie: false,
      started: '2026-11-21T09:35:43Z',
      ageSeconds: 41,
      memoryBytes: 38144 * 1024,
      cpuSeconds: 0.41,
      executable: PYTHON,
      command: [
        `${PYTHON} -c import os`,
        'os.environ["SPEC_KITTY_SYNC_MINIMAL_IMPORT"] = "1"',
        'from specify_cli.sync.daemon import run_sync_daemon',
        "run_sync_daemon(9400, '8dbd98dde9a8fe7803216c4e54dac522')",
        ` --spec-kitty-daemon-root=/Users/dev/.spec-kitty --spec-kitty-daemon-exec=${PYTHON}`,
      ].join('\n'),
    })
  })

  it('finds the end of an executable with blanks in its path, also where a wide column has moved the rest', () => {
    const row = rowOf(daemons, 2077)
    expect(row?.executable).toBe(
      '/Users/dev/Library/Application Support/fnm/node-versions/v20.20.2/installation/bin/node',
    )
    expect(row?.command).toBe(
      `${row?.executable} /Users/dev/tools/spec kitty/bin/spec-kitty-daemon.js sync --spec-kitty-daemon-root=/Users/dev/.spec-kitty`,
    )
    expect(row?.memoryBytes).toBe(1310720 * 1024)
  })

  it('decodes a script that starts with a newline and names a directory with accents', () => {
    const command = rowOf(daemons, 2101)?.command ?? ''
    expect(command).toContain(' -c \nimport sys\n')
    expect(command).toContain("run_dashboard_server(Path('/Users/dev/projects/Café à la carte'), 9237, ")
  })

  it('reads start times on both sides of a new year', () => {
    expect(rowOf(daemons, 2077)?.started).toBe('2026-12-31T23:59:59Z')
    expect(rowOf(daemons, 2101)?.started).toBe('2027-01-01T00:00:00Z')
  })

  it('reads ages of minutes, hours, days and hundreds of days', () => {
    const ages = parsePs(daemons).rows.map((row) => row.ageSeconds)
    expect(ages).toEqual([41, 3723, 183_845, 10_627_201])
  })

  it('reads CPU times of hundredths, of minutes, of many minutes, and of nothing', () => {
    expect(parsePs(daemons).rows.map((row) => row.cpuSeconds)).toEqual([0.41, 723.07, 74_096.78, 0])
  })

  it.each([
    ['0:00,41', 0.41],
    ['1:02:03', 3723],
    ['2-01:02:03', 176_523],
    ['-', null],
    ['?', null],
    ['0:00.4x', null],
  ])('reads the CPU time %s as %s, and still the rest of the line', (cpu, cpuSeconds) => {
    const expected = { cpuSeconds, memoryBytes: 38144 * 1024, command: 'node x.js' }
    expect(rowOf(line({ cpu }), 812)).toMatchObject(expected)
  })

  it('does not take a bare name for an executable', () => {
    expect(rowOf(daemons, 2210)).toMatchObject({ executable: null, command: 'python3 -m http.server 9404' })
    expect(rowOf(odd, 2700)).toMatchObject({ executable: null, command: '-zsh' })
  })

  it('has null for arguments that may not be read, and for memory that is not given', () => {
    expect(rowOf(odd, 88)).toMatchObject({ user: '0', executable: null, command: null, memoryBytes: null })
    expect(rowOf(odd, 2600)).toMatchObject({ zombie: false, executable: null, command: null })
  })

  it('writes the uid of the user nobody as the rest of the system does', () => {
    expect(rowOf(odd, 421)?.user).toBe('4294967294')
  })

  it('does not say whose a process is that runs with two uids', () => {
    expect(rowOf(odd, 2500)?.user).toBeNull()
  })

  it('knows a zombie', () => {
    expect(rowOf(odd, 2400)).toMatchObject({ zombie: true, command: null })
  })

  it('has no command where the two columns contradict each other: the process became another in between', () => {
    expect(rowOf(odd, 2800)).toMatchObject({
      started: '2026-11-21T09:31:00Z',
      executable: null,
      command: null,
    })
  })

  it('is not misled by a pid among the arguments', () => {
    const rest = '/opt/a 812 b/node   812 /opt/a 812 b/node kill 812 now'
    expect(rowOf(line({ rest }), 812)).toMatchObject({
      executable: '/opt/a 812 b/node',
      command: '/opt/a 812 b/node kill 812 now',
    })
  })

  it('keeps blanks at the end and in the middle of the arguments', () => {
    expect(rowOf(line({ rest: 'node   812 node  a   b  ' }), 812)?.command).toBe('node  a   b  ')
  })

  it('keeps the process and drops the rest of a line in another language', () => {
    const { rows, unread } = parsePs(captured('darwin/ps-localised.txt'))
    expect(unread).toBe(0)
    expect(rows.map((row) => [row.pid, row.user, row.started, row.command])).toEqual([
      [812, '501', null, null],
      [2077, '501', null, null],
    ])
  })

  it.each(['-1:-5', '12', '1:2:3:4:5', '--'])('has no age for %s', (etime) => {
    expect(rowOf(line({ etime }), 812)?.ageSeconds).toBeNull()
  })

  it('has no start time for a month that does not exist', () => {
    expect(rowOf(line({ lstart: 'Sat Nox 21 09:35:43 2026' }), 812)?.started).toBeNull()
  })

  it('counts lines that name no process', () => {
    expect(parsePs('ps: illegal option -- q\nusage: ps [-AaCcEefhjlMmrSTvwXx]\n')).toEqual({
      rows: [],
      unread: 2,
    })
    expect(parsePs('')).toEqual({ rows: [], unread: 0 })
    expect(parsePs('\n\n')).toEqual({ rows: [], unread: 0 })
  })

  it('reads CRLF line ends the same', () => {
    expect(parsePs(daemons.replaceAll('\n', '\r\n'))).toEqual(parsePs(daemons))
  })

  it('never takes a line that was cut for a whole one, wherever it was cut', () => {
    for (let length = 1; length < daemons.length; length += 1) {
      const { rows, unread } = parsePs(daemons.slice(0, length))
      const isWhole = daemons[length - 1] === '\n'
      const isBlank = daemons.slice(0, length).split('\n').at(-1)?.trim() === ''
      expect(unread).toBe(isWhole || isBlank ? 0 : 1)
      expect(rows).toEqual(parsePs(daemons).rows.slice(0, rows.length))
    }
  })
})
