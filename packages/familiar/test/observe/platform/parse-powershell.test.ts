import { describe, expect, it } from 'vitest'

import { parseHost, parseListeners, parseProcesses } from '../../../src/observe/platform/parse-powershell.js'
import { captured } from './captured.js'

const USER = 'S-1-5-21-1004336348-1177238915-682003330-1001'
const ONE = [{ port: 9400, address: '127.0.0.1', pid: 9120, created: '134087945437654321' }]

/** What no question ever answers. */
const UNUSABLE: readonly (readonly [string, string])[] = [
  ['nothing', ''],
  ['a message', 'Get-NetTCPConnection : Die Benennung wurde nicht als Name eines Cmdlet erkannt.\r\n'],
  ['a bare list', '[]\r\n'],
  ['a bare word', 'null\r\n'],
  ['an object without rows', '{"now":"1"}\r\n'],
  ['rows that are none', '{"rows":7}\r\n'],
]

describe('parseListeners', () => {
  it('reads IPv4, IPv6, both wildcards, a zone and an IPv4-mapped address', () => {
    expect(parseListeners(captured('win32/listeners.json'))).toEqual([
      { port: 9400, address: '127.0.0.1', pid: 9120, created: '134087945437654321' },
      { port: 9400, address: '::1', pid: 9120, created: '134087945437660000' },
      { port: 9401, address: '0.0.0.0', pid: 11332, created: '134087945990000000' },
      { port: 9402, address: '::', pid: 11332, created: null },
      { port: 9403, address: '127.0.0.1', pid: null, created: '134087946000000000' },
      { port: 9449, address: 'fe80::1c2b:3d4e:5f60:7182%12', pid: 4, created: null },
    ])
  })

  it('reads the only row of a list that PowerShell has unrolled, after a byte order mark', () => {
    expect(captured('win32/listeners-one.json').charCodeAt(0)).toBe(0xfeff)
    expect(parseListeners(captured('win32/listeners-one.json'))).toEqual(ONE)
  })

  it('reads a list that PowerShell 5.1 has wrapped', () => {
    expect(parseListeners(captured('win32/listeners-wrapped.json'))).toEqual(ONE)
  })

  it('has no rows where nothing listens', () => {
    expect(parseListeners(captured('win32/listeners-none.json'))).toEqual([])
  })

  it('leaves out rows without a port or an address', () => {
    const rows =
      '[{"port":0,"address":"::"},{"port":70000,"address":"::"},{"port":9400,"address":null},7,null]'
    expect(parseListeners(`{"rows":${rows}}`)).toEqual([])
  })

  it.each(UNUSABLE)('refuses %s', (_what, text) => {
    expect(() => parseListeners(text)).toThrow('powershell: its answer')
  })

  it('refuses an answer that was cut, wherever it was', () => {
    const text = captured('win32/listeners.json').trimEnd()
    for (let length = 0; length < text.length; length += 1) {
      expect(() => parseListeners(text.slice(0, length))).toThrow('powershell: its answer')
    }
  })
})

describe('parseProcesses', () => {
  it('reads a predecessor with a script of several lines', () => {
    const { rows, unread } = parseProcesses(captured('win32/processes.json'))
    expect(unread).toBe(0)
    expect(rows[0]).toEqual({
      pid: 9120,
      parent: 8004,
      created: '134087945437654320',
      user: USER,
      commandLine: [
        'C:\\Users\\dev\\pipx\\venvs\\spec-kitty-cli\\Scripts\\python.exe -c "import os',
        'os.environ[\\"SPEC_KITTY_SYNC_MINIMAL_IMPORT\\"] = \\"1\\"',
        'from specify_cli.sync.daemon import run_sync_daemon',
        "run_sync_daemon(9400, '8dbd98dde9a8fe7803216c4e54dac522')",
        '" --spec-kitty-daemon-root=C:\\Users\\dev\\.spec-kitty',
      ].join('\n'),
      executable: 'C:\\Users\\dev\\pipx\\venvs\\spec-kitty-cli\\Scripts\\python.exe',
      ageSeconds: 56,
      memoryBytes: 39_059_456,
      cpuSeconds: 0.578125,
    })
  })

  it('has null for what may not be read, and skips a warning before the answer', () => {
    const { rows } = parseProcesses(captured('win32/processes-protected.json'))
    expect(rows.map((row) => [row.pid, row.user, row.commandLine, row.executable, row.created])).toEqual([
      [4, null, null, null, '134087000000000000'],
      [5120, 'S-1-5-21-1004336348-1177238915-682003330-1002', null, null, null],
    ])
    expect(rows.map((row) => row.ageSeconds)).toEqual([94_600, null])
    expect(rows.map((row) => row.cpuSeconds)).toEqual([1023.5, null])
  })

  it('has no age for a process of the future, nor without a clock', () => {
    const row = '{"pid":8,"created":"134087945437654320"}'
    expect(parseProcesses(`{"now":"134087945437654319","rows":[${row}]}`).rows[0]?.ageSeconds).toBeNull()
    expect(parseProcesses(`{"rows":[${row}]}`).rows[0]?.ageSeconds).toBeNull()
  })

  it('counts rows that name no process, and takes nothing of a wrong type', () => {
    const odd =
      '{"pid":12,"parent":"1","sid":"dev","created":134087945437654320,"command":7,"path":"","memory":-1,"cpu":"7"}'
    const { rows, unread } = parseProcesses(`{"rows":[{"pid":"9120"},7,${odd}]}`)
    expect(unread).toBe(2)
    expect(rows).toEqual([
      {
        pid: 12,
        parent: null,
        created: null,
        user: null,
        commandLine: null,
        executable: null,
        ageSeconds: null,
        memoryBytes: null,
        cpuSeconds: null,
      },
    ])
  })

  it.each(UNUSABLE)('refuses %s', (_what, text) => {
    expect(() => parseProcesses(text)).toThrow('powershell: its answer')
  })
})

describe('parseHost', () => {
  it('reads the SID and the boot', () => {
    expect(parseHost(captured('win32/host.json'))).toEqual({ user: USER, boot: '134086999885000000' })
  })

  it.each([
    ['nothing', ''],
    ['no boot', `{"user":"${USER}","boot":{}}`],
    ['a name for a SID', '{"user":"DESKTOP\\\\dev","boot":"134086999885000000"}'],
  ])('refuses %s', (_what, text) => {
    expect(() => parseHost(text)).toThrow('powershell: its answer')
  })
})
