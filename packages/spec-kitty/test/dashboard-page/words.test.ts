import { describe, expect, it } from 'vitest'
import type { DaemonEntry } from '../../src/dashboard/api.js'
import {
  conditionOf,
  meaningOf,
  projectOf,
  summariseDaemons,
} from '../../src/dashboard/ui/daemon-conditions.js'
import { baseName, groupDocuments } from '../../src/dashboard/ui/documents.js'
import {
  formatAgo,
  formatBytes,
  formatDuration,
  formatShare,
  formatSince,
} from '../../src/dashboard/ui/format.js'
import { isLane, laneName } from '../../src/dashboard/ui/board-words.js'
import { describeCounts, segmentsOf, shareInNoColumn } from '../../src/dashboard/ui/board-shares.js'
import { markWords } from '../../src/dashboard/ui/mark-words.js'
import { visible } from '../../src/dashboard/ui/show-invisible.js'

const DAEMON: DaemonEntry = {
  family: 'dashboard',
  pid: 1,
  port: 9237,
  package_version: null,
  scope: null,
  is_live: false,
  is_self: false,
  url: null,
  explanation: 'It is in use.',
  cleanup_class: 'never_touch',
  skip_reason: null,
  rule: 'D5',
  uptime_seconds: null,
  memory_bytes: null,
  remedy: null,
}

describe('numbers for people', () => {
  it.each([
    [0, '0 s'],
    [59.9, '59 s'],
    [60, '1 min'],
    [3600, '1 h'],
    [3661, '1 h 1 min'],
    [86_400, '1 d'],
    [97_200, '1 d 3 h'],
    [-5, '0 s'],
  ])('a duration of %d s is %s', (seconds, words) => expect(formatDuration(seconds)).toBe(words))

  it.each([
    [0, '0 B'],
    [999, '999 B'],
    [1000, '1 kB'],
    [12_345, '12.3 kB'],
    [84_000_000, '84 MB'],
    [512_400_000, '512 MB'],
    [3e15, '3000 TB'],
  ])('%d bytes are %s', (bytes, words) => expect(formatBytes(bytes)).toBe(words))

  it.each([
    [0, '0 %'],
    [0.001, '1 %'],
    [0.5, '50 %'],
    [0.999, '99 %'],
    [1, '100 %'],
  ])('only what is complete is complete: %d is %s', (share, words) => expect(formatShare(share)).toBe(words))

  it.each([
    [-60, 'just now'],
    [-299, 'just now'],
    [-301, 'in 5 min'],
    [-36_000, 'in 10 h'],
    [10, 'just now'],
    [50, '1 min ago'],
    [7200, '2 h ago'],
    [200_000, '2 d ago'],
  ])('%d s before now is %s', (seconds, words) => expect(formatAgo(0, seconds * 1000)).toBe(words))
})

describe('how long something has lasted', () => {
  it.each([
    [90, 'for 1 min'],
    [-60, 'for 0 s'],
    [-301, 'since a time in the future'],
    [-36_000, 'since a time in the future'],
  ])('%d s before now is %s', (seconds, words) => expect(formatSince(0, seconds * 1000)).toBe(words))
})

describe('a daemon that is left alone', () => {
  it.each([
    ['sync_family', 'is a sync daemon'],
    ['dashboard_family', 'is a dashboard'],
    ['third_party', 'no daemon of spec-kitty'],
    ['not_spec_kitty', 'no daemon of spec-kitty'],
    ['a reason of the future', 'in use, or no daemon'],
  ])('is said to be what is known of it: %s', (reason, words) => {
    const daemon = { ...DAEMON, skip_reason: reason }
    expect(meaningOf(daemon)).toContain(words)
    expect(meaningOf({ ...daemon, is_live: true })).toContain('the one in use')
  })
})

describe('a daemon of another project', () => {
  const daemon = { ...DAEMON, skip_reason: 'is_recorded_singleton', scope: '/home/ada/borealis/' }

  it.each([
    ['dashboard', 'the dashboard of another project'],
    ['sync', 'the sync daemon of another home'],
    ['a family of the future', 'Another project or home uses it'],
  ])('is in use: %s', (family, words) => {
    expect(conditionOf({ ...daemon, family })).toBe('in_use')
    expect(meaningOf({ ...daemon, family })).toContain(words)
    expect(conditionOf({ ...daemon, family, is_live: true })).toBe('live')
    expect(conditionOf({ ...daemon, family, skip_reason: 'third_party' })).toBe('never_touch')
  })

  it('has the name of its project', () => {
    expect(projectOf(daemon)).toBe('borealis')
    expect(projectOf({ ...daemon, scope: '/home/ada/a\\b' })).toBe('a\\b')
    expect(projectOf({ ...daemon, scope: 'C:\\Users\\ada\\borealis' })).toBe('borealis')
    expect(projectOf({ ...daemon, scope: null })).toBeNull()
    expect(projectOf({ ...daemon, scope: 'd41d8cd98f' })).toBeNull()
    expect(summariseDaemons([daemon, { ...daemon, is_live: true }])).toBe('1 live, 1 of others in use')
  })
})

describe('text of others', () => {
  it('shows what would change the look of its neighbours', () => {
    expect(visible('exe\u202Egnp.doc')).toBe('exe[U+202E]gnp.doc')
    expect(visible('a\u2066b\u2069\u0000\u001B[31m')).toBe('a[U+2066]b[U+2069][U+0000][U+001B][31m')
  })

  it('shows what would make two names look the same', () => {
    expect(visible('WP\u200B01\u00AD')).toBe('WP[U+200B]01[U+00AD]')
    expect(visible('\uFEFFa\u2060b\u3164')).toBe('[U+FEFF]a[U+2060]b[U+3164]')
    expect(visible('WP\u034F01')).toBe('WP[U+034F]01')
  })

  it('shows text that is hidden in tags, and leaves flags alone', () => {
    const tags = (text: string) =>
      text.replaceAll(/./g, (one) => String.fromCodePoint(0xe0000 + one.charCodeAt(0)))
    expect(visible(`Do it.${tags('rm')}`)).toBe('Do it.[U+E0072][U+E006D]')
    const flag = `\u{1F3F4}${tags('gbsct')}\u{E007F}`
    expect(visible(`${flag}${flag}`)).toBe(`${flag}${flag}`)
    expect(visible(`${flag}${tags('x')}`)).toBe(`${flag}[U+E0078]`)
    expect(visible(`\u{1F3F4}${tags('rm')}`)).toBe('\u{1F3F4}[U+E0072][U+E006D]')
  })

  it('leaves joined emoji and joined letters alone', () => {
    const joined = '\u{1F469}\u200D\u{1F4BB} \u0645\u06CC\u200C\u0634\u0648\u062F'
    expect(visible(joined)).toBe(joined)
  })

  it('leaves lines, tabs and right-to-left text alone', () => {
    expect(visible('a\r\nb\tc')).toBe('a\nb\tc')
    expect(visible('\u05D0\u200F \u0639')).toBe('\u05D0\u200F \u0639')
  })

  it('keeps an unknown lane as it is, even one named like a member of an object', () => {
    expect(laneName('in_review')).toBe('In review')
    expect(laneName('constructor')).toBe('constructor')
    expect(isLane('toString')).toBe(false)
  })
})

describe('what was searched for', () => {
  it.each([
    ['Upload in batches', 'BATCH up', ['[Up]', 'load in ', '[batch]', 'es']],
    ['batches', 'batch batches', ['[batches]']],
    [
      'a.b (c) [d] \\ | x',
      '. ( [ | \\',
      ['a', '[.]', 'b ', '[(]', 'c) ', '[[]', 'd] ', '[\\]', ' ', '[|]', ' x'],
    ],
    ['nothing', 'else', ['nothing']],
    ['nothing', ' ', ['nothing']],
    ['', 'x', []],
  ])('marks in %j the words of %j', (text, query, parts) => {
    const marked = markWords(text, query)
    expect(marked.map(([part, isHit]) => (isHit ? `[${part}]` : part))).toEqual(parts)
    expect(marked.map(([part]) => part).join('')).toBe(text)
  })
})

describe('a mission in words', () => {
  it('counts in the order of the columns', () => {
    const counts = { planned: 0, doing: 0, for_review: 0, approved: 0, done: 0 }
    const none = { counts, lanes: {}, not_finalised: 0, unknown_lanes: 0, unread_lanes: 0, lanes_in_doubt: 0 }
    expect(describeCounts({ ...none, counts: { ...counts, done: 3, planned: 1 } })).toBe('1 planned, 3 done')
    expect(describeCounts({ ...none, not_finalised: 2, unknown_lanes: 1, unread_lanes: 3 })).toBe(
      '2 not finalised, 3 not readable, 1 in an unknown lane',
    )
    expect(describeCounts({ ...none, counts: { ...counts, done: 5 }, lanes: { done: 1, canceled: 4 } })).toBe(
      '1 done, 4 canceled',
    )
    expect(describeCounts({ ...none, counts: { ...counts, done: 2 }, lanes: { canceled: 2 } })).toBe(
      '2 canceled',
    )
    expect(describeCounts({ ...none, counts: { ...counts, doing: 3 }, lanes_in_doubt: 2 })).toBe(
      '3 doing, 2 of these in doubt',
    )
    expect(describeCounts({ ...none, unknown_lanes: 1, lanes_in_doubt: 1 })).toBe(
      '1 in an unknown lane, 1 of these in doubt',
    )
    expect(describeCounts(none)).toBeNull()
  })

  const NONE = { planned: 0, doing: 0, for_review: 0, approved: 0, done: 0 }

  it.each([
    ['nothing has begun', { planned: 3 }, {}, 0, []],
    ['the colours of what has begun', { planned: 2, doing: 1, done: 3 }, {}, 0.4, ['doing 0.1', 'done 0.4']],
    ['all is approved', { approved: 2 }, {}, 0.8, ['approved 0.8']],
    ['canceled is no progress', { doing: 1, done: 2 }, { canceled: 2 }, 0.3, ['doing 0.3']],
    ['all is canceled', { done: 2 }, { canceled: 2 }, 1, ['done 1']],
  ] as const)('has a bar that is as long as its progress: %s', (_, counts, lanes, progress, expected) => {
    const segments = segmentsOf({ counts: { ...NONE, ...counts }, lanes }, progress)
    expect(segments.map(({ column, end }) => `${column} ${Number(end.toFixed(6))}`)).toEqual(expected)
    expect(segments.at(-1)?.end ?? 0).toBeCloseTo(progress)
  })

  it('has a dashed part for what is in no column', () => {
    const mission = {
      counts: { ...NONE, planned: 1, done: 2 },
      lanes: { canceled: 1 },
      not_finalised: 1,
      unread_lanes: 0,
      lanes_in_doubt: 0,
    }
    expect(shareInNoColumn({ ...mission, unknown_lanes: 1 })).toBe(0.5)
    expect(shareInNoColumn({ ...mission, not_finalised: 0, unknown_lanes: 0 })).toBe(0)
  })

  it('lists documents in reading order, by directory', () => {
    const names = ['tasks/WP10.md', 'z.md', 'tasks/WP2.md', 'plan.md', 'contracts/v1/a.yaml', 'spec.md']
    const groups = groupDocuments(names.map((name) => ({ name, bytes: 1, work_package: null })))
    expect(
      groups.map((group) => [group.directory, group.documents.map(({ name }) => baseName(name))]),
    ).toEqual([
      ['', ['spec.md', 'plan.md', 'z.md']],
      ['contracts/v1/', ['a.yaml']],
      ['tasks/', ['WP2.md', 'WP10.md']],
    ])
  })
})
