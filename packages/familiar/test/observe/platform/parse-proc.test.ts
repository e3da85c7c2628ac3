import { describe, expect, it } from 'vitest'
import { ageOf } from '../../../src/observe/platform/linux-stat.js'
import {
  parseCmdline,
  parseProcNetTcp,
  parseProcStat,
  parseProcStatus,
} from '../../../src/observe/platform/parse-proc.js'

const RANGE = { from: 9400, to: 9450 }
const HEADER =
  '  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n'

/** Returns a row as the kernel prints it. */
function row(
  change: {
    readonly local?: string
    readonly state?: string
    readonly uid?: string
    readonly inode?: string
  } = {},
): string {
  const { local = '0100007F:24B8', state = '0A', uid = '1000', inode = '53422' } = change
  return `   0: ${local} 00000000:0000 ${state} 00000000:00000000 00:00000000 00000000  ${uid}        0 ${inode} 1 0000000000000000 100 0 0 10 0\n`
}

const addresses = (local: string): readonly string[] =>
  parseProcNetTcp(HEADER + row({ local: `${local}:24B8` }), RANGE).map(({ address }) => address)

describe('the age of this process', () => {
  it.each([
    ['as both clocks say', 1_000, 1_060, 60, 60],
    ['as the uptime says, where the machine was suspended', 1_000, 30_060, 60, 29_060],
    ['as this process says, where the uptime is that of a container', 1_000, 70, 60, 60],
  ])('is %s', (_, startedSeconds, uptimeSeconds, awakeSeconds, expected) => {
    expect(ageOf(startedSeconds, uptimeSeconds, awakeSeconds)).toBe(expected)
  })
})

describe('parseProcNetTcp', () => {
  it('reads a listener', () => {
    expect(parseProcNetTcp(HEADER + row(), RANGE)).toEqual([
      { port: 9400, address: '127.0.0.1', socket: '53422', user: '1000', pid: null },
    ])
  })

  it('reads every listener of the range, and no other port', () => {
    const ports = ['24B7', '24B8', '24D0', '24E9', '24EA', '0050', 'FFFF', '0000']
    const text = HEADER + ports.map((port) => row({ local: `0100007F:${port}` })).join('')
    expect(parseProcNetTcp(text, RANGE).map(({ port }) => port)).toEqual([9400, 9424, 9449])
  })

  it('takes no socket that does not listen', () => {
    const states = ['01', '02', '03', '04', '05', '06', '07', '08', '09', '0B', '0C', '0a']
    const text = HEADER + states.map((state) => row({ state })).join('')
    expect(parseProcNetTcp(text, RANGE)).toEqual([])
  })

  it.each([
    ['0100007F', '127.0.0.1'],
    ['00000000', '0.0.0.0'],
    ['0A01A8C0', '192.168.1.10'],
    ['00000000000000000000000000000000', '::'],
    ['00000000000000000000000001000000', '::1'],
    ['0000000000000000FFFF00000100007F', '127.0.0.1'],
    ['0000000000000000FFFF000000000000', '0.0.0.0'],
    ['000080FE00000000FF005450ADDE00FE', 'fe80::5054:ff:fe00:dead'],
    ['B80D0120000000000000000001000000', '2001:db8::1'],
    ['B80D012001000000000000000000FFFF', '2001:db8:0:1::ffff:0'],
    ['B80D0120030002000500040007000600', '2001:db8:2:3:4:5:6:7'],
    ['00000120010000000000000001000000', '2001:0:0:1::1'],
  ])('reads the address %s as %s', (hex, address) => {
    expect(addresses(hex)).toEqual([address])
  })

  it('keeps two sockets on one port apart', () => {
    const text = HEADER + row({ inode: '1' }) + row({ local: '00000000:24B8', inode: '2', uid: '0' })
    expect(parseProcNetTcp(text, RANGE).map(({ socket, user }) => [socket, user])).toEqual([
      ['1', '1000'],
      ['2', '0'],
    ])
  })

  it('passes over rows of another form, and reads the others', () => {
    const whole = row().trimEnd()
    const cut = ['', '   0:', whole.slice(0, 20), whole.slice(0, 60), whole.slice(0, 80), 'sl local_address']
    const text = [HEADER.trimEnd(), ...cut, whole, row({ inode: 'abc' }), row({ local: 'zzzz:zzzz' })].join(
      '\n',
    )
    expect(parseProcNetTcp(text, RANGE)).toHaveLength(1)
  })

  it('is never wrong about a text that is cut off anywhere', () => {
    const text = HEADER + row({ inode: '111111' })
    for (let length = 0; length < text.length; length++) {
      const found = parseProcNetTcp(text.slice(0, length), RANGE)
      expect(found.every(({ port, address }) => port === 9400 && address === '127.0.0.1')).toBe(true)
    }
  })

  it('reads an empty text as no listeners', () => {
    expect(parseProcNetTcp('', RANGE)).toEqual([])
    expect(parseProcNetTcp(HEADER, RANGE)).toEqual([])
  })
})

/** The fields behind the name: state, parent, ..., threads (18th), -, start (20th), ... */
function stat(
  name: string,
  change: { readonly state?: string; readonly threads?: number; readonly start?: string } = {},
): string {
  const { state = 'S', threads = 11, start = '987654' } = change
  return `4711 (${name}) ${state} 812 4711 4711 0 -1 4194560 5000 0 0 0 12 3 0 0 20 0 ${threads} 0 ${start} 1073741824 12000 18446744073709551615 1 1 0\n`
}

describe('parseProcStat', () => {
  const expected = { state: 'S', parent: 812, threads: 11, startTicks: '987654', cpuTicks: 15 }

  it.each(['node', 'my node', ') (', 'a) S 1 (b', ')))', '(((', '', 'Z) Z 1 1', 'with\nnewline', '1) R 2 3'])(
    'reads the fields behind the name %j',
    (name) => {
      expect(parseProcStat(stat(name))).toEqual(expected)
    },
  )

  it('recognises a zombie, and how many threads it still has', () => {
    expect(parseProcStat(stat('node', { state: 'Z', threads: 1 }))).toMatchObject({ state: 'Z', threads: 1 })
    expect(parseProcStat(stat('node', { state: 'Z', threads: 7 }))).toMatchObject({ state: 'Z', threads: 7 })
  })

  it('adds up what the process has used in user and in kernel mode, and not what its children have used', () => {
    expect(parseProcStat(stat('node').replace(' 12 3 0 0 ', ' 360000 7 55 66 '))?.cpuTicks).toBe(360_007)
    expect(parseProcStat(stat('node').replace(' 12 3 0 0 ', ' x 3 0 0 '))?.cpuTicks).toBeNull()
  })

  it('keeps the start time as text: no digit is lost', () => {
    const start = '18446744073709551615'
    expect(parseProcStat(stat('node', { start }))?.startTicks).toBe(start)
  })

  it('reads nothing from a text that ends before the start time', () => {
    const text = stat('node')
    const end = text.indexOf('987654')
    for (let length = 0; length <= end; length++) expect(parseProcStat(text.slice(0, length))).toBeNull()
  })

  it.each(['', '\n', '4711', '4711 (node', 'No such process', stat('node', { start: '-1' })])(
    'reads nothing from %j',
    (text) => {
      expect(parseProcStat(text)).toBeNull()
    },
  )
})

describe('parseProcStatus', () => {
  const text =
    'Name:\tnode\nUmask:\t0022\nState:\tS (sleeping)\nTgid:\t4711\nPid:\t4711\nPPid:\t812\nUid:\t1000\t1000\t1000\t1000\nGid:\t1000\t1000\t1000\t1000\nVmRSS:\t   51200 kB\nThreads:\t11\n'

  it('reads the owner, the resident memory and the process', () => {
    expect(parseProcStatus(text)).toEqual({ user: '1000', memoryBytes: 51200 * 1024, process: 4711 })
  })

  it('names no user where the real and the effective user differ', () => {
    expect(parseProcStatus(text.replace('Uid:\t1000\t1000', 'Uid:\t1000\t0')).user).toBeNull()
    expect(parseProcStatus(text.replace('Uid:\t1000\t1000', 'Uid:\t0\t1000')).user).toBeNull()
  })

  it('is not fooled by a name that resembles a row: the kernel escapes newlines', () => {
    const fooling = text.replace('Name:\tnode', 'Name:\tx\\nUid:\\t0\\t0')
    expect(parseProcStatus(fooling).user).toBe('1000')
  })

  it('knows no memory of a zombie, and nothing of an empty text', () => {
    expect(parseProcStatus(text.replace(/VmRSS.*\n/, '')).memoryBytes).toBeNull()
    const nothing = { user: null, memoryBytes: null, process: null }
    expect(parseProcStatus('')).toEqual(nothing)
    expect(parseProcStatus('Uid:\t1000\n')).toEqual(nothing)
  })
})

describe('parseCmdline', () => {
  it.each<readonly [string, readonly string[] | null]>([
    ['', null],
    ['node\0', ['node']],
    ['node', ['node']],
    ['node\0a b\0--c=d\0', ['node', 'a b', '--c=d']],
    ['node\0\0b\0', ['node', '', 'b']],
    ['node\0\0', ['node', '']],
    ['python\0-c\0\nrun()\n\0', ['python', '-c', '\nrun()\n']],
  ])('reads %j as %j', (text, args) => {
    expect(parseCmdline(text)).toEqual(args)
  })
})
