import { describe, expect, it } from 'vitest'
import { classify } from '../../src/classify/classify.js'
import { factsOf } from '../../src/classify/derive-facts.js'
import { PROJECT_SCOPE_RULES, USER_SCOPE_RULES } from '../../src/classify/decision-tables.js'
import type { Observation, ScanContext } from '../../src/classify/observation.js'
import { UNTOLD } from '../../src/observe/read-scopes-in-child.js'
import {
  ABSENT,
  BASIS,
  context,
  ELSEWHERE,
  HERE,
  listener,
  liveProcess,
  MALFORMED,
  NAMESPACES,
  observation,
  oldRecord,
  oldReport,
  oldShape,
  ownRecord,
  PID,
  PORT,
  processView,
  readable,
  report,
  scopeView,
  shape,
  START_TIME,
  TOKEN,
  UNREADABLE,
} from '../helpers/observations.js'

/** One thing that a scan can really see, and what the table says of it. */
type Case = readonly [
  row: string,
  reason: string | null,
  what: string,
  seen: Partial<Observation>,
  around?: ScanContext,
]

const BEYOND = processView({ networkNamespace: 'net:[1]' })
const REFUSED = { answer: 'unreachable', report: null } as const
/** A child that a predecessor's daemon forked: the record names its parent, by the pid. */
const FORKED = { shape: oldShape(), report: oldReport(), forkedFrom: [liveProcess()] }
const RECORDS_PARENT = context(scopeView({ records: [ABSENT, readable(oldRecord())] }))
const OF_OTHER_MACHINE = {
  records: [
    readable(ownRecord({ pid: 1, hostId: 'host-b', bootId: 'boot-b', pidNamespace: 'pid:[1]' })),
    ABSENT,
  ],
  lockHolder: 'unknown',
} as const
const SILENT = { answer: 'silent', report: null } as const
const HTTP = { answer: 'http', report: null } as const
const YOUNG = { process: processView({ ageSeconds: 5 }) }
const world = (change: Parameters<typeof scopeView>[0]): ScanContext => context(scopeView(change))
const NAMES_IT = readable(ownRecord({ pid: PID, port: PORT, startTime: START_TIME }))

const SYNC: readonly Case[] = [
  ['S1', 'out_of_range', 'a port outside the range', { port: 9500 }],
  ['S2', 'dashboard_family', "a dashboard's command line", { otherFamily: 'dashboard', shape: null }],
  [
    'S2',
    'dashboard_family',
    "a dashboard's reply",
    { answer: 'other_family_report', report: null, shape: null },
  ],
  ['S3a', 'third_party', 'a third-party web server', { ...HTTP, shape: null }],
  ['S3b', 'not_spec_kitty', 'a third-party database', { ...SILENT, shape: null }],
  [
    'S3b',
    'not_spec_kitty',
    'a process that may not be read',
    { ...SILENT, shape: null, pid: null, process: null },
  ],
  ['S4', 'third_party', 'a mimic', { shape: null }],
  ['S5', 'is_recorded_singleton', 'the daemon of the record', {}, world({ records: [NAMES_IT] })],
  [
    'S5',
    'is_recorded_singleton',
    'the holder of the lock, before its record',
    {},
    world({ records: [ABSENT], lockHolder: { pid: PID, startTime: START_TIME } }),
  ],
  [
    'S5',
    'is_recorded_singleton',
    "the daemon of the predecessor's record, beside a record of ours",
    { shape: oldShape() },
    world({ records: [readable(ownRecord()), readable(oldRecord({ pid: PID, port: PORT }))] }),
  ],
  ['S5b', 'part_of_singleton', 'one that was forked from the daemon of the record', FORKED, RECORDS_PARENT],
  ['S6', 'other_user', "another user's daemon", { process: processView({ user: '0' }) }],
  ['S6', 'other_user', "another user's socket", { listeners: [listener({ user: '0' })] }],
  ['S7', 'missing_pid', 'a report, and no process to go with it', { pid: null, process: null, shape: null }],
  [
    'S8',
    'missing_identity',
    'an argv that cannot be read',
    { process: processView({ command: null }), shape: null },
  ],
  ['S8', 'missing_identity', 'no start time', { process: processView({ startTime: null }) }],
  ['S8', 'missing_identity', 'a container', { process: processView({ namespaces: 'pid:[1] mnt:[1]' }) }],
  [
    'S8',
    'missing_identity',
    'one seen from another time namespace, live or not',
    { process: processView({ startTime: null, namespaces: NAMESPACES.replace('time', 'other') }) },
  ],
  [
    'S9',
    'pre_marker',
    'a predecessor without a marker',
    { shape: oldShape({ marker: null }), report: oldReport() },
  ],
  ['S10', 'cross_root', 'a daemon of another root', { shape: shape({ marker: ELSEWHERE }) }],
  ['S10b', 'unreachable', 'one in another network', { ...SILENT, process: BEYOND }],
  ['S10b', 'unreachable', 'a stale one that a sandbox does not let us ask', REFUSED],
  [
    'S10b',
    'unreachable',
    'the singleton, which a sandbox does not let us ask',
    REFUSED,
    world({ records: [NAMES_IT] }),
  ],
  ['S11', 'unresponsive', 'a wedged daemon', SILENT],
  ['S11', 'unresponsive', 'a wedged singleton', SILENT, world({ records: [NAMES_IT] })],
  [
    'S11',
    'unresponsive',
    'a holder of the lock that does not listen',
    { ...SILENT, port: null, listeners: [] },
    world({ records: [ABSENT], lockHolder: { pid: PID, startTime: START_TIME } }),
  ],
  ['S12', 'pid_port_mismatch', "a report with another's pid", { report: report({ pid: 999 }) }],
  ['S13', 'scope_mismatch', 'a report of another scope', { report: report({ scope: ELSEWHERE }) }],
  [
    'S13',
    'scope_mismatch',
    'one of ours that is in another root: its marker was a link that leads here now',
    { process: processView({ workingDirectory: ELSEWHERE }), namedScopes: [HERE, ELSEWHERE] },
  ],
  ['S14', 'record_unreadable', 'a record full of noise', {}, world({ records: [MALFORMED, ABSENT] })],
  [
    'S14',
    'record_unreadable',
    'a record that cannot be read in another root that its environment names',
    { shape: oldShape(), report: oldReport(), namedScopes: [HERE, ELSEWHERE] },
    context(undefined, scopeView({ real: ELSEWHERE, records: [UNREADABLE, ABSENT] })),
  ],
  ['S14b', 'elsewhere', 'one beside the daemon of another machine', {}, world(OF_OTHER_MACHINE)],
  [
    'S15',
    'starting',
    'a predecessor whose starter waits for its health',
    { shape: oldShape(), ...YOUNG },
    world({ records: [ABSENT] }),
  ],
  ['S16', null, 'a stale daemon of ours', {}],
  ['S16', null, 'a stale predecessor of 3.2.3', { shape: oldShape(), report: oldReport() }],
  [
    'S16',
    null,
    'a young daemon of ours that lost: ours records itself before it answers',
    { ...YOUNG },
    world({}),
  ],
  ['S17', 'ambiguous', 'an age that is unknown', { process: processView({ ageSeconds: null }) }],
  ['S17', 'ambiguous', 'a report without the pid it owes', { report: report({ pid: null }) }],
  [
    'S10',
    'cross_root',
    'a root that did not answer in time: that it is another path is certain',
    { shape: shape({ marker: ELSEWHERE }), report: report({ scope: ELSEWHERE }) },
    context(undefined, UNTOLD),
  ],
  [
    'S17',
    'ambiguous',
    'a root that its environment names, and that did not answer in time',
    { shape: oldShape(), report: oldReport(), namedScopes: [HERE, ELSEWHERE] },
    context(undefined, UNTOLD),
  ],
  [
    'S17',
    'ambiguous',
    'a predecessor recorded in the home that its environment names',
    { shape: oldShape(), report: oldReport(), namedScopes: [HERE, ELSEWHERE] },
    context(
      undefined,
      scopeView({
        real: ELSEWHERE,
        records: [ABSENT, readable(oldRecord({ pid: 999, port: PORT, token: TOKEN }))],
      }),
    ),
  ],
  [
    'S17',
    'ambiguous',
    'one beside a lock that is held by a process that is not seen',
    {},
    world({ lockHolder: 'unknown' }),
  ],
]

const OF_OTHER = { shape: shape({ marker: ELSEWHERE }), report: report({ scope: ELSEWHERE }) }
const OF_GONE = { ...OF_OTHER, process: processView({ workingDirectoryGone: true }) }
const OTHER_NAMES_IT = readable(ownRecord({ pid: PID, port: PORT, startTime: START_TIME, scope: ELSEWHERE }))
const other = (change: Parameters<typeof scopeView>[0]): ScanContext =>
  context(undefined, scopeView({ real: ELSEWHERE, ...change }))

const DASHBOARD: readonly Case[] = [
  ['D1', 'out_of_range', 'a port outside the range', { port: 9500 }],
  ['D2', 'sync_family', "a sync daemon's command line", { otherFamily: 'sync', shape: null }],
  ['D3a', 'third_party', 'a third-party web server', { ...HTTP, shape: null }],
  ['D3b', 'not_spec_kitty', 'a third-party database', { ...SILENT, shape: null }],
  ['D4', 'third_party', 'a mimic', { shape: null }],
  ['D5', 'is_recorded_singleton', 'the dashboard of this project', {}, world({ records: [NAMES_IT] })],
  [
    'D5',
    'is_recorded_singleton',
    'the live dashboard of another project',
    OF_OTHER,
    other({ records: [OTHER_NAMES_IT] }),
  ],
  [
    'D5',
    'is_recorded_singleton',
    'the same, and whether its project exists is unknown',
    OF_OTHER,
    other({ records: [OTHER_NAMES_IT], gone: null }),
  ],
  [
    'D5',
    'is_recorded_singleton',
    'the holder of the lock of another project, beside a record of another process',
    OF_OTHER,
    other({ lockHolder: { pid: PID, startTime: START_TIME } }),
  ],
  ['D5b', 'part_of_singleton', 'a forked child of a live dashboard', FORKED, RECORDS_PARENT],
  ['D6', 'other_user', "another user's dashboard", { process: processView({ user: '0' }) }],
  ['D7', 'missing_pid', 'a report, and no process to go with it', { pid: null, process: null, shape: null }],
  ['D8', 'missing_identity', 'a container', { process: processView({ namespaces: 'pid:[1] mnt:[1]' }) }],
  ['D8b', 'unreachable', 'one in another network', { ...SILENT, process: BEYOND }],
  ['D8b', 'unreachable', 'one that a sandbox does not let us ask', REFUSED],
  ['D9', 'unresponsive', 'one that an idle browser made deaf', SILENT],
  ['D9', 'unresponsive', 'the same, and its own record names it', SILENT, world({ records: [NAMES_IT] })],
  [
    'D10',
    'pid_port_mismatch',
    "another's token",
    { shape: oldShape(), report: oldReport({ token: 'other', scope: null }) },
  ],
  ['D10a', 'scope_mismatch', 'a report of another project', { report: report({ scope: ELSEWHERE }) }],
  [
    'D10a',
    'scope_mismatch',
    "the same, and another's pid",
    { report: report({ scope: ELSEWHERE, pid: 999 }) },
  ],
  ['D11', 'record_unreadable', 'an unmounted drive', OF_OTHER, other({ gone: null, records: [ABSENT] })],
  [
    'D14',
    'ambiguous',
    'a project that was not read in time: a reason must not change with the load of the machine',
    OF_OTHER,
    context(undefined, UNTOLD),
  ],
  [
    'D11',
    'record_unreadable',
    'a record that may not be read',
    OF_OTHER,
    other({ gone: false, records: [UNREADABLE] }),
  ],
  [
    'D11b',
    'elsewhere',
    'one of a project that a dashboard of another machine has in use',
    {},
    world(OF_OTHER_MACHINE),
  ],
  ['D12', 'starting', 'one whose record is still to come', YOUNG, world({ records: [ABSENT] })],
  ['D13', null, 'one whose record was taken over', {}],
  ['D13', null, 'one whose record is absent', {}, world({ records: [ABSENT] })],
  ['D13', null, 'one whose project is gone', OF_GONE, other({ gone: true, records: [ABSENT] })],
  [
    'D11',
    'record_unreadable',
    'one whose project was moved',
    OF_OTHER,
    other({ gone: true, records: [ABSENT] }),
  ],
  [
    'D13',
    null,
    'a young one whose project is gone',
    { ...OF_OTHER, process: processView({ ageSeconds: 5, workingDirectoryGone: true }) },
    other({ gone: true, records: [ABSENT] }),
  ],
  [
    'D14',
    'ambiguous',
    'one beside a record of a dead process',
    {},
    world({ records: [readable(ownRecord({ pid: 999 }))] }),
  ],
  [
    'D14',
    'ambiguous',
    'one beside a record without pid',
    {},
    world({ records: [readable(oldRecord({ pid: null }))] }),
  ],
]

describe.each([
  ['sync', USER_SCOPE_RULES, { other_family: 'dashboard_family', not_ours: 'not_spec_kitty' }, SYNC] as const,
  [
    'dashboard',
    PROJECT_SCOPE_RULES,
    { other_family: 'sync_family', not_ours: 'not_spec_kitty' },
    DASHBOARD,
  ] as const,
])('what a scan can see, in the %s table', (_, rules, names, cases) => {
  const all = cases.map(
    ([row, reason, what, seen, around = context()]) => [row, reason, what, seen, around] as const,
  )

  it.each(all)('%s %s: %s', (row, reason, _what, seen, around) => {
    const verdict = classify(rules, names, factsOf(BASIS, observation(seen), around))
    const byRow = rules.find((rule) => rule.id === row)
    expect(verdict).toEqual({ rule: row, class: byRow?.class, reason })
  })

  it('reaches every row', () => {
    expect(new Set(cases.map(([row]) => row))).toEqual(new Set(rules.map((rule) => rule.id)))
  })
})
