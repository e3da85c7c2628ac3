import { describe, expect, it } from 'vitest'
import { factsOf, projectGone, scopeOf } from '../../src/classify/derive-facts.js'
import { isSingleton } from '../../src/classify/singleton.js'
import { maybeInUseBy } from '../../src/classify/stale-evidence.js'
import { namesLiving } from '../../src/classify/names-living.js'
import type { Facts } from '../../src/classify/facts.js'
import type { Tri } from '../../src/classify/tri.js'
import type { ProcessView } from '../../src/identity/machine.js'
import type { DaemonRecord } from '../../src/protocol/record.js'
import type { ScopeSnapshot, Observation, ScanContext } from '../../src/classify/observation.js'
import { UNTOLD } from '../../src/observe/read-scopes-in-child.js'
import {
  ABSENT,
  BASIS,
  context,
  ELSEWHERE,
  HERE,
  LINK,
  listener,
  LIVE_PID,
  LIVE_START_TIME,
  liveProcess,
  MACHINE,
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
  secondsBefore,
  shape,
  START_TIME,
  TOKEN,
  UNREADABLE,
} from '../helpers/observations.js'

type Case = readonly [
  what: string,
  seen: Partial<Observation>,
  expected: Partial<Facts>,
  around?: ScanContext,
]

const NAMED = { pid: PID, port: PORT, startTime: START_TIME }
const here = (...records: Parameters<typeof scopeView>[0][]): ScanContext =>
  context(...records.map((change) => scopeView(change)))
const withProcess = (change: Partial<ProcessView>): Partial<Observation> => ({ process: processView(change) })

describe('factsOf', () => {
  it('a stale daemon of ours with every proof', () => {
    expect(factsOf(BASIS, observation(), context())).toEqual({
      in_range: 'yes',
      other_family: 'no',
      spawn_shape: 'yes',
      self_report: 'yes',
      answered_http: 'yes',
      singleton_here: 'no',
      singleton_named: 'no',
      part_of_singleton: 'no',
      holds_reported_lock: 'no',
      same_user: 'yes',
      pid_known: 'yes',
      start_time_known: 'yes',
      same_namespaces: 'yes',
      reachable: 'yes',
      elsewhere: 'no',
      marker: 'yes',
      marker_here: 'yes',
      report_agrees: 'yes',
      scope_agrees: 'yes',
      scope_told: 'yes',
      records_readable: 'yes',
      in_startup_grace: 'no',
      predecessor: 'no',
      project_gone: 'no',
      disowned: 'yes',
    })
  })

  const listening: readonly Case[] = [
    ['the first port of the range', { port: 9400 }, { in_range: 'yes' }],
    ['the last port of the range', { port: 9449 }, { in_range: 'yes' }],
    ['the port after the range', { port: 9450 }, { in_range: 'no' }],
    ['the port before the range', { port: 9399 }, { in_range: 'no' }],
    [
      'the holder of the daemon lock, which does not listen',
      { port: null, listeners: [], answer: 'silent', report: null },
      { in_range: 'yes', same_user: 'yes', singleton_here: 'yes', disowned: 'no' },
      here({ records: [ABSENT], lockHolder: { pid: PID, startTime: START_TIME } }),
    ],
    [
      'silence',
      { answer: 'silent', report: null },
      { answered_http: 'no', self_report: 'no', report_agrees: 'unknown', scope_agrees: 'unknown' },
    ],
    ['some HTTP', { answer: 'http', report: null }, { answered_http: 'yes', self_report: 'no' }],
    [
      "another family's report",
      { answer: 'other_family_report', report: null },
      { answered_http: 'yes', self_report: 'no', other_family: 'yes' },
    ],
    ["another family's command line", { otherFamily: 'dashboard' }, { other_family: 'yes' }],
  ]

  const processes: readonly Case[] = [
    [
      'no pid',
      { pid: null, process: null, shape: null },
      {
        pid_known: 'no',
        start_time_known: 'no',
        spawn_shape: 'unknown',
        same_user: 'unknown',
        same_namespaces: 'unknown',
        marker: 'unknown',
        predecessor: 'unknown',
        in_startup_grace: 'unknown',
        // The self-report still names a scope, and the record there names a daemon on another port.
        singleton_named: 'no',
        report_agrees: 'unknown',
      },
    ],
    ['no start time', withProcess({ startTime: null }), { start_time_known: 'no', pid_known: 'yes' }],
    [
      'a command line that cannot be read',
      { ...withProcess({ command: null }), shape: null },
      { spawn_shape: 'unknown', marker: 'unknown' },
    ],
    ['a command line of something else', { shape: null }, { spawn_shape: 'no', marker: 'unknown' }],
    ['a foreign pid namespace', withProcess({ namespaces: 'pid:[1] mnt:[1]' }), { same_namespaces: 'no' }],
    ['namespaces that cannot be read', withProcess({ namespaces: null }), { same_namespaces: 'unknown' }],
    ["another user's process", withProcess({ user: '0' }), { same_user: 'no' }],
    ['an owner that is unknown', withProcess({ user: null }), { same_user: 'unknown' }],
    ["another user's socket", { listeners: [listener({ user: '0' })] }, { same_user: 'no' }],
    ['a socket whose owner is unknown', { listeners: [listener({ user: null })] }, { same_user: 'unknown' }],
    [
      'two sockets, of which one is of another user',
      { listeners: [listener(), listener({ address: '::1', user: '0' })] },
      { same_user: 'no' },
    ],
    [
      "another user's socket, and a process that cannot be read",
      { listeners: [listener({ user: '0' })], ...withProcess({ user: null }) },
      { same_user: 'no' },
    ],
    ['29.9 s old', withProcess({ ageSeconds: 29.9 }), { in_startup_grace: 'yes' }],
    ['30 s old', withProcess({ ageSeconds: 30 }), { in_startup_grace: 'no' }],
    ['just born', withProcess({ ageSeconds: 0 }), { in_startup_grace: 'yes' }],
    ['an age that is unknown', withProcess({ ageSeconds: null }), { in_startup_grace: 'unknown' }],
    ["a predecessor's shape", { shape: oldShape() }, { predecessor: 'yes', spawn_shape: 'yes' }],
  ]

  const scopes: readonly Case[] = [
    [
      'no marker',
      { shape: shape({ marker: null }) },
      {
        marker: 'no',
        marker_here: 'unknown',
        singleton_named: 'no',
        scope_agrees: 'unknown',
        // The scope that the self-report names.
        records_readable: 'yes',
        scope_told: 'unknown',
        project_gone: 'unknown',
        disowned: 'unknown',
      },
    ],
    [
      'neither marker nor self-report: it names no scope at all',
      { shape: shape({ marker: null }), answer: 'silent', report: null },
      { singleton_named: 'no', records_readable: 'unknown', elsewhere: 'no', scope_told: 'unknown' },
    ],
    [
      'a marker that was not scanned, as a relative path is not',
      { shape: shape({ marker: '/never/looked/at' }) },
      {
        marker: 'yes',
        marker_here: 'unknown',
        singleton_named: 'unknown',
        scope_agrees: 'unknown',
        scope_told: 'unknown',
        elsewhere: 'unknown',
        records_readable: 'unknown',
        project_gone: 'unknown',
        disowned: 'unknown',
      },
    ],
    [
      'a marker that is a link to this scope: equal by real path, not by text',
      { shape: shape({ marker: LINK }) },
      { marker_here: 'yes', scope_agrees: 'yes', disowned: 'yes' },
    ],
    [
      'a self-report by the link, a marker by the real path',
      { report: report({ scope: LINK }) },
      { marker_here: 'yes', scope_agrees: 'yes' },
    ],
    [
      'marker and self-report of another scope',
      { shape: shape({ marker: ELSEWHERE }), report: report({ scope: ELSEWHERE }) },
      { marker_here: 'no', scope_agrees: 'yes' },
    ],
    ['a self-report of another scope', { report: report({ scope: ELSEWHERE }) }, { scope_agrees: 'no' }],
    [
      'a self-report of a scope that was not scanned',
      { report: report({ scope: '/never/looked/at' }) },
      { scope_agrees: 'unknown' },
    ],
    ['a missing scope where one is due', { report: report({ scope: null }) }, { scope_agrees: 'unknown' }],
    [
      'no scope from a version that states none',
      { report: oldReport(), shape: oldShape() },
      { scope_agrees: 'yes' },
    ],
    [
      'a scope that was not read in time: only that it is another path is certain',
      { shape: shape({ marker: ELSEWHERE }) },
      {
        marker_here: 'no',
        singleton_named: 'unknown',
        scope_told: 'no',
        elsewhere: 'unknown',
        records_readable: 'unknown',
        project_gone: 'unknown',
        disowned: 'unknown',
      },
      here({}, UNTOLD),
    ],
    [
      'a scope that is gone',
      withProcess({ workingDirectoryGone: true }),
      { project_gone: 'yes' },
      here({ gone: true, records: [ABSENT] }),
    ],
    ['a scope of which that is unknown', {}, { project_gone: 'unknown' }, here({ gone: null })],
  ]

  const ties: readonly Case[] = [
    [
      'up to 3.2.3: port and token of the command line are the listener and the reply',
      { report: oldReport(), shape: oldShape() },
      { report_agrees: 'yes' },
    ],
    [
      'up to 3.2.3: the pid and port that its shared owner file names do not count',
      { report: oldReport({ pid: 4242, port: 9444 }), shape: oldShape() },
      { report_agrees: 'yes' },
    ],
    [
      'up to 3.2.3: another port in the command line',
      { report: oldReport(), shape: oldShape({ port: 9402 }) },
      { report_agrees: 'no' },
    ],
    [
      'up to 3.2.3: another token in the reply',
      { report: oldReport({ token: 'other' }), shape: oldShape() },
      { report_agrees: 'no' },
    ],
    [
      'up to 3.2.3: no token in the command line',
      { report: oldReport(), shape: oldShape({ token: null }) },
      { report_agrees: 'unknown' },
    ],
    [
      'up to 3.2.3: no port in the command line',
      { report: oldReport(), shape: oldShape({ port: null }) },
      { report_agrees: 'unknown' },
    ],
    ['from 3.2.4 on: own pid and port', { report: report(), shape: oldShape() }, { report_agrees: 'yes' }],
    [
      'from 3.2.4 on: the token is not compared',
      { report: report({ token: 'other' }), shape: oldShape() },
      { report_agrees: 'yes' },
    ],
    [
      'from 3.2.4 on: the pid of another',
      { report: report({ pid: LIVE_PID }), shape: oldShape() },
      { report_agrees: 'no' },
    ],
    [
      'from 3.2.4 on: the port of another',
      { report: report({ port: 9402 }), shape: oldShape() },
      { report_agrees: 'no' },
    ],
    [
      'from 3.2.4 on: started for another port than it listens on',
      { report: report(), shape: oldShape({ port: 9402 }) },
      { report_agrees: 'no' },
    ],
    [
      'from 3.2.4 on: no pid in the reply',
      { report: report({ pid: null }), shape: oldShape() },
      { report_agrees: 'unknown' },
    ],
    [
      'ours: own pid and port',
      { report: report(), shape: shape() },
      { report_agrees: 'yes', scope_agrees: 'yes' },
    ],
    [
      'ours: a listener whose pid is not known',
      { pid: null, process: null },
      { report_agrees: 'unknown', pid_known: 'no' },
    ],
    ['a report without a shape', { shape: null }, { report_agrees: 'unknown', scope_agrees: 'unknown' }],
  ]

  const records: readonly Case[] = [
    [
      'no record at all',
      {},
      { singleton_here: 'no', records_readable: 'yes', disowned: 'yes' },
      here({ records: [ABSENT, ABSENT] }),
    ],
    [
      'a record that is malformed',
      {},
      { singleton_here: 'unknown', records_readable: 'no', disowned: 'unknown' },
      here({ records: [MALFORMED, ABSENT] }),
    ],
    [
      'a record that may not be read',
      {},
      {
        singleton_here: 'unknown',
        singleton_named: 'unknown',
        records_readable: 'no',
        disowned: 'unknown',
      },
      here({ records: [ABSENT, UNREADABLE] }),
    ],
    [
      'a lock file that cannot be read: whether it is held is unknown',
      {},
      { singleton_here: 'unknown', singleton_named: 'unknown' },
      here({ records: [ABSENT, ABSENT], lockHolder: 'unknown' }),
    ],
    [
      'a predecessor record whose pid is another process by now (its token is not in the command line)',
      {},
      { singleton_here: 'no', disowned: 'no' },
      here({ records: [readable(oldRecord({ pid: LIVE_PID, token: 'f'.repeat(32) }))] }),
    ],
    [
      'our record names it, the other cannot be read: named is named',
      {},
      { singleton_here: 'yes', records_readable: 'no', disowned: 'unknown' },
      here({ records: [readable(ownRecord(NAMED)), UNREADABLE] }),
    ],
    [
      'the record names this very process',
      {},
      { singleton_here: 'yes', singleton_named: 'yes', disowned: 'no' },
      here({ records: [readable(ownRecord(NAMED))] }),
    ],
    [
      'cross root, and the live singleton there',
      { shape: shape({ marker: ELSEWHERE }), report: report({ scope: ELSEWHERE }) },
      { marker_here: 'no', singleton_here: 'no', singleton_named: 'yes', disowned: 'no' },
      here({}, { real: ELSEWHERE, records: [readable(ownRecord({ ...NAMED, scope: ELSEWHERE }))] }),
    ],
    [
      'cross root, and no daemon there',
      { shape: shape({ marker: ELSEWHERE }) },
      { singleton_named: 'no', disowned: 'yes' },
    ],
    [
      'the record names one that is dead',
      {},
      { disowned: 'no' },
      here({ records: [readable(ownRecord({ pid: 999 }))] }),
    ],
    [
      "a predecessor's record names this pid on another port: the port may be wrong, so the pid protects it",
      { shape: oldShape() },
      { singleton_here: 'yes', disowned: 'no' },
      here({ records: [ABSENT, readable(oldRecord({ pid: PID, port: 9402 }))] }),
    ],
    [
      'a record without pid names another port: whether that one lives is unknown',
      {},
      { singleton_here: 'no', disowned: 'unknown' },
      here({ records: [ABSENT, readable(oldRecord({ pid: null }))] }),
    ],
    [
      'one record names a live one, the other a dead one',
      {},
      { disowned: 'yes' },
      here({ records: [readable(ownRecord({ pid: 999 })), readable(oldRecord())] }),
    ],
  ]

  const DEAF = { answer: 'silent', report: null } as const
  const vantage: readonly Case[] = [
    [
      'a connection that the system refused to this process',
      { answer: 'unreachable', report: null },
      { reachable: 'no', answered_http: 'no', self_report: 'no' },
    ],
    [
      'a process in another network, no matter what answered',
      withProcess({ networkNamespace: 'net:[1]' }),
      { reachable: 'no' },
    ],
    [
      'a network that is unknown',
      { ...withProcess({ networkNamespace: null }), ...DEAF },
      { reachable: 'unknown' },
    ],
    ['the same, and it answered', withProcess({ networkNamespace: null }), { reachable: 'yes' }],
    ['a process that cannot be seen, and silence', { process: null, ...DEAF }, { reachable: 'unknown' }],
    ...NAMESPACES.split(' ').map((kind): Case => [
      `a process whose ${kind.split(':')[0]} is another`,
      withProcess({ namespaces: NAMESPACES.replace(kind, `${kind}0`) }),
      { same_namespaces: 'no' },
    ]),
  ]

  const FOREIGN = { ...MACHINE, hostId: 'host-b', bootId: 'boot-b' }
  const CONTAINED = { ...MACHINE, pidNamespace: 'pid:[1]' }
  const recorded = (of: Partial<DaemonRecord>, change: Partial<ScopeSnapshot>): ScanContext =>
    here({ records: [readable(ownRecord({ pid: 1, ...of })), ABSENT], ...change })
  const elsewhere: readonly Case[] = [
    [
      'another machine, and the lock is held',
      {},
      { elsewhere: 'yes' },
      recorded(FOREIGN, { lockHolder: 'unknown' }),
    ],
    [
      'another machine, and the lock is held by a process that is seen',
      {},
      { elsewhere: 'yes' },
      recorded(FOREIGN, { lockHolder: { pid: LIVE_PID, startTime: LIVE_START_TIME } }),
    ],
    ['another machine, and the lock is free', {}, { elsewhere: 'no' }, recorded(FOREIGN, {})],
    [
      'a container of this boot, and the lock is held',
      {},
      { elsewhere: 'yes' },
      recorded(CONTAINED, { lockHolder: 'unknown' }),
    ],
    ['a container of this boot, and the lock is free', {}, { elsewhere: 'no' }, recorded(CONTAINED, {})],
    [
      'an earlier boot of this machine: it is dead, even if the lock is held',
      {},
      { elsewhere: 'no' },
      recorded({ ...CONTAINED, bootId: 'boot-0' }, { lockHolder: 'unknown' }),
    ],
    ['this very place', {}, { elsewhere: 'no' }, recorded(MACHINE, { lockHolder: 'unknown' })],
    [
      'another machine, and it says that it stopped',
      {},
      { elsewhere: 'no' },
      recorded({ ...FOREIGN, running: false }, { lockHolder: 'unknown' }),
    ],
    [
      'a record that does not say where',
      {},
      { elsewhere: 'no' },
      recorded({ hostId: null, bootId: null, pidNamespace: null }, { lockHolder: 'unknown' }),
    ],
    [
      'another scope that it names is in use on another machine',
      { report: report({ scope: ELSEWHERE }) },
      { elsewhere: 'yes' },
      here(
        {},
        {
          real: ELSEWHERE,
          records: [readable(ownRecord({ ...FOREIGN, scope: ELSEWHERE }))],
          lockHolder: 'unknown',
        },
      ),
    ],
  ]

  const AT_ELSEWHERE = { real: ELSEWHERE, records: [readable(ownRecord({ ...NAMED, scope: ELSEWHERE }))] }
  const named: readonly Case[] = [
    [
      'the live singleton of the scope that its self-report names, even if its marker names another',
      { report: report({ scope: ELSEWHERE }) },
      { singleton_here: 'no', singleton_named: 'yes', marker_here: 'yes', scope_agrees: 'no' },
      here({}, AT_ELSEWHERE),
    ],
    [
      'the live singleton of a scope that only its environment or working directory names',
      { namedScopes: [HERE, ELSEWHERE] },
      { singleton_here: 'no', singleton_named: 'yes' },
      here({}, AT_ELSEWHERE),
    ],
    [
      'a record there that cannot be read',
      { namedScopes: [HERE, ELSEWHERE] },
      { singleton_named: 'unknown', records_readable: 'no' },
      here({}, { real: ELSEWHERE, records: [MALFORMED, ABSENT] }),
    ],
    [
      'a scope there that was not read in time: unknown, not unreadable',
      { namedScopes: [HERE, ELSEWHERE] },
      { singleton_named: 'unknown', records_readable: 'unknown', elsewhere: 'unknown' },
      here({}, UNTOLD),
    ],
    [
      'names that may not be all of them',
      { namedScopes: null },
      { singleton_named: 'unknown', records_readable: 'unknown', elsewhere: 'unknown' },
    ],
    [
      'ours runs in the directory of another scope',
      withProcess({ workingDirectory: ELSEWHERE }),
      { scope_agrees: 'no' },
    ],
    ['ours runs in its scope, by a link', withProcess({ workingDirectory: LINK }), { scope_agrees: 'yes' }],
    [
      "a predecessor's may run anywhere",
      { shape: oldShape(), report: oldReport(), ...withProcess({ workingDirectory: ELSEWHERE }) },
      { scope_agrees: 'yes' },
    ],
    [
      'a mimic that holds the lock of the scope that it reports',
      { shape: null, report: report({ scope: ELSEWHERE }) },
      { spawn_shape: 'no', holds_reported_lock: 'yes' },
      here({}, { real: ELSEWHERE, records: [], lockHolder: { pid: PID, startTime: START_TIME } }),
    ],
    [
      'a mimic that holds the lock of another scope than it reports',
      { shape: null },
      { holds_reported_lock: 'no' },
      here({}, { real: ELSEWHERE, records: [], lockHolder: { pid: PID, startTime: START_TIME } }),
    ],
    [
      'a report of a scope that was not scanned',
      { report: report({ scope: '/never' }) },
      { holds_reported_lock: 'unknown' },
    ],
    ['a report without scope', { report: oldReport() }, { holds_reported_lock: 'no' }],
    ['no report', DEAF, { holds_reported_lock: 'no' }],
  ]

  const all = [
    ...listening,
    ...processes,
    ...scopes,
    ...ties,
    ...records,
    ...vantage,
    ...elsewhere,
    ...named,
  ].map(([what, seen, expected, around = context()]) => [what, seen, expected, around] as const)

  it.each(all)('%s', (_, seen, expected, around) => {
    expect(factsOf(BASIS, observation(seen), around)).toMatchObject(expected)
  })
})

describe('a predecessor that records its daemons nowhere', () => {
  const unrecorded = (marker: string): Partial<Observation> => ({
    shape: oldShape({ marker, isUnrecorded: true }),
    namedScopes: [marker],
  })
  const elsewhere = (change: Parameters<typeof scopeView>[0]): ScanContext =>
    context(scopeView({ records: [ABSENT] }), scopeView(change))
  const there = { real: ELSEWHERE, records: [ABSENT] }
  const replaced = readable(
    ownRecord({ scope: ELSEWHERE, pid: LIVE_PID, startTime: LIVE_START_TIME, port: 9402 }),
  )

  it.each<[string, Partial<Observation>, Tri, ScanContext]>([
    ['of this scope: commands use another daemon here', unrecorded(HERE), 'yes', here({ records: [ABSENT] })],
    ['of another scope: it may be in use there', unrecorded(ELSEWHERE), 'unknown', elsewhere(there)],
    ['of another scope that is gone', unrecorded(ELSEWHERE), 'yes', elsewhere({ ...there, gone: true })],
    [
      'of another scope with a live daemon of this version',
      unrecorded(ELSEWHERE),
      'yes',
      elsewhere({ ...there, records: [replaced] }),
    ],
    [
      'of another scope, where such daemons are recorded and this one is not',
      { ...unrecorded(ELSEWHERE), shape: oldShape({ marker: ELSEWHERE }) },
      'yes',
      elsewhere(there),
    ],
  ])('%s', (_, seen, disowned, around) => {
    expect(factsOf(BASIS, observation(seen), around).disowned).toBe(disowned)
  })
})

describe('part of a singleton', () => {
  const NAMES_LIVE = here({ records: [readable(ownRecord({ port: PORT }))] })
  const singleton = observation({
    pid: LIVE_PID,
    process: liveProcess(),
    listeners: [listener({ socket: '4712' })],
  })
  const part = (seen: Observation, others: readonly Observation[], around = NAMES_LIVE): Tri =>
    factsOf(BASIS, seen, around, [seen, ...others]).part_of_singleton

  it('is what shares its port with the daemon of the record', () => {
    expect(part(observation(), [singleton])).toBe('yes')
    expect(
      part(observation({ shape: null, answer: 'silent', report: null, pid: null, process: null }), [
        singleton,
      ]),
    ).toBe('yes')
  })

  it('is not the singleton itself, nor what listens on another port', () => {
    expect(part(singleton, [observation()])).toBe('no')
    expect(part(observation({ port: PORT + 1 }), [singleton])).toBe('no')
    expect(part(observation(), [observation({ ...singleton, port: null, listeners: [] })])).toBe('no')
  })

  it('is what shares its port with the daemon of another scope, that only the other one names', () => {
    const around = here(
      {},
      { real: ELSEWHERE, records: [readable(ownRecord({ port: PORT, scope: ELSEWHERE }))] },
    )
    expect(part(observation(), [singleton], around)).toBe('no')
    expect(part(observation(), [observation({ ...singleton, namedScopes: [ELSEWHERE] })], around)).toBe('yes')
  })

  it('is what was forked from a singleton without exec, over any number of generations', () => {
    const between = processView({ pid: 750, startTime: 'boot-a/7500' })
    const record = here({ records: [ABSENT, readable(oldRecord({ port: PORT, token: TOKEN }))] })
    const forked = observation({ shape: oldShape(), forkedFrom: [between, liveProcess()] })
    expect(part(forked, [], record)).toBe('yes')
    expect(
      part(observation({ shape: oldShape(), forkedFrom: [between] }), [], here({ records: [ABSENT] })),
    ).toBe('no')
  })

  it('is what was forked from one whose record has no pid, and listens on another port', () => {
    const around = (port: number) =>
      here({ records: [ABSENT, readable(oldRecord({ pid: null, port, token: TOKEN }))] })
    const parent = observation({ shape: oldShape(), pid: LIVE_PID, process: liveProcess() })
    const forked = observation({ shape: oldShape(), port: PORT + 1, forkedFrom: [liveProcess()] })
    expect(part(forked, [parent], around(PORT))).toBe('yes')
    expect(part(forked, [parent], around(PORT + 2))).toBe('no')
    // The parent listens on another port than that of its command line.
    expect(part(forked, [{ ...parent, port: PORT + 2 }], around(PORT + 2))).toBe('yes')
    // The parent does not listen.
    expect([part(forked, [], around(PORT)), part(forked, [], around(PORT + 1))]).toEqual(['yes', 'no'])
  })

  it('is the very process of a singleton on another port than that of its record', () => {
    const record = here({ records: [ABSENT, readable(oldRecord({ port: PORT, token: TOKEN }))] })
    const named = observation({ shape: oldShape() })
    const besides = observation({
      shape: oldShape(),
      port: PORT + 1,
      listeners: [listener({ socket: '4712' })],
    })
    expect(part(besides, [named], record)).toBe('yes')
    expect(part(besides, [], record)).toBe('no')
    expect(
      part({ ...besides, pid: null, process: null }, [{ ...named, pid: null, process: null }], record),
    ).toBe('no')
  })

  it('is unknown while it is unknown whether the other one is a singleton', () => {
    const hidden = observation({ ...singleton, namedScopes: null })
    expect(part(observation(), [hidden], here({ records: [ABSENT] }))).toBe('unknown')
    expect(part(observation(), [singleton], here({ records: [MALFORMED] }))).toBe('unknown')
  })
})

describe('scopeOf', () => {
  const around = context()

  it('returns the view of the scope that the marker names', () => {
    expect(scopeOf(observation(), around)).toBe(around.here)
    expect(scopeOf(observation({ shape: shape({ marker: LINK }) }), around)).toBe(around.here)
    expect(scopeOf(observation({ shape: shape({ marker: ELSEWHERE }) }), around)?.real).toBe(ELSEWHERE)
  })

  it('returns nothing without shape, without marker, and for a scope that was not scanned', () => {
    expect(scopeOf(observation({ shape: null }), around)).toBeNull()
    expect(scopeOf(observation({ shape: shape({ marker: null }) }), around)).toBeNull()
    expect(scopeOf(observation({ shape: shape({ marker: '/never' }) }), around)).toBeNull()
  })
})

describe('isSingleton', () => {
  const old = { shape: oldShape() }
  const noPid = { pid: null, process: null, shape: null }

  it.each([
    ['our record', ownRecord(NAMED), {}, 'yes'],
    ['our record, another pid', ownRecord({ ...NAMED, pid: 999 }), {}, 'no'],
    [
      'our record, another start time: the pid was used again',
      ownRecord({ ...NAMED, startTime: 'boot-a/1' }),
      {},
      'no',
    ],
    ['our record, an earlier boot', ownRecord({ ...NAMED, startTime: 'boot-0/7000' }), {}, 'no'],
    ['our record, another port', ownRecord({ ...NAMED, port: 9402 }), {}, 'no'],
    ['our record, stopped', ownRecord({ ...NAMED, running: false }), {}, 'no'],
    ['our record of another scope (a copied home)', ownRecord({ ...NAMED, scope: ELSEWHERE }), {}, 'no'],
    ['our record, a listener without pid', ownRecord(NAMED), noPid, 'unknown'],
    [
      'our record, a process without start time',
      ownRecord(NAMED),
      withProcess({ startTime: null }),
      'unknown',
    ],
    ['an old record', oldRecord(NAMED), old, 'yes'],
    ['an old record, another pid', oldRecord({ pid: 999, port: PORT }), old, 'no'],
    ['an old record, another port: the pid protects it', oldRecord({ pid: PID, port: 9402 }), old, 'yes'],
    [
      'an old record, another pid, and the token of its command line: they protect it',
      oldRecord({ pid: 999, port: PORT, token: TOKEN }),
      old,
      'yes',
    ],
    ['an old record whose pid is now ours', oldRecord({ pid: PID, port: PORT }), {}, 'no'],
    ['an old record, a listener without pid', oldRecord({ pid: PID, port: PORT }), noPid, 'unknown'],
    [
      'an old record without pid: port and token',
      oldRecord({ pid: null, port: PORT, token: TOKEN }),
      old,
      'yes',
    ],
    [
      'an old record without pid, another token',
      oldRecord({ pid: null, port: PORT, token: 'other' }),
      old,
      'no',
    ],
    [
      'an old record without pid, another port',
      oldRecord({ pid: null, port: 9402, token: TOKEN }),
      old,
      'no',
    ],
    [
      'an old record without pid, no token in the command line',
      oldRecord({ pid: null, port: PORT, token: TOKEN }),
      { shape: oldShape({ token: null }) },
      'unknown',
    ],
    [
      'an old record without pid, a command line that cannot be read',
      oldRecord({ pid: null, port: PORT, token: TOKEN }),
      { shape: null },
      'unknown',
    ],
    [
      'our record, and it owns its token',
      ownRecord({ ...NAMED, startTime: 'boot-a/1' }),
      { ownsToken: true },
      'yes',
    ],
    ['our record of another port, and it owns that token', ownRecord(), { ownsToken: true }, 'no'],
  ] as const)('%s', (_, record, seen, expected) => {
    expect(isSingleton(observation(seen), scopeView({ records: [readable(record)] }))).toBe(expected)
  })

  it.each([
    ['it holds the daemon lock', { pid: PID, startTime: START_TIME }, {}, 'yes'],
    ['another process holds it', { pid: LIVE_PID, startTime: LIVE_START_TIME }, {}, 'no'],
    ['the file names a dead process whose pid it has now', { pid: PID, startTime: 'boot-0/7000' }, {}, 'no'],
    [
      'its start time cannot be read',
      { pid: PID, startTime: START_TIME },
      withProcess({ startTime: null }),
      'unknown',
    ],
    ['a listener without pid may hold it', { pid: PID, startTime: START_TIME }, noPid, 'unknown'],
    ['no process holds it', null, {}, 'no'],
    ['it is held, by whom is not known', 'unknown', {}, 'unknown'],
    ['it is held, and a text names it', { pid: PID, startTime: START_TIME, isTold: true }, {}, 'yes'],
    [
      'it is held, and a text names another one: that clears no process',
      { pid: LIVE_PID, startTime: LIVE_START_TIME, isTold: true },
      {},
      'unknown',
    ],
    ['its holder has a start time that cannot be compared', { pid: PID, startTime: null }, {}, 'unknown'],
  ] as const)('%s', (_, lockHolder, seen, expected) => {
    expect(isSingleton(observation(seen), scopeView({ records: [ABSENT], lockHolder }))).toBe(expected)
  })

  it('the holder of the lock is it, no matter what the records say', () => {
    const lockHolder = { pid: PID, startTime: START_TIME }
    for (const read of [readable(ownRecord()), readable(ownRecord({ running: false })), MALFORMED]) {
      expect(isSingleton(observation(), scopeView({ records: [read], lockHolder }))).toBe('yes')
    }
  })

  it('one that does not listen is named by pid and start time alone', () => {
    const deaf = observation({ port: null, listeners: [], answer: 'silent', report: null })
    expect(isSingleton(deaf, scopeView({ records: [readable(ownRecord(NAMED))] }))).toBe('yes')
    expect(isSingleton(deaf, scopeView())).toBe('no')
  })

  it('leaves open whose record it is when the real path of the scope is not known', () => {
    const unresolved = scopeView({ real: null, records: [readable(ownRecord(NAMED))] })
    expect(isSingleton(observation(), unresolved)).toBe('unknown')
  })

  it.each([
    ['absent', ABSENT, 'no'],
    ['malformed', MALFORMED, 'unknown'],
    ['unreadable', UNREADABLE, 'unknown'],
  ] as const)('a record that is %s: %3$s', (_, read, expected) => {
    expect(isSingleton(observation(), scopeView({ records: [read, ABSENT] }))).toBe(expected)
  })
})

describe('namesLiving', () => {
  const around = context()

  it.each([
    ['the process lives', ownRecord(), 'yes'],
    ['there is no such process', ownRecord({ pid: 999 }), 'no'],
    ['another process has its pid now', ownRecord({ startTime: 'boot-a/1' }), 'no'],
    ['it is from an earlier boot', ownRecord({ startTime: 'boot-0/8000' }), 'no'],
    ['it says that it stopped', ownRecord({ running: false }), 'no'],
    ['an old record, and the process lives', oldRecord(), 'yes'],
    ['an old record, and there is no such process', oldRecord({ pid: 999 }), 'no'],
    ['an old record without pid', oldRecord({ pid: null }), 'unknown'],
  ] as const)('%s', (_, record, expected) => {
    expect(namesLiving(record, around.alive)).toBe(expected)
  })

  it('is unknown when the start time of the process cannot be read', () => {
    const hidden = context(undefined, undefined, [liveProcess({ startTime: null })])
    expect(namesLiving(ownRecord(), hidden.alive)).toBe('unknown')
  })
})

it('means the scanned scope by its real path, even if the text differs', () => {
  const linked = { ...context(), scopes: new Map([[LINK, scopeView()]]) }
  const seen = observation({ shape: shape({ marker: LINK }), report: report({ scope: HERE }) })
  expect(factsOf(BASIS, seen, linked)).toMatchObject({ marker_here: 'yes', scope_agrees: 'unknown' })
})

/** What is left above a scope that is gone: an empty directory, unchanged for so many seconds. */
function leftFor(seconds: number): NonNullable<ScopeSnapshot['above']> {
  return { changedMs: secondsBefore(seconds), isEmpty: true }
}

describe('projectGone', () => {
  const AGE = 3600
  /** For how long the project, or where it is gone the directory above it, has been empty: it is not, or since, or from before the daemon's start. */
  const EMPTY = { 'not empty': null, 'emptied since': 60, 'as old as the daemon': AGE, 'empty before': 7200 }
  const told = [true, false, null] as const

  /** What is proven, written out: everything that is not said here is unknown. */
  function proven(
    implementation: 'own' | 'predecessor' | null,
    gone: boolean | null,
    isLeft: boolean | null,
    emptyFor: number | null,
    age: number | null,
  ): string {
    if (gone === null || (gone && age === null)) return 'unknown'
    if (emptyFor !== null && (age === null || age < emptyFor)) return 'unknown'
    if (!gone) return 'no'
    if (implementation !== 'own') return 'yes'
    return isLeft === true ? 'yes' : 'unknown'
  }

  const cases = ([shape(), oldShape(), null] as const).flatMap((of) =>
    told.flatMap((gone) =>
      told.flatMap((workingDirectoryGone) =>
        Object.entries(EMPTY).flatMap(([since, emptyFor]) =>
          [AGE, null].map((ageSeconds) => ({
            what: [
              of?.implementation ?? 'no shape',
              `gone ${gone}`,
              `cwd gone ${workingDirectoryGone}`,
              since,
              ageSeconds,
            ],
            seen: observation({ shape: of, process: processView({ workingDirectoryGone, ageSeconds }) }),
            scope: scopeView({
              gone,
              ...(emptyFor === null
                ? {}
                : gone === true
                  ? { above: leftFor(emptyFor) }
                  : { unchangedSinceMs: secondsBefore(emptyFor) }),
            }),
            expected: proven(of?.implementation ?? null, gone, workingDirectoryGone, emptyFor, ageSeconds),
          })),
        ),
      ),
    ),
  )

  it(`every combination: ${cases.length}`, () => {
    for (const { what, seen, scope, expected } of cases) {
      expect([what, projectGone(seen, scope, context())]).toEqual([what, expected])
    }
    expect(new Set(cases.map(({ expected }) => expected))).toEqual(new Set(['yes', 'no', 'unknown']))
  })

  it.each([
    ['of no scope that was scanned', observation(), null, 'unknown'],
    [
      'of ours whose process is not known',
      observation({ process: null }),
      scopeView({ gone: true }),
      'unknown',
    ],
    [
      "a predecessor's whose process is not known, below a directory that is empty",
      observation({ process: null, shape: oldShape() }),
      scopeView({ gone: true, above: leftFor(0) }),
      'unknown',
    ],
  ])('%s', (_, seen, scope, expected) => {
    expect(projectGone(seen, scope, context())).toBe(expected)
  })
})

describe('a scope whose file system may not be mounted', () => {
  const AGE_S = 100
  const old = observation({ shape: oldShape(), process: processView({ ageSeconds: AGE_S }) })
  const ageless = observation({ shape: oldShape(), process: processView({ ageSeconds: null }) })
  const none = [ABSENT, ABSENT]

  it.each([
    [
      'that has been empty since before the process',
      old,
      { gone: false, unchangedSinceMs: secondsBefore(101) },
      'unknown',
    ],
    [
      'that was emptied after the start of the process',
      old,
      { gone: false, unchangedSinceMs: secondsBefore(99) },
      'no',
    ],
    [
      'that is empty, and the process of no known age',
      ageless,
      { unchangedSinceMs: secondsBefore(0) },
      'unknown',
    ],
    ['that is not empty', old, { gone: false, unchangedSinceMs: null }, 'no'],
    ['that is gone from a directory as old', old, { gone: true, above: leftFor(101) }, 'unknown'],
    ['that is gone, and nothing is known of what is left', old, { gone: true, above: null }, 'unknown'],
    ['that was removed after the start', old, { gone: true, above: leftFor(99) }, 'no'],
    ['of which it is not known whether it is there', old, { gone: null }, 'unknown'],
    [
      'in which our own files were made after the start of the process, and nothing else is there',
      old,
      { ownSinceMs: secondsBefore(99.8) },
      'unknown',
    ],
    [
      'in which our own record was made after the start of the process, too',
      old,
      {
        ownSinceMs: secondsBefore(99.8),
        records: [readable(ownRecord()), ABSENT],
      },
      'unknown',
    ],
    [
      'in which our own files are as old as the process, as well as the times tell',
      old,
      { ownSinceMs: secondsBefore(99.95) },
      'no',
    ],
    ['in which our own files are older', old, { ownSinceMs: secondsBefore(101) }, 'no'],
    [
      'in which our own files were made later, and a record of a predecessor is among them',
      old,
      {
        ownSinceMs: secondsBefore(99.8),
        records: [ABSENT, readable(oldRecord({ pid: 999 }))],
      },
      'no',
    ],
    [
      'in which only our own files are, and the process of no known age',
      ageless,
      { ownSinceMs: secondsBefore(101) },
      'unknown',
    ],
  ] as const)('%s: its singleton', (_, seen, change, expected) => {
    const { singleton_named: named } = factsOf(BASIS, seen, context(scopeView({ records: none, ...change })))
    expect(named).toBe(expected)
  })

  it.each([
    [
      'nothing is at its path, and other things beside it',
      { gone: true, above: { ...leftFor(101), isEmpty: false } },
      false,
    ],
    [
      'the same, and directories above it are gone too',
      { gone: null, above: { ...leftFor(101), isEmpty: false } },
      false,
    ],
    [
      'nothing is left above it, and that is as old as before the start',
      { gone: true, above: leftFor(101) },
      true,
    ],
    ['the same, and directories above it are gone too', { gone: null, above: leftFor(101) }, true],
    ['it was removed after the start', { gone: true, above: leftFor(99) }, false],
    ['it is not known whether something is at its path', { gone: null, above: null }, true],
    ['it is an empty directory from before the start', { unchangedSinceMs: secondsBefore(101) }, true],
    [
      'only our own files are in it, and other things beside it',
      { ownSinceMs: secondsBefore(1), above: { ...leftFor(1), isEmpty: false } },
      false,
    ],
    [
      'only our own files are in it, and nothing is beside it',
      { ownSinceMs: secondsBefore(1), above: leftFor(1) },
      true,
    ],
  ] as const)(
    'that only the environment names may be in use, or never have existed: %s',
    (_, change, mayBe) => {
      const around = context(
        scopeView({ records: none }),
        scopeView({ real: ELSEWHERE, records: none, ...change }),
      )
      const seen = observation({ ...old, namedScopes: [HERE, ELSEWHERE] })
      const expected = ['no', mayBe ? ELSEWHERE : null]
      expect([factsOf(BASIS, seen, around).singleton_named, maybeInUseBy(seen, around)]).toEqual(expected)
    },
  )

  it.each([
    ['its command line', { shape: oldShape({ marker: ELSEWHERE }) }],
    ['its self-report', { shape: oldShape({ marker: null }), report: oldReport({ scope: ELSEWHERE }) }],
  ] as const)('that %s names may be in use, whatever is beside it', (_, change) => {
    const above = { ...leftFor(101), isEmpty: false }
    const of = (scope: Partial<ScopeSnapshot>) => {
      const there = scopeView({ real: ELSEWHERE, records: none, ...scope })
      const seen = observation({ ...old, namedScopes: [ELSEWHERE], ...change })
      return maybeInUseBy(seen, context(scopeView({ records: none }), there))
    }
    expect([of({ gone: true, above }), of({ gone: null, above }), of({ gone: true })]).toEqual([
      ELSEWHERE,
      ELSEWHERE,
      null,
    ])
  })

  it('is not one whose directory is the working directory of the process', () => {
    const directory = 'device/inode'
    const there = scopeView({ real: ELSEWHERE, records: none, directory, ownSinceMs: secondsBefore(1) })
    const around = context(scopeView({ records: none }), there)
    const scopes = new Map([...around.scopes, ['/proc/77/cwd', there]])
    const seen = observation({
      shape: shape({ marker: ELSEWHERE }),
      process: old.process,
      namedScopes: [ELSEWHERE],
    })
    expect(maybeInUseBy(seen, { ...around, scopes })).toBe(ELSEWHERE)
    expect(maybeInUseBy({ ...seen, heldDirectory: '/proc/77/cwd' }, { ...around, scopes })).toBe(null)
  })
})

describe('the working directory itself', () => {
  const HELD = '/proc/77/cwd'
  const agrees = (marker: string | null, held: string | null | undefined) => {
    const around = context(scopeView({ directory: marker }))
    const scopes = new Map(around.scopes)
    if (held !== undefined) scopes.set(HELD, scopeView({ directory: held }))
    const seen = observation({ heldDirectory: HELD })
    return factsOf(BASIS, seen, { ...around, scopes }).scope_agrees
  }

  it.each([
    ['is the directory at its path', '1/7', '1/7', 'yes'],
    ['is another one: something was mounted over it', '1/7', '2/7', 'no'],
    ['is not known', '1/7', null, 'unknown'],
    ['was not read', '1/7', undefined, 'unknown'],
    ['is known, and the directory at its path is not', null, '1/7', 'unknown'],
  ])('%s', (_, marker, held, expected) => {
    expect(agrees(marker, held)).toBe(expected)
  })
})
