import { describe, expect, it } from 'vitest'
import { classify } from '../../src/classify/classify.js'
import { factsOf } from '../../src/classify/derive-facts.js'
import type { ProcessView } from '../../src/identity/machine.js'
import type { DaemonRecord, RecordRead } from '../../src/protocol/record.js'
import type { ScopeSnapshot, Observation } from '../../src/classify/observation.js'
import type { JsonObject } from '../../src/json.js'
import type { Scan } from '../../src/observe/scan.js'
import { recordOf, scopeDaemon } from '../../src/observe/scope-daemon.js'
import type { DaemonState, DaemonStatus } from '../../src/classify/daemon-state.js'
import { stateFrom } from '../../src/observe/state-from-scan.js'
import { testFamily } from '../helpers/family.js'
import {
  ABSENT,
  BASIS,
  context,
  ELSEWHERE,
  HERE,
  liveProcess,
  MACHINE,
  MALFORMED,
  UNREADABLE,
  NAMESPACES,
  NETWORK,
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
  USER,
} from '../helpers/observations.js'

const family = { ...testFamily(BASIS.ports), startingSeconds: BASIS.startingSeconds }

/** What was seen: the scope, the other one, the daemons, and the processes that live. */
interface Seen {
  readonly here?: Partial<ScopeSnapshot>
  readonly there?: Partial<ScopeSnapshot>
  readonly daemons?: readonly Partial<Observation>[]
  readonly alive?: readonly ProcessView[]
}

/** Returns a scan that saw this. */
function lookThat({ here = {}, there = {}, daemons = [], alive = [] }: Seen): Scan {
  const seen = daemons.map((change) => observation(change))
  const around = context(
    scopeView({ records: [ABSENT, ABSENT], ...here }),
    scopeView({ real: ELSEWHERE, records: [ABSENT, ABSENT], ...there }),
    [...seen.flatMap(({ process }) => process ?? []), ...alive],
  )
  const candidates = seen.map((one) => {
    const facts = factsOf(family, one, around, seen)
    return {
      observation: one,
      facts,
      verdict: classify(family.rules, family.reasonNames, facts),
      proof: null,
    }
  })
  const host = { pid: 1, user: USER, ...MACHINE, namespaces: NAMESPACES, networkNamespace: NETWORK }
  return { family, host, context: around, candidates }
}

const NAMED = { pid: PID, port: PORT, startTime: START_TIME, startedAt: '2026-11-21T09:35:33Z', ...MACHINE }
const own = (change: Partial<DaemonRecord> = {}): RecordRead => readable(ownRecord({ ...NAMED, ...change }))
const old = (change: Partial<DaemonRecord> = {}): RecordRead =>
  readable(oldRecord({ pid: PID, port: PORT, token: TOKEN, ...change }))
const HOLDS = { lockHolder: { pid: PID, startTime: START_TIME } }
const SILENT = { answer: 'silent', report: null } as const
const DEAF = { ...SILENT, port: null, listeners: [] }
const YOUNG = { process: processView({ ageSeconds: 5 }) }
const OLD = { shape: oldShape(), report: oldReport() }
const TOUCHED = '2026-11-25T10:00:00.000Z'
const STOPPED = { running: false, stopReason: 'idle', stoppedAt: '2026-11-25T09:00:00Z' }
const FOREIGN = { pid: 1, hostId: 'host-b', bootId: 'boot-b', pidNamespace: 'pid:[1]' }
const CONTAINED = { pid: 1, pidNamespace: 'pid:[1]' }
const EARLIER = { bootId: 'boot-0', startTime: 'boot-0/7000' }

type Row = readonly [what: string, state: DaemonState, seen: Seen, more?: Partial<DaemonStatus>]

/** A daemon of another path that holds the lock of the scope, and what it says of its own path. */
const fromElsewhere = (details: JsonObject): Partial<Observation> => ({
  shape: shape({ marker: ELSEWHERE }),
  report: report({ scope: ELSEWHERE, details }),
})

const SEEN: readonly Row[] = [
  [
    'it was started for another path, which was moved here',
    'elsewhere',
    { here: HOLDS, daemons: [fromElsewhere({ scope_gone: true })] },
    {
      why: `it was started for ${ELSEWHERE}, which was moved here; it exits by itself within about a minute`,
      pid: PID,
      port: PORT,
      record: null,
    },
  ],
  [
    'it was started for another path, which is there as before',
    'elsewhere',
    { here: HOLDS, daemons: [fromElsewhere({ scope_gone: false })] },
    {
      why: `it holds the daemon lock of this directory, and its command line names ${ELSEWHERE}, where no command finds it now; it exits by itself when it is idle`,
      pid: PID,
      port: PORT,
      record: null,
      heldFor: { path: ELSEWHERE, isStoppedThere: false },
    },
  ],
  [
    'a daemon of another path that is gone holds another lock',
    'none',
    { daemons: [fromElsewhere({ scope_gone: true })] },
  ],
  [
    'recorded, and it answers',
    'running',
    { here: { records: [own()], ...HOLDS }, daemons: [{}] },
    { implementation: 'own', pid: PID, port: PORT, since: NAMED.startedAt, why: 'it answers' },
  ],
  [
    'recorded, while the lock is unknown',
    'running',
    { here: { records: [own()], lockHolder: 'unknown' }, daemons: [{}] },
  ],
  [
    'it holds the lock, and its record was deleted',
    'running',
    { here: HOLDS, daemons: [{}] },
    { record: null },
  ],
  [
    'it holds the lock, and its record was replaced by that of another daemon',
    'running',
    { here: { records: [own({ pid: PID + 1, startTime: 'boot-a/1' })], ...HOLDS }, daemons: [{}] },
    { pid: PID, why: expect.stringContaining('its record was replaced by that of another daemon') },
  ],
  [
    'it holds the lock, and its record is damaged',
    'running',
    { here: { records: [MALFORMED], ...HOLDS }, daemons: [{}] },
    { record: null },
  ],
  [
    'it holds the lock, and a copy of the record of another machine is there',
    'running',
    { here: { records: [own(FOREIGN)], ...HOLDS }, daemons: [{}] },
    { pid: PID, port: PORT },
  ],
  ['it holds the lock, young and without a record', 'starting', { here: HOLDS, daemons: [YOUNG] }],
  [
    'the same, before it listens',
    'starting',
    { here: HOLDS, daemons: [{ ...YOUNG, ...DEAF }] },
    { port: null },
  ],
  [
    'the same, beside the record of the one before it',
    'starting',
    {
      here: { records: [own({ ...STOPPED, pid: 600, startTime: 'boot-a/6000' })], ...HOLDS },
      daemons: [YOUNG],
    },
  ],
  [
    'marked stopped, and it still holds the lock',
    'stopping',
    { here: { records: [own(STOPPED)], ...HOLDS }, daemons: [{}] },
    { why: 'idle', pid: PID },
  ],
  ['the same, its port closed', 'stopping', { here: { records: [own(STOPPED)], ...HOLDS }, daemons: [DEAF] }],
  [
    'recorded and silent',
    'wedged',
    { here: { records: [own()], ...HOLDS }, daemons: [SILENT] },
    { port: PORT },
  ],
  [
    'recorded, its port closed',
    'wedged',
    { here: { records: [own()], ...HOLDS }, daemons: [DEAF] },
    { port: PORT },
  ],
  ['it holds the lock without a record, and is silent', 'wedged', { here: HOLDS, daemons: [DEAF] }],
  [
    'recorded, and a connection is not allowed here',
    'unreachable',
    { here: { records: [own()], ...HOLDS }, daemons: [{ answer: 'unreachable', report: null }] },
    { pid: PID, port: PORT },
  ],
  [
    'recorded, in another network',
    'unreachable',
    {
      here: { records: [own()], ...HOLDS },
      daemons: [{ ...DEAF, process: processView({ networkNamespace: 'net:[1]' }) }],
    },
    { pid: PID, port: PORT },
  ],
  [
    'marked stopped, in another network',
    'unreachable',
    {
      here: { records: [own(STOPPED)], ...HOLDS },
      daemons: [{ ...DEAF, process: processView({ networkNamespace: 'net:[1]' }) }],
    },
  ],
  [
    "another user's directory",
    'foreign',
    { here: { records: [own()], ...HOLDS, owner: '0' }, daemons: [{}] },
    { pid: PID, port: PORT },
  ],
]

const UNSEEN: readonly Row[] = [
  ['no record, and the lock is free', 'none', {}, { pid: null, record: null }],
  [
    'a record that cannot be read',
    'none',
    { here: { records: [MALFORMED] } },
    { why: expect.stringMatching(/cannot be read/) },
  ],
  [
    'a record of the home that this one was copied from',
    'none',
    { here: { records: [own({ scope: ELSEWHERE })] } },
  ],
  [
    'the record of a copied home, whose daemon runs there',
    'none',
    {
      here: { records: [own({ scope: ELSEWHERE })] },
      there: { records: [own({ scope: ELSEWHERE })], ...HOLDS },
      daemons: [{ shape: shape({ marker: ELSEWHERE }), namedScopes: [ELSEWHERE] }],
    },
  ],
  [
    'stopped',
    'stopped',
    { here: { records: [own(STOPPED)], lockTouchedAt: TOUCHED } },
    { why: 'idle', since: STOPPED.stoppedAt, pid: PID },
  ],
  [
    'its process is gone',
    'crashed',
    { here: { records: [own()], lockTouchedAt: TOUCHED } },
    { since: TOUCHED, pid: PID, port: PORT },
  ],
  [
    'its pid is another process now',
    'crashed',
    { here: { records: [own()] }, alive: [processView({ startTime: 'boot-a/9' })] },
  ],
  [
    'it ran before this boot',
    'crashed',
    { here: { records: [own(EARLIER)], lockTouchedAt: TOUCHED } },
    { since: TOUCHED },
  ],
  [
    'it ran in a container of an earlier boot',
    'crashed',
    { here: { records: [own({ ...CONTAINED, ...EARLIER })] } },
  ],
  [
    'it ran on another machine, and the lock is free',
    'crashed',
    { here: { records: [own(FOREIGN)] } },
    { why: expect.stringMatching(/elsewhere/) },
  ],
  ['it ran in another container, and the lock is free', 'crashed', { here: { records: [own(CONTAINED)] } }],
  [
    'on another machine, and the lock is held',
    'elsewhere',
    { here: { records: [own(FOREIGN)], lockHolder: 'unknown' } },
    { pid: 1 },
  ],
  [
    'in a container of this boot, and the lock is held',
    'elsewhere',
    { here: { records: [own(CONTAINED)], lockHolder: 'unknown' } },
  ],
  [
    'no record, and the lock is held by a process that is not seen',
    'elsewhere',
    { here: { lockHolder: 'unknown' } },
  ],
  [
    'its record cannot be read, and the lock is held by a process that is not seen',
    'elsewhere',
    { here: { records: [UNREADABLE, ABSENT], lockHolder: 'unknown', lockTouchedAt: TOUCHED } },
  ],
  [
    'neither the record nor the lock can be looked at',
    'none',
    { here: { records: [UNREADABLE, ABSENT], lockHolder: 'unknown' } },
    { why: `whether one runs is not known: its files in ${HERE} cannot be read (EACCES)`, pid: null },
  ],
  [
    'nothing at all can be looked at',
    'none',
    { here: { real: null, records: [UNREADABLE, UNREADABLE], owner: null, lockHolder: 'unknown' } },
    { why: 'whether one runs is not known: its files cannot be read (EACCES)', pid: null },
  ],
  [
    'marked stopped, and the lock is held by one that is not seen',
    'elsewhere',
    { here: { records: [own(STOPPED)], lockHolder: 'unknown' } },
  ],
  [
    'its process is there and has let its lock go',
    'stopping',
    { here: { records: [own()] }, alive: [processView()] },
  ],
  ["another user's directory", 'foreign', { here: { owner: '0' } }],
  ['a directory whose owner is unknown', 'none', { here: { owner: null } }],
]

const PREDECESSORS: readonly Row[] = [
  [
    'recorded, and it answers',
    'running',
    { here: { records: [ABSENT, old()] }, daemons: [OLD] },
    { implementation: 'predecessor', pid: PID, port: PORT },
  ],
  [
    'recorded with a wrong pid, by port and token',
    'running',
    { here: { records: [ABSENT, old({ pid: 999 })] }, daemons: [OLD] },
    { pid: PID, port: PORT },
  ],
  [
    'recorded without a pid',
    'running',
    { here: { records: [ABSENT, old({ pid: null })] }, daemons: [OLD] },
    { pid: PID },
  ],
  [
    'recorded, and its command line names no scope',
    'running',
    {
      here: { records: [ABSENT, old()] },
      daemons: [{ ...OLD, shape: oldShape({ marker: null }), namedScopes: [] }],
    },
  ],
  [
    'recorded and silent',
    'wedged',
    { here: { records: [ABSENT, old()] }, daemons: [{ ...OLD, ...SILENT }] },
    { implementation: 'predecessor', pid: PID, port: PORT },
  ],
  [
    'recorded, in another network',
    'unreachable',
    {
      here: { records: [ABSENT, old()] },
      daemons: [{ ...OLD, ...SILENT, process: processView({ networkNamespace: 'net:[1]' }) }],
    },
  ],
  [
    'recorded, where its listener is not even seen',
    'unreachable',
    {
      here: { records: [ABSENT, old({ pid: 800, port: 9400, token: '8dbd98dde9a8fe7803216c4e54dac522' })] },
      alive: [liveProcess({ networkNamespace: 'net:[1]' })],
    },
  ],
  [
    'recorded, and its process is gone',
    'stopped',
    { here: { records: [ABSENT, old()] } },
    { implementation: 'predecessor' },
  ],
  [
    'recorded, and its pid is another process now',
    'stopped',
    { here: { records: [ABSENT, old()] }, alive: [processView()] },
  ],
  [
    'recorded here, and its command line names another scope',
    'none',
    {
      here: { records: [ABSENT, old({ pid: 800, port: 9400, token: '8dbd98dde9a8fe7803216c4e54dac522' })] },
      daemons: [
        {
          process: liveProcess(),
          pid: 800,
          port: 9400,
          shape: oldShape({ marker: ELSEWHERE, port: 9400 }),
          namedScopes: [ELSEWHERE],
        },
      ],
    },
  ],
  [
    'recorded beside a daemon of ours: ours counts',
    'running',
    {
      here: {
        records: [own({ pid: 701, startTime: 'boot-a/7001', port: 9402 }), old()],
        lockHolder: { pid: 701, startTime: 'boot-a/7001' },
      },
      daemons: [OLD, { pid: 701, port: 9402, process: processView({ pid: 701, startTime: 'boot-a/7001' }) }],
    },
    { implementation: 'own', pid: 701 },
  ],
]

describe.each([
  ['a daemon that is seen', SEEN],
  ['no daemon that is seen', UNSEEN],
  ["a predecessor's", PREDECESSORS],
] as const)('the state: %s', (_, rows) => {
  const all = rows.map(([what, state, seen, more = {}]) => [what, state, seen, more] as const)

  it.each(all)('%s: %s', (_what, state, seen, more) => {
    expect(stateFrom(lookThat(seen))).toMatchObject({ state, ...more })
  })
})

it('has a row for every state', () => {
  const all: Readonly<Record<DaemonState, null>> = {
    running: null,
    starting: null,
    stopping: null,
    wedged: null,
    stopped: null,
    crashed: null,
    elsewhere: null,
    unreachable: null,
    foreign: null,
    none: null,
  }
  const told = [...SEEN, ...UNSEEN, ...PREDECESSORS].map(([, state]) => state)
  expect([...new Set(told)].toSorted()).toEqual(Object.keys(all).toSorted())
})

describe('the daemon of the scope', () => {
  it('is not one that the live record of another scope names', () => {
    const seen = lookThat({
      here: { records: [own()] },
      there: { records: [own({ scope: ELSEWHERE })] },
      daemons: [{ namedScopes: [HERE, ELSEWHERE] }],
    })
    expect(scopeDaemon(seen)).toBeNull()
    expect(stateFrom(seen).state).not.toBe('running')
  })

  it('is not one whose marker names another scope now', () => {
    const seen = lookThat({ here: { records: [own()] }, daemons: [{ shape: shape({ marker: ELSEWHERE }) }] })
    expect(scopeDaemon(seen)).toBeNull()
  })

  it('is the one of the implementation that is asked for', () => {
    const seen = lookThat({
      here: { records: [own({ pid: 701, startTime: 'boot-a/7001', port: 9402 }), old()] },
      daemons: [OLD, { pid: 701, port: 9402, process: processView({ pid: 701, startTime: 'boot-a/7001' }) }],
    })
    const pidOf = (implementation?: 'own' | 'predecessor') =>
      scopeDaemon(seen, implementation)?.observation.pid
    expect([pidOf(), pidOf('own'), pidOf('predecessor')]).toEqual([701, 701, PID])
    const [predecessor] = seen.candidates
    expect(predecessor && recordOf(predecessor, seen)?.implementation).toBe('predecessor')
  })
})
