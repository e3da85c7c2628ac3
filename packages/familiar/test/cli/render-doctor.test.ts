import { describe, expect, it } from 'vitest'
import { renderVerdict } from '../../src/cli/render-findings.js'
import { renderDoctor, type DoctorText } from '../../src/cli/render-doctor.js'
import { renderReset } from '../../src/cli/render-reset.js'
import { columnsOf } from '../../src/cli/text-width.js'
import { countOthers } from '../../src/cli/render-others.js'
import { defineDaemon, definitionOf } from '../../src/define/define-daemon.js'
import type { Finding } from '../../src/doctor/finding.js'
import type { Tool } from '../../src/doctor/identity-record.js'
import type { ResetResult } from '../../src/doctor/reset-result.js'
import type { DoctorDocument } from '../../src/doctor/document.js'
import type { DoctorRecord } from '../../src/doctor/choose-remedy.js'
import {
  documentOf,
  LIVE,
  OPEN,
  ORPHANED,
  RECORD,
  render,
  TEXT,
  USED,
  WEB,
  withSeverity,
} from '../helpers/doctor-rows.js'

describe('the verdict', () => {
  it.each([
    [[], 'No problems found.'],
    [['info'], 'No problems found. 1 thing to know.'],
    [['info', 'info'], 'No problems found. 2 things to know.'],
    [['warn'], '1 problem.'],
    [['critical', 'warn', 'info'], '2 problems, 1 thing to know.'],
  ] as const)('of %j is the first line: %s', (severities, verdict) => {
    const findings = severities.map((severity, index) => withSeverity(severity, `F-00${index}`))
    expect(render([], findings).split('\n')[0]).toBe(verdict)
  })

  it('does not count what is normal: an info finding without a remedy is not told', () => {
    const text = render([], [{ ...withSeverity('info', 'F-005'), summary: 'no daemon', remediation: null }])
    expect(text).toBe(
      'No problems found.\n\nhome    /home/ann/.spec-kitty\ndaemon  none\n\nnothing listens on ports 9400-9449\n',
    )
  })
})

describe('findings', () => {
  it('have a mark, one sentence, why it matters, and a command that runs as it is printed', () => {
    const text = render([], [withSeverity('warn', 'F-002'), withSeverity('critical', 'F-005')])
    const [, , ...lines] = text.split('\n')
    expect(lines.slice(0, 6)).toEqual([
      '✗ orphaned daemons: 18 can be ended (F-005, critical)',
      '    Every command that needs it waits, and then fails.',
      '    tool doctor --reset  # ends what is proven stale',
      '! orphaned daemons: 18 can be ended (F-002)',
      '    Each keeps a port and memory. One that needs a decision may still be in use.',
      '    tool doctor --reset  # ends what is proven stale',
    ])
  })

  it('have advice above a command that only explains: its comment says what the command does', () => {
    const remediation = {
      command: 'tool explain F-011',
      commands: ['tool explain F-011'],
      safe: true,
      description: 'use it where it runs',
    }
    const text = render([], [{ ...withSeverity('warn', 'F-013'), remediation }])
    expect(text).toContain('    Use it where it runs.\n    tool explain F-011  # says more about it\n')
    const said = { ...remediation, description: 'says how it can be written to again' }
    expect(render([], [{ ...withSeverity('warn', 'F-013'), remediation: said }])).toContain(
      '    tool explain F-011  # says how it can be written to again\n',
    )
  })

  it('have the description of several commands, or a long one, above them as a comment, in every line', () => {
    const remediation = {
      command: 'tool one',
      commands: ['tool one', 'tool two'],
      safe: true,
      description: 'signs in, and if that changes nothing at all, does so again at once with the second one',
    }
    const text = render([], [{ ...withSeverity('warn', 'F-013'), remediation }], {
      columns: 60,
      hasColor: false,
    })
    expect(text).toContain(
      [
        '    # signs in, and if that changes nothing at all, does so',
        '    # again at once with the second one',
        '    tool one',
        '    tool two\n',
      ].join('\n'),
    )
  })

  it('leave every row that needs a decision its command, also if a finding gives the same one', () => {
    const { remedy } = OPEN
    const finding = {
      ...ORPHANED,
      remediation: { ...remedy!, command: 'tool doctor --reset --force --port 9420' },
    }
    expect(render([OPEN], [finding])).toMatch(/ {2}9420: [^]*--force --port 9420/)
  })
})

describe('a daemon that ends stale ones by itself', () => {
  const byItself = 'The daemon of this home also ends stale ones by itself, at most once a minute.'
  const result = { swept: [], skipped: [], failed: [], dry_run: true, would_sweep: [] }

  it.each([
    ['a look', documentOf([RECORD])],
    ['a dry run', { ...documentOf([RECORD]), reset_result: result }],
  ])('is told of after %s, but not with --quiet', (_, document) => {
    const shown = (isQuiet: boolean, columns: number | null): string =>
      renderDoctor(document, { ...TEXT, byItself }, { columns, hasColor: false, isQuiet })
    expect(shown(false, null)).toMatch(new RegExp(`^${byItself}$`, 'm'))
    expect(
      shown(false, 60)
        .split('\n')
        .every((line) => columnsOf(line) <= 60),
    ).toBe(true)
    expect(shown(true, null)).not.toContain('by itself')
  })
})

describe('what is left alone', () => {
  it.each([
    ['starting', 'Left alone for now:'],
    ['identity_unproven', 'Left alone, with no command for it here:'],
  ] as const)('without a command, because it is %s, is told under: %s', (skip_reason, heading) => {
    const row: DoctorRecord = { ...OPEN, skip_reason, remedy: null }
    expect(render([row]).split('\n')).toContain(heading)
  })

  it('only for now, if its remedy is to wait: the reasons, the heading and the explanation agree', () => {
    const description = 'it may still be coming up: look again in 30 s'
    const remedy = { commands: ['tool explain starting'], description, safe: true }
    const text = render([{ ...OPEN, skip_reason: 'cross_root', stale_evidence: [], remedy }])
    expect(text).toContain(
      [
        'Left alone for now:',
        '  9420: of another home (cross_root), it may still be starting (starting)',
        '    It may still be coming up: look again in 30 s.',
        '    tool explain starting  # says more about it',
      ].join('\n'),
    )
  })
})

describe('a row that needs a decision', () => {
  const reasonOf = (row: Partial<DoctorRecord>): string =>
    /^ {2}9420: (.*)$/m.exec(render([{ ...OPEN, ...row }]))?.[1] ?? ''

  it('of another home says whether that is still there', () => {
    const other = { skip_reason: 'cross_root', daemon_root: '/home/eve/.spec-kitty' }
    expect(reasonOf(other)).toBe('of another home (cross_root)')
    expect(reasonOf({ ...other, scope_missing: true })).toBe(
      'of another home, which is not there (cross_root)',
    )
    expect(reasonOf({ ...other, scope_missing: true, stale_evidence: ['unrecorded', 'project_gone'] })).toBe(
      'of another home, which is gone (cross_root)',
    )
  })

  it('of which not everything is known says what is not', () => {
    const open = { skip_reason: 'ambiguous' }
    expect(reasonOf({ ...open, unproven: ['scope_mounted'] })).toBe(
      'not everything about it is known: whether its home is mounted, because nothing that it can have used is there (ambiguous)',
    )
    expect(reasonOf({ ...open, unproven: ['elsewhere', 'reachable', 'marker'] })).toBe(
      'not everything about it is known: whether the daemon of its home runs elsewhere, and whether it can be reached from here (ambiguous)',
    )
  })

  it('without a home on its command line says what it reports, and that this is not proven', () => {
    const old = { skip_reason: 'pre_marker', daemon_root: null }
    expect(reasonOf(old)).toBe('its command line names no home (pre_marker)')
    expect(reasonOf({ ...old, singleton_scope_id: '/home/ann/.spec-kitty' })).toBe(
      'its command line names no home (pre_marker); it reports /home/ann/.spec-kitty, which is not proven',
    )
  })
})

describe('what is left alone for one cause', () => {
  it('has its advice once, below all rows that it is for', () => {
    const remedy = {
      commands: ['tool explain missing_identity'],
      description: 'look at it there',
      safe: true,
    }
    const rows = ['3.2.2', '3.2.4'].map((version, index) => ({
      ...OPEN,
      port: 9420 + index,
      pid: 2720 + index,
      package_version: version,
      remedy,
      skip_reason: 'missing_identity',
      stale_evidence: ['older_version'] as const,
    }))
    const told = String.raw` {4}Look at it there\.\n {4}tool explain missing_identity {2}# says more about it\n$`
    // Rows that differ only in their version are one group.
    expect(render(rows)).toMatch(
      new RegExp(String.raw`\n {2}9420 9421: [^\n]*older version 3\.2\.2-3\.2\.4\n${told}`),
    )
    const [one = OPEN, other = OPEN] = rows
    const mixed = [one, { ...other, stale_evidence: ['superseded'] as const }]
    expect(render(mixed)).toMatch(
      new RegExp(String.raw`\n {2}9420: [^\n]*3\.2\.2\n {2}9421: [^\n]*superseded\n${told}`),
    )
    // The advice differs, and what explains the reason is the same: that is printed once.
    const advised = [one, { ...other, remedy: { ...remedy, description: 'mount it' } }]
    expect(render(advised)).toMatch(
      /\n {4}Look at it there\.\n {2}9421: [^\n]*\n {4}Mount it\.\n {4}tool explain missing_identity {2}# says more about it\n$/,
    )
  })
})

describe('the line about the daemon', () => {
  it('tells that of the predecessor, which the table marks, although no command here uses it', () => {
    expect(render([{ ...LIVE, pid: 2764, port: 9449, package_version: '3.2.2' }])).toMatch(
      /^daemon  none of this version; an earlier one has process 2764, port 9449, version 3\.2\.2$/m,
    )
    expect(render([USED])).toMatch(/^daemon  none$/m)
  })
})

describe('the table', () => {
  it('gives every row a reason, also what is proven stale', () => {
    const text = render([RECORD, OPEN, USED, LIVE, WEB])
    expect(text).toMatch(/^ +2701 +9401 +3\.2\.2 +safe_auto +older version, superseded +1d +50M /m)
    for (const line of text.split('\n').filter((one) => /_(?:auto|touch|required) /.test(one)))
      expect(line).not.toMatch(/_(?:auto|touch|required) +- /)
    const bare = render([{ ...RECORD, stale_evidence: [] }])
    expect(bare).not.toMatch(/safe_auto +- /)
  })

  it('has the live daemon first and marked, then decisions, what is stale, and the rest', () => {
    const rows = render([WEB, RECORD, OPEN, LIVE]).match(/^[* ] +\d{4} +\d{4}/gm) ?? []
    expect(rows.map((row) => [row[0], row.slice(-4)])).toEqual([
      ['*', '9400'],
      [' ', '9420'],
      [' ', '9401'],
      [' ', '9440'],
    ])
  })

  it('has one row for a program that holds many ports', () => {
    const many = Array.from({ length: 50 }, (_, index) => ({ ...WEB, port: 9400 + index }))
    expect(render(many)).toMatch(/^ +2740 +9400-9449 +- +never_touch +third_party/m)
    expect(render([{ ...WEB, executable_summary: '/usr/bin/node' }])).toContain('third_party: /usr/bin/node ')
    expect(render(many.filter(({ port }) => port % 2 === 0))).toMatch(/^ +2740 +9400 \+24 /m)
    expect(render(many.slice(0, 3)).match(/third_party/g)).toHaveLength(3)
  })

  it('has one word for the version of a daemon that is not known, and none for another program', () => {
    expect(render([{ ...OPEN, package_version: null }])).toMatch(/ 9420 +unknown +operator_required /)
    expect(render([WEB])).toMatch(/ 9440 +- +never_touch /)
  })

  it('says who is live and who is in use in words, and older than what; the ids are for who asks for more', () => {
    const words = { ...TEXT, version: '4.0.0' }
    const screen = { columns: null, hasColor: false }
    const text = renderDoctor(documentOf([LIVE, USED, RECORD]), words, screen)
    expect(text).toMatch(/ never_touch +the live daemon of its home +1d/)
    expect(text).toMatch(/ 3\.2\.2 +in use +cross_root /)
    expect(text).toMatch(/ safe_auto +older than 4\.0\.0, superseded /)
    expect(text).toMatch(/ MEM +HOME\n/)
    const verbose = renderDoctor(documentOf([LIVE]), words, { ...screen, isVerbose: true })
    expect(verbose).toMatch(/ never_touch +is_recorded_singleton /)
  })

  it('names another program to who asks for more, too', () => {
    const verbose = { columns: null, hasColor: false, isVerbose: true }
    expect(render([{ ...WEB, executable_summary: '/usr/bin/node' }], [], verbose)).toContain(
      ' third_party: /usr/bin/node  S3a ',
    )
  })

  it('tells the row of the decision only to who asks for more', () => {
    expect(render([RECORD])).not.toContain('S16')
    expect(render([RECORD], [], { columns: null, hasColor: false, isVerbose: true })).toMatch(/ROW[^]* S16 /)
  })
})

describe('another home', () => {
  it('with a live daemon is no decision, and no command would end it', () => {
    const text = render([LIVE, USED])
    expect(text).toMatch(/^No problems found\.\n/)
    expect(text).not.toContain('Needs a decision')
    expect(text).not.toContain('tool status')
    expect(text).toContain(
      `In use by another home, left alone:\n  9430: in use by ${USED.in_use_by} (version 3.2.2). Nothing to do.\n`,
    )
  })
})

describe('a terminal', () => {
  const ALL = [RECORD, OPEN, USED, LIVE, WEB]
  const FINDINGS = [ORPHANED, withSeverity('critical', 'F-005'), withSeverity('info', 'F-011')]

  it.each([60, 80, 120])('of %i columns: only a command that must stay whole is wider', (columns) => {
    const lines = render(ALL, FINDINGS, { columns, hasColor: false }).split('\n')
    const wide = lines.filter((line) => columnsOf(line) > columns)
    expect(wide.filter((line) => line.includes('tool '))).toEqual(wide)
    expect(lines.some((line) => line.includes('not shown:'))).toBe(columns < 120)
  })

  it('with colours has the same words, and a colour of its own for each class', () => {
    const painted = render(ALL, FINDINGS, { columns: 80, hasColor: true })
    // oxlint-disable-next-line no-control-regex
    expect(painted.replaceAll(/\u001b\[\d+m/g, '')).toBe(
      render(ALL, FINDINGS, { columns: 80, hasColor: false }),
    )
    // oxlint-disable-next-line no-control-regex
    const colorOf = (text: string): string | undefined =>
      painted.match(new RegExp(`\u001b\\[(\\d+)m${text}`))?.[1]
    expect([colorOf('safe_auto'), colorOf('operator_required'), colorOf(' +2740'), colorOf('\\* ')]).toEqual([
      '35',
      '33',
      '2',
      '32',
    ])
    expect(painted).toContain('\u001b[36mtool doctor --reset\u001b[39m')
  })
})

describe('what a clean-up did', () => {
  const words = { scope: 'home', explain: 'tool explain' }
  const renderAll = (
    result: ResetResult,
    screen: Parameters<typeof renderReset>[1],
    orphans: readonly DoctorRecord[] = [],
  ): readonly string[] => {
    const { done, left, numbers } = renderReset({ result, orphans }, screen, words)
    return [...done, ...left, ...numbers]
  }
  const terminal = { columns: null, hasColor: false }
  const entry = { pid: 2655, port: 9401, package_version: '3.2.2', protocol_version: 2 }

  it('is told in words, and counted in those of the contract', () => {
    const result = {
      swept: [
        { ...entry, reason: 'older_version, superseded, unrecorded', cleanup_path: 'terminate' as const },
        { ...entry, port: 9402, reason: 'pre_marker', cleanup_path: 'kill' as const },
        { ...entry, port: 9403, reason: 'project_gone', cleanup_path: 'already_gone' as const },
      ],
      skipped: [
        {
          pid: 1,
          port: 9420,
          cleanup_class: 'operator_required',
          skip_reason: 'cross_root',
          in_use_by: null,
        },
      ],
      failed: [{ pid: null, port: 9421, failure_reason: 'permission_denied' as const }],
      dry_run: false,
      would_sweep: [],
    }
    expect(renderAll(result, terminal)).toEqual([
      'ended port 9401 (process 2655, SIGTERM): older version 3.2.2, superseded',
      'ended port 9402 (process 2655, version 3.2.2, SIGKILL): because you answered y; its command line names no home (pre_marker)',
      'already gone port 9403 (process 2655): it ended by itself, or something else ended it',
      'failed port 9421 (process unknown): this user may not end it (permission_denied)',
      'skipped port 9420 (process 1): of another home (cross_root)',
      'swept: 3 (already gone: 1) · skipped: 1 (operator_required) · failed: 1',
    ])
    expect(renderAll(result, { ...terminal, columns: 50 }).slice(-2)).toEqual([
      'swept: 3 (already gone: 1) · skipped: 1',
      '(operator_required) · failed: 1',
    ])
  })

  it('is a plan in a dry run, also of what would fail', () => {
    const plan = {
      swept: [],
      skipped: [],
      failed: [{ pid: 2656, port: 9402, failure_reason: 'identity_unproven' as const }],
      dry_run: true,
      would_sweep: [{ ...entry, reason: 'superseded' }],
    }
    expect(renderAll(plan, terminal)).toEqual([
      'would end port 9401 (process 2655): superseded',
      'would fail port 9402 (process 2656): it is not proven to be what it seems (identity_unproven)',
      'dry run: would be swept: 1 · would be skipped: 0 (operator_required) · would fail: 1',
    ])
  })

  it('with --force says so, and a plan proposes nothing for what it would end', () => {
    const old = { ...entry, pid: OPEN.pid, port: OPEN.port, reason: 'unresponsive' }
    const plan: ResetResult = { swept: [], skipped: [], failed: [], dry_run: true, would_sweep: [old] }
    const daemon = { pid: OPEN.pid, port: OPEN.port, state: 'wedged' } as DoctorDocument['daemon']
    const document = documentOf(
      [OPEN],
      [{ ...withSeverity('critical', 'F-005'), summary: 'it does not answer' }],
    )
    const text = renderDoctor(
      { ...document, daemon, reset_result: plan },
      { ...TEXT, isForced: true },
      terminal,
    )
    expect(text).toBe(
      [
        'would end port 9420 (process 2720, version 3.2.2): because of --force; it does not answer (unresponsive)',
        '',
        '✗ it does not answer (F-005, critical)',
        '',
        'dry run: would be swept: 1 · would be skipped: 0 (operator_required)',
        '1 problem.',
        'For real: tool doctor --reset --force',
        '',
      ].join('\n'),
    )
  })

  it('says after a plan which command carries it out, and what still needs a decision then', () => {
    const plan = (
      ended: readonly DoctorRecord[],
      rows: readonly DoctorRecord[],
      more: Partial<DoctorText> = {},
      screen: Parameters<typeof renderDoctor>[2] = terminal,
    ): string => {
      const would_sweep = ended.map(({ pid, port }) => ({ ...entry, pid, port, reason: 'superseded' }))
      const result: ResetResult = { swept: [], skipped: [], failed: [], dry_run: true, would_sweep }
      const text = renderDoctor({ ...documentOf(rows), reset_result: result }, { ...TEXT, ...more }, screen)
      return text.slice(text.lastIndexOf('No problems found.\n') + 'No problems found.\n'.length)
    }
    const all = [RECORD, OPEN, { ...OPEN, pid: 2721, port: 9421 }, USED, WEB]
    expect(plan([RECORD], all)).toBe(
      'For real: tool doctor --reset  # then 2 still need a decision, asked on a terminal\n',
    )
    expect(plan([RECORD], [RECORD, OPEN])).toBe(
      'For real: tool doctor --reset  # then 1 still needs a decision, asked on a terminal\n',
    )
    expect(plan([RECORD], [RECORD, USED])).toBe('For real: tool doctor --reset\n')
    expect(plan([RECORD], all, { named: 9401 })).toBe('For real: tool doctor --reset --port 9401\n')
    expect(plan([], [OPEN])).toBe('Nothing would be ended without a decision: 1 needs a decision.\n')
    expect(plan([], [OPEN], {}, { columns: 60, hasColor: false })).toMatch(/ needs a\ndecision\.\n$/)
    expect(plan([], [USED, WEB])).toBe('')
    expect(plan([RECORD], all, {}, { columns: 60, hasColor: false })).toBe(
      'For real (then 2 still need a decision, asked on a\nterminal):\n    tool doctor --reset\n',
    )
    expect(plan([RECORD], all, {}, { ...terminal, isQuiet: true })).toBe('')
    expect(plan([RECORD], all, { isForced: true })).toBe(
      'For real: tool doctor --reset --force  # then 2 still need a decision\n',
    )
  })

  it('says where the commands stand, if there are too many beside the finding or if it has others', () => {
    const force = (port: number) => `tool doctor --reset --force --port ${port}`
    const rows = [9420, 9421, 9422].map((port) => ({
      ...OPEN,
      port,
      remedy: { commands: [force(port)], description: 'ends it', safe: false },
    }))
    const finding = (commands: readonly string[], safe: boolean): Finding => ({
      ...ORPHANED,
      remediation: { command: commands[0] ?? '', commands, description: 'ends them', safe },
    })
    const below = 'What to do about those that need a decision stands below the table.'
    const told = (count: number, safe = false): string => {
      const commands = safe ? ['tool doctor --reset'] : rows.slice(0, count).map(({ port }) => force(port))
      return renderDoctor(documentOf(rows.slice(0, count), [finding(commands, safe)]), TEXT, terminal)
    }
    for (const count of [1, 2, 3])
      expect([told(count).match(/--force/g)?.length, told(count).includes(below)]).toEqual([count, true])
    expect([told(1, true).match(/--force/g)?.length, told(1, true).includes(below)]).toEqual([1, true])
  })

  it('counts what is left alone and what needs a decision, and says what is not proven of what failed', () => {
    const skipped = [
      { pid: 2740, port: 9440, cleanup_class: 'never_touch', skip_reason: 'third_party', in_use_by: null },
    ]
    const none = { swept: [], failed: [], dry_run: false, would_sweep: [] }
    const left = renderDoctor(
      { ...documentOf([WEB]), reset_result: { ...none, skipped } },
      { ...TEXT, named: 9440 },
      terminal,
    )
    expect(left).toContain('swept: 0 · skipped: 0 (operator_required) · failed: 0 · left alone: 1\n')
    const explained = { commands: ['tool explain starting'], description: 'wait', safe: true }
    const young = { ...OPEN, pid: 2721, port: 9421, skip_reason: 'starting', remedy: explained }
    const both = [OPEN, young].map(({ pid, port, skip_reason }) => ({
      pid,
      port,
      skip_reason,
      cleanup_class: 'operator_required',
      in_use_by: null,
    }))
    const counted = { ...documentOf([OPEN, young]), reset_result: { ...none, skipped: both } }
    expect(renderDoctor(counted, TEXT, terminal)).toContain(
      'swept: 0 · skipped: 2 (operator_required) · failed: 0 · need a decision: 1\n',
    )
    const hidden = { ...OPEN, pid: null, skip_reason: 'missing_pid' }
    const failed = [{ pid: null, port: OPEN.port, failure_reason: 'identity_unproven' as const }]
    const unproven = { ...documentOf([hidden]), reset_result: { ...none, skipped: [], failed } }
    expect(renderDoctor(unproven, TEXT, terminal)).toMatch(
      /^failed port 9420 \(process unknown\): it is not proven to be what it seems \(identity_unproven\): its process is not seen from here \(missing_pid\)\n/,
    )
  })

  it('says of a plan that cannot be carried out that it cannot, and why; that finding comes first', () => {
    const would_sweep = [{ ...entry, reason: 'superseded' }]
    const result: ResetResult = { swept: [], skipped: [], failed: [], dry_run: true, would_sweep }
    const obstacle = { id: 'F-021', problem: '/h is on a read-only file system' }
    const findings = [withSeverity('warn', 'F-010'), withSeverity('info', 'F-021')]
    const plan = { ...documentOf([RECORD], findings), reset_result: result }
    for (const isQuiet of [true, false]) {
      const text = renderDoctor(plan, { ...TEXT, obstacle }, { ...terminal, isQuiet })
      expect(text).toMatch(
        /1 problem, 1 thing to know\.\nNothing of this can be done now: \/h is on a read-only file system \(F-021\)\n$/,
      )
      expect(text).not.toContain('For real')
      expect(text.indexOf('(F-021)')).toBeLessThan(text.indexOf('(F-010)'))
    }
  })

  it('counts in a plan what the clean-up asks about, and says which one is F-005', () => {
    const daemon = { pid: OPEN.pid, port: OPEN.port, state: 'wedged' } as DoctorDocument['daemon']
    const other = { ...OPEN, pid: 2721, port: 9421 }
    const skipped = [OPEN, other].map(({ pid, port, cleanup_class, skip_reason, in_use_by }) => ({
      pid,
      port,
      cleanup_class,
      skip_reason,
      in_use_by,
    }))
    const would_sweep = [{ ...entry, reason: 'superseded' }]
    const result: ResetResult = { swept: [], skipped, failed: [], dry_run: true, would_sweep }
    const document = { ...documentOf([OPEN, other], [withSeverity('critical', 'F-005')]), daemon }
    const text = renderDoctor({ ...document, reset_result: result }, TEXT, terminal)
    expect(text).toContain('would be skipped: 2 (operator_required, one of them F-005)\n')
    // As many as would be skipped, and as the clean-up asks about.
    expect(text).toContain('# then 2 still need a decision, asked on a terminal\n')
    const alone = { ...result, skipped: skipped.slice(0, 1) }
    expect(renderDoctor({ ...document, orphans: [OPEN], reset_result: alone }, TEXT, terminal)).toContain(
      'would be skipped: 1 (operator_required, which is F-005)\n',
    )
  })

  it('has a line for each problem that the verdict counts', () => {
    const result = { swept: [], skipped: [], failed: [], dry_run: false, would_sweep: [] }
    const findings = [ORPHANED, withSeverity('critical', 'F-005')]
    const text = renderDoctor({ ...documentOf([OPEN], findings), reset_result: result }, TEXT, terminal)
    expect(text.match(/\(F-\d+[^)]*\)/g)).toEqual(['(F-005, critical)', '(F-002)'])
    expect(text).toMatch(/\n2 problems\.\n$/)
  })

  it('says whether all is clean and, if not, what is left and why', () => {
    const nothing = { swept: [], skipped: [], failed: [], dry_run: false, would_sweep: [] }
    const end = (
      orphans: readonly DoctorRecord[],
      changes: Partial<ResetResult> = {},
      text = {},
      findings: DoctorDocument['findings'] = [],
    ) =>
      renderDoctor(
        { ...documentOf(orphans, findings), reset_result: { ...nothing, ...changes } },
        { ...TEXT, ...text },
        terminal,
      )
        .trimEnd()
        .split('\n')
        .find((line) => /^(?:Clean|No orphan|Nothing more|Not clean)/.test(line))
    const clean = 'Clean: no orphaned daemon is left.'
    expect([end([]), end([USED])]).toEqual([clean, clean])
    const left = 'Not clean yet: 1 left: port 9420 (unresponsive). What to do about each is above.'
    expect(end([OPEN, USED])).toBe(left)
    expect(end([OPEN], {}, { named: 9420 })).toBe(left)
    expect(end([OPEN], {}, { named: 9400 })).toBe(undefined)
    const many = Array.from({ length: 7 }, (_, index) => ({ ...OPEN, port: 9420 + index }))
    expect(end(many)).toMatch(
      /^Not clean yet: 7 left: .*port 9424 \(unresponsive\), 2 more that need a decision\./,
    )
    // The verdict says it then.
    const failed = [{ pid: 1, port: 9400, failure_reason: 'permission_denied' }] as const
    expect([end([], { failed }), end([OPEN], { dry_run: true })]).toEqual([undefined, undefined])
  })

  it('never says clean above a problem, and counts also what no command ends now', () => {
    const result = { swept: [], skipped: [], failed: [], dry_run: false, would_sweep: [] }
    const lines = (orphans: readonly DoctorRecord[], findings: DoctorDocument['findings']) =>
      renderDoctor({ ...documentOf(orphans, findings), reset_result: result }, TEXT, terminal)
        .trimEnd()
        .split('\n')
        .slice(-2)
    const explained = (id: string) => ({ commands: [`tool explain ${id}`], description: '', safe: true })
    const row = (skip_reason: string, port: number, id = skip_reason) =>
      ({ ...OPEN, pid: port, port, skip_reason, remedy: explained(id) }) as DoctorRecord
    const old = withSeverity('warn', 'F-004')
    expect(lines([], [old])).toEqual(['No orphaned daemon is left; the problem above remains.', '1 problem.'])
    expect(lines([], [old, withSeverity('critical', 'F-005')])[0]).toBe(
      'No orphaned daemon is left; the problems above remain.',
    )
    // A clean-up of the port of a daemon in use says nothing about the orphans on other ports.
    const used = { ...OPEN, port: 9420, pid: 8, in_use_by: '/other' }
    const named = renderDoctor(
      { ...documentOf([used, OPEN], [old]), reset_result: result },
      { ...TEXT, named: 9420 },
      terminal,
    )
    expect(named).not.toContain('orphan is left')
    const young = [row('starting', 9421), row('cross_root', 9422, 'starting')]
    const foreign = row('other_user', 9423)
    expect(lines([OPEN, ...young, foreign], [old])[0]).toBe(
      'Not clean yet: 4 left: port 9420 (unresponsive), 2 that may still be starting, 1 of another user. What to do about each is above.',
    )
    expect(lines(young, [])[0]).toBe(
      'Not clean yet: 2 left: 2 that may still be starting. What to do about each is above.',
    )
    const busy = row('unresponsive', 9425)
    const description = 'process 7 may be ending or starting it: look again when that is done'
    expect(lines([{ ...busy, remedy: { ...explained('unresponsive'), description } }], [])[0]).toBe(
      'Not clean yet: 1 left: 1 to look at again. What to do about each is above.',
    )
    // One that may be starting where this command does not see it whole: every line says the same of it.
    const unseen = row('starting', 9421, 'F-013')
    expect(lines([unseen], [])[0]).toBe(
      'Not clean yet: 1 left: 1 that may still be starting. What to do about each is above.',
    )
    const { words } = definitionOf(defineDaemon({ name: 'tool' }))
    const tool = { words } as unknown as Tool
    expect(countOthers([unseen, ...young, foreign], tool)).toBe('3 may still be starting, 1 is left alone')
    // What is of another user is no problem of this one.
    const unseenWhole = row('missing_identity', 9424)
    expect(lines([foreign], [])).toEqual(['Left alone: 1 of another user.', 'No problems found.'])
    expect(lines([unseenWhole], [])[0]).toBe('Nothing more can be ended from here: 1 left.')
    expect(lines([foreign, unseenWhole], [])[0]).toBe(
      'Left alone: 1 of another user, 1 that cannot be ended from here.',
    )
  })

  it('says of a process that closed its port meanwhile that it failed, and not that all is clean', () => {
    const reason = 'unknown: it closed its port and still runs; kill -9 2488 ends it' as const
    const failed = [{ pid: 2488, port: 9418, failure_reason: reason }]
    const result = { swept: [], skipped: [], failed, dry_run: false, would_sweep: [] }
    const text = renderDoctor({ ...documentOf([], []), reset_result: result }, TEXT, terminal)
    expect(text).toMatch(/^failed port 9418 \(process 2488\): unknown: it closed its port and still runs; /)
    expect(text).not.toContain('Clean')
  })

  it('says of the daemon of the scope that F-005 tells what to do', () => {
    const daemon = { pid: OPEN.pid, port: OPEN.port, state: 'wedged' } as DoctorDocument['daemon']
    const other = { ...OPEN, pid: 2721, port: 9421 }
    const document = { ...documentOf([OPEN, other], [withSeverity('critical', 'F-005')]), daemon }
    const result = { swept: [], skipped: [], failed: [], dry_run: false, would_sweep: [] }
    for (const one of [document, { ...document, reset_result: result }])
      expect(renderDoctor(one, TEXT, terminal)).toContain(
        'Needs a decision besides F-005 (operator_required):\n  9421:',
      )
    expect(renderDoctor({ ...document, reset_result: result }, TEXT, terminal)).toContain(
      'Not clean yet: 2 left: port 9420 (unresponsive, F-005), port 9421 (unresponsive).',
    )
  })

  it('is quiet without commands', () => {
    const result = { swept: [], skipped: [], failed: [], dry_run: false, would_sweep: [] }
    const document = { ...documentOf([OPEN], [ORPHANED]), reset_result: result }
    const text = renderDoctor(document, TEXT, { ...terminal, isQuiet: true })
    expect(text).toContain('  9420: it does not answer (unresponsive)\n')
    expect(text).not.toContain('tool ')
  })

  it('tells each row once: what was done, what is left with its command, the numbers, and the verdict last', () => {
    const result: ResetResult = {
      swept: [{ ...entry, reason: 'superseded', cleanup_path: 'terminate' }],
      skipped: [OPEN, USED].map(({ pid, port, cleanup_class, skip_reason, in_use_by }) => ({
        pid,
        port,
        cleanup_class,
        skip_reason,
        in_use_by,
      })),
      failed: [{ pid: 2750, port: 9450, failure_reason: 'permission_denied' }],
      dry_run: false,
      would_sweep: [],
    }
    const explained = { commands: ['tool explain permission_denied'], description: 'it failed', safe: true }
    const failed = { ...OPEN, pid: 2750, port: 9450, remedy: explained }
    const document = documentOf([LIVE, OPEN, USED, failed], [ORPHANED])
    expect(renderDoctor({ ...document, reset_result: result }, TEXT, terminal)).toBe(
      [
        'ended port 9401 (process 2655, SIGTERM): superseded',
        'failed port 9450 (process 2750): this user may not end it (permission_denied)',
        '    tool explain permission_denied  # says more about it',
        '',
        '! orphaned daemons: 18 can be ended (F-002)',
        '',
        'Needs a decision (operator_required):',
        '  9420: it does not answer (unresponsive)',
        '    tool doctor --reset --force --port 9420  # ends it',
        '  To read more: tool explain unresponsive',
        '',
        'In use by another home, left alone:',
        `  9430: in use by ${USED.in_use_by} (version 3.2.2). Nothing to do.`,
        '',
        'swept: 1 · skipped: 1 (operator_required) · failed: 1 · left alone: 1 (in use)',
        'Not clean yet: 1 left: port 9420 (unresponsive). What to do about each is above.',
        'Not everything was ended: 1 failed. 1 problem found.',
        '',
      ].join('\n'),
    )
    const of9401 = renderReset({ result, orphans: [OPEN, USED] }, terminal, words, 9401)
    expect(of9401.left).toEqual([])
  })

  it('does not wrap badly', () => {
    const swept = [
      { ...entry, reason: 'older_version, installation_gone, superseded', cleanup_path: 'kill' as const },
    ]
    const result = { swept, skipped: [], failed: [], dry_run: false, would_sweep: [] }
    expect(renderAll(result, { columns: 60, hasColor: false })).toEqual([
      'ended port 9401 (process 2655, SIGKILL): older version',
      '  3.2.2, its installation is gone, superseded',
      'swept: 1 · skipped: 0 (operator_required) · failed: 0',
    ])
  })
})

it('the first line never says that there is no problem where something could not be ended', () => {
  const screen = { hasColor: false, columns: null }
  const finding = { id: 'F-002', severity: 'warn', summary: '', remediation: null } as const
  expect(renderVerdict([], screen)).toEqual(['No problems found.'])
  expect(renderVerdict([], screen, 2)).toEqual(['Not everything was ended: 2 failed.'])
  expect(renderVerdict([finding], screen, 1)).toEqual([
    'Not everything was ended: 1 failed. 1 problem found.',
  ])
})
