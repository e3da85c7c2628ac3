import { describe, expect, it } from 'vitest'
import { renderCandidates } from '../../src/cli/render-candidates.js'
import type { DoctorRecord } from '../../src/doctor/choose-remedy.js'
import { columnsOf } from '../../src/cli/text-width.js'
import { LIVE, OPEN, RECORD, USED, WEB } from '../helpers/doctor-rows.js'

const WORDS = { words: { scope: 'home' }, version: '4.0.0', userHome: '/home/ann' }

function table(
  candidates: readonly DoctorRecord[],
  columns: number | null = 120,
  more: { readonly isVerbose?: boolean; readonly isQuiet?: boolean } = {},
): string {
  const terminal = { columns, hasColor: false, ...more }
  return `${renderCandidates({ candidates }, terminal, 'ports 9400-9449', WORDS).join('\n')}\n`
}

/** So many stale daemons, as `change` says. */
function stale(count: number, change: (index: number) => Partial<DoctorRecord> = () => ({})): DoctorRecord[] {
  return Array.from({ length: count }, (_, index) => ({
    ...RECORD,
    pid: 2701 + index,
    port: 9401 + index,
    ...change(index),
  }))
}

describe('stale daemons that are alike', () => {
  const VERSIONS = ['3.2.10', '3.2.2', '3.2.4']
  const many = stale(18, (index) => ({
    package_version: VERSIONS[index % 3] ?? '',
    uptime_seconds: 7_200 + index * 10_000,
    memory_bytes: (48 + (index % 4)) * 1024 * 1024,
  }))

  it('have one row: how many, their ports, from which to which version, the greatest age and size', () => {
    const text = table([LIVE, ...many, WEB])
    expect(text.split('\n')).toHaveLength(6)
    expect(text).not.toContain('* the live')
    expect(text).toMatch(
      /^ +18 pids +9401-9418 +3\.2\.2-3\.2\.10 +safe_auto +older than 4\.0\.0, superseded +2d +51M +~\/\.spec-kitty$/m,
    )
    expect(text).toContain('\n  Processes that are alike share a row; --verbose shows each.\n')
  })

  it('have rows of their own with --verbose and in a pipe', () => {
    for (const text of [table(many, 120, { isVerbose: true }), table(many, null)]) {
      for (const { pid, port } of many) expect(text).toMatch(new RegExp(`^ +${pid} +${port} `, 'm'))
      expect(text).not.toContain('so many')
    }
  })

  it('are not explained on a quiet terminal', () => {
    expect(table(many, 120, { isQuiet: true })).toMatch(/^ +18 pids +9401-9418 /m)
    expect(table(many, 120, { isQuiet: true })).not.toContain('--verbose')
  })

  it('have rows of their own if there are few, or if they differ in what the table says', () => {
    expect(table(stale(3))).toMatch(/ 9401 [^]* 9402 [^]* 9403 /)
    const homes = stale(6, (index) => ({ daemon_root: `/home/ann/${index % 2}` }))
    expect(table(homes)).not.toContain('(')
    const reasons = stale(6, (index) => ({
      stale_evidence: index % 2 === 0 ? ['superseded'] : ['unrecorded'],
    }))
    expect(table(reasons)).not.toContain('(')
  })

  it('have gaps between their ports', () => {
    expect(table(stale(5, (index) => ({ port: 9401 + 2 * index })))).toMatch(/^ +5 pids +9401 \+4 /m)
  })
})

it('what needs a decision, what is in use and what is live is never folded', () => {
  const alike = (record: DoctorRecord, from: number): DoctorRecord[] =>
    Array.from({ length: 6 }, (_, index) => ({ ...record, pid: from + index, port: from + index }))
  const all = [...alike(OPEN, 9410), ...alike(USED, 9420), ...alike(LIVE, 9430)]
  expect(table(all).split('\n')).toHaveLength(1 + 18 + 2)
  expect(table(all)).toMatch(/^ {2}\* the live daemons of this home: commands use the one of this version, /m)
  expect(table(alike(WEB, 9410))).toMatch(/^ +6 pids +9410-9415 +- +never_touch +third_party /m)
})

describe('the mark of the live daemon', () => {
  const marked = (
    records: readonly DoctorRecord[],
    daemon: Parameters<typeof renderCandidates>[0]['daemon'],
  ) =>
    renderCandidates({ candidates: records, daemon: daemon! }, { columns: null, hasColor: false }, '', WORDS)
      .filter((line) => line.startsWith('*'))
      .map((line) => line.split(/ +/)[2])
  const daemon = { active: true, pid: OPEN.pid, port: OPEN.port } as Parameters<typeof marked>[1]

  it('is not that of a daemon that another home uses, whatever record names it here', () => {
    const copied = { ...LIVE, port: 9410, in_use_by: '/home/eve/.spec-kitty' }
    expect(marked([LIVE, copied, USED], null)).toEqual(['9400'])
    expect(table([copied])).toMatch(/^ +2701 +9410 +4\.0\.0 +in use /m)
  })

  it('is that of the daemon that proved itself, if its process is not seen whole', () => {
    const unseen = { ...OPEN, skip_reason: 'missing_identity', rule: 'S8' }
    expect(marked([RECORD, unseen], daemon)).toEqual(['9420'])
    expect(marked([RECORD, unseen], { ...daemon!, active: false })).toEqual([])
    expect(marked([RECORD, { ...unseen, in_use_by: '/home/eve/.spec-kitty' }], daemon)).toEqual([])
  })
})

describe('the column of the home', () => {
  const other = { ...USED, daemon_root: '/home/ann/backup/of-the-old-laptop/.spec-kitty' }

  it('stays on a terminal of 104 columns where homes differ, with ~ for that of the user', () => {
    const text = table([LIVE, OPEN, other, ...stale(18)], 104)
    expect(text).toMatch(/ REASON +UP +HOME\n/)
    expect(text).toMatch(/ never_touch .* ~\/\.spec-kitty$/m)
    expect(text).toMatch(/ in use .* ~\/\S+…\S+-kitty$/m)
    expect(text).toContain('\n  MEM not shown: widen the terminal, or --json\n')
  })

  it.each([60, 80])('leaves its room to the reasons on a terminal of %d columns', (columns) => {
    const text = table([LIVE, OPEN, other, ...stale(18)], columns)
    expect(text).toContain(columns < 80 ? ' older version, sup…' : ' older version, superseded')
    expect(text.replaceAll(/\s+/g, ' ')).toMatch(/ HOME not shown: /)
  })

  it.each([104, 110])('stays on a terminal of %d columns, and tells the homes apart', (columns) => {
    const third = { ...other, daemon_root: '/home/ann/backup/of-the-newest-laptop/.spec-kitty' }
    const text = table([LIVE, OPEN, other, third, WEB, ...stale(18)], columns)
    const homes = text.split('\n').flatMap((line) => / (\S*…\S*)$/.exec(line)?.[1] ?? [])
    expect(text).toMatch(/ HOME(?: |\n)/)
    expect([homes.length > 1, new Set(homes).size]).toEqual([true, homes.length])
  })

  it.each([60, 80])(
    'shows how long each runs on a terminal of %d columns if there is room for it',
    (columns) => {
      const open = { ...OPEN, skip_reason: 'pre_marker', daemon_root: null }
      const rows = columns < 80 ? [{ ...open, package_version: '3.2.2' }] : [LIVE, open, other]
      const text = table(rows, columns)
      expect(text).toMatch(/ REASON +UP(?: +MEM)?\n/)
      expect(text.split('\n').filter((line) => columnsOf(line) > columns)).toEqual([])
    },
  )

  it('shows no fewer columns on a wider terminal', () => {
    const web = { ...WEB, executable_summary: `/usr/${'very/'.repeat(12)}long/python3.11` }
    const titles = Array.from({ length: 121 }, (_, index) => {
      const [header = ''] = table([LIVE, OPEN, other, web, ...stale(18)], 40 + index).split('\n')
      return header.trim().split(/ +/).length
    })
    expect(titles).toEqual(titles.toSorted((one, another) => one - another))
  })

  it('leaves the path of another program to --verbose and to a pipe', () => {
    const web = { ...WEB, executable_summary: '/usr/local/bin/python3.11' }
    expect(table([LIVE, web], 120)).toContain('third_party: python3.11 ')
    for (const text of [table([LIVE, web], null), table([LIVE, web], 120, { isVerbose: true })])
      expect(text).toContain('third_party: /usr/local/bin/python3.11 ')
  })

  it('goes first where all are the same', () => {
    const text = table([LIVE, OPEN, ...stale(3, (index) => ({ uptime_seconds: 60 * 60 * (1 + index) }))], 76)
    expect(text).toMatch(/ REASON +UP\n/)
    expect(text).toContain('\n  MEM, HOME not shown: ')
  })

  it('has whole paths in a pipe', () => {
    expect(table([LIVE, other], null)).toContain(' /home/ann/backup/of-the-old-laptop/.spec-kitty\n')
    expect(table([LIVE, other], null)).not.toContain('~')
  })

  it.each([60, 80, 100, 120])(
    'keeps the table within %d columns, and what is not shown is named',
    (columns) => {
      const lines = table([LIVE, OPEN, other, WEB, ...stale(18)], columns).split('\n')
      expect(lines.filter((line) => columnsOf(line) > columns)).toEqual([])
      const [header = ''] = lines
      const [, hidden = ''] = /^ +((?:[A-Z]+, )*[A-Z]+) not shown:/m.exec(lines.join('\n')) ?? []
      const dropped = ['VERSION', 'REASON', 'UP', 'MEM', 'HOME'].filter((title) => !header.includes(title))
      expect(hidden).toBe(dropped.join(', '))
    },
  )
})
