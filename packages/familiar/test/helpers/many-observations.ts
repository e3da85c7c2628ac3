import type { LockHolding } from '../../src/protocol/lock-holder.js'
import type { ProcessView } from '../../src/identity/machine.js'
import type { RecordRead } from '../../src/protocol/record.js'
import type { SelfReport } from '../../src/protocol/self-report.js'
import type { Answer, ScopeSnapshot, Observation, ScanContext } from '../../src/classify/observation.js'
import type { ShapeMatch } from '../../src/identity/spawn-shape.js'
import { UNTOLD } from '../../src/observe/read-scopes-in-child.js'
import {
  ABSENT,
  context,
  ELSEWHERE,
  HERE,
  LINK,
  LIVE_PID,
  LIVE_START_TIME,
  liveProcess,
  MALFORMED,
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
} from './observations.js'

/** One kind of thing of which an observation has one: each value is one that a scan can really see. The first is the plain one. */
const PROCESSES: readonly (Partial<ProcessView> | null)[] = [
  {},
  null,
  { startTime: null },
  { command: null },
  { namespaces: 'pid:[1] mnt:[2]' },
  { namespaces: null },
  { networkNamespace: 'net:[1]' },
  { networkNamespace: null },
  { user: '0' },
  { user: null },
  { ageSeconds: 5 },
  { ageSeconds: null },
  { workingDirectory: ELSEWHERE },
  { workingDirectory: null, workingDirectoryGone: true },
]

const SHAPES: readonly (ShapeMatch | null)[] = [
  shape(),
  null,
  shape({ marker: LINK }),
  shape({ marker: ELSEWHERE }),
  shape({ marker: null }),
  shape({ marker: '/never/looked/at' }),
  oldShape(),
  oldShape({ marker: ELSEWHERE }),
  oldShape({ token: null }),
]

const ANSWERS: readonly (readonly [Answer, SelfReport | null])[] = [
  ['self_report', report()],
  ['silent', null],
  ['http', null],
  ['unreachable', null],
  ['other_family_report', null],
  ['self_report', report({ pid: PID + 1 })],
  ['self_report', report({ pid: null })],
  ['self_report', report({ scope: ELSEWHERE })],
  ['self_report', report({ scope: null })],
  ['self_report', oldReport()],
  ['self_report', oldReport({ token: null })],
]

/** Where it listens, and what else was seen of it. */
const PLACES: readonly Partial<Observation>[] = [
  {},
  { port: PORT + 100 },
  { port: null, listeners: [] },
  { pid: null, process: null },
  { otherFamily: 'dashboard' },
  { ownsToken: true },
]

const NAMED: readonly (readonly string[] | 'as scanned' | null)[] = [
  'as scanned',
  null,
  [HERE, ELSEWHERE],
  ['/never/looked/at'],
]

/** What shares its port, or what it was forked from. */
type Kin =
  | 'alone'
  | 'beside the live one'
  | 'forked from the live one'
  | 'beside one that names an unread scope'
const KIN: readonly Kin[] = [
  'alone',
  'beside the live one',
  'forked from the live one',
  'beside one that names an unread scope',
]

const FOREIGN = ownRecord({ pid: 1, hostId: 'host-b', bootId: 'boot-b', pidNamespace: 'pid:[1]' })

const RECORDS: readonly (readonly RecordRead[])[] = [
  [readable(ownRecord()), ABSENT],
  [ABSENT, ABSENT],
  [readable(ownRecord({ pid: PID, port: PORT, startTime: START_TIME })), ABSENT],
  [readable(ownRecord({ pid: 999 })), ABSENT],
  [readable(ownRecord({ running: false })), readable(oldRecord({ pid: PID, port: PORT }))],
  [ABSENT, readable(oldRecord({ pid: null, port: PORT, token: TOKEN }))],
  [readable(FOREIGN), ABSENT],
  [readable(ownRecord({ port: PORT })), ABSENT],
  [MALFORMED, ABSENT],
  [ABSENT, UNREADABLE],
]

const HOLDERS: readonly LockHolding[] = [
  null,
  { pid: PID, startTime: START_TIME },
  { pid: LIVE_PID, startTime: LIVE_START_TIME },
  { pid: LIVE_PID, startTime: LIVE_START_TIME, isTold: true },
  'unknown',
]

const GONE: readonly (boolean | null)[] = [false, true, null]
/** How the other scope was seen: like this one, without what this one has, or not in time. */
const OTHERS = ['alike', 'plain', 'late'] as const

/** The dimensions, in the order of `Choice`. */
const SIZES = [PROCESSES, SHAPES, ANSWERS, PLACES, NAMED, KIN, RECORDS, HOLDERS, GONE, OTHERS].map(
  ({ length }) => length,
)

/** Daemons that the departures start from: a stale one of ours, a stale predecessor, a live one of another scope. */
const BASES: readonly (readonly number[])[] = [
  [],
  [0, SHAPES.findIndex((of) => of?.implementation === 'predecessor'), 9],
  [0, 3, 7, 0, 0, 0, 2],
].map((base) => SIZES.map((_, at) => base[at] ?? 0))

/**
 * Visits many sightings: faults hide where few things meet, so `departures` dimensions depart from each base at once, in
 * every way. Returns how many sightings there were.
 */
export function forEachSighting(
  departures: number,
  visit: (seen: Observation, around: ScanContext, others: readonly Observation[]) => void,
): number {
  let count = 0
  for (const base of BASES) {
    for (const choice of departuresFrom(base, departures)) {
      visit(...seenAs(choice))
      count += 1
    }
  }
  return count
}

function* departuresFrom(base: readonly number[], left: number, from = 0): Generator<readonly number[]> {
  yield base
  if (left === 0) return
  for (let at = from; at < base.length; at++) {
    for (let value = 0; value < (SIZES[at] ?? 0); value++) {
      if (value !== base[at]) yield* departuresFrom(base.with(at, value), left - 1, at + 1)
    }
  }
}

function seenAs(choice: readonly number[]): readonly [Observation, ScanContext, readonly Observation[]] {
  const of = <T>(values: readonly T[], at: number): T => {
    const [value] = values.slice(choice[at] ?? 0)
    if (value === undefined) throw new RangeError(`there is no choice ${choice[at]}`)
    return value
  }
  const change = of(PROCESSES, 0)
  const place = of(PLACES, 3)
  const [answer, told] = of(ANSWERS, 2)
  const isReadable = change !== null && change.command !== null && place.pid !== null
  const namedScopes = of(NAMED, 4)
  const kin = of(KIN, 5)
  const seen = observation({
    shape: isReadable ? of(SHAPES, 1) : null,
    process: change === null ? null : processView(change),
    answer,
    report: told,
    forkedFrom: kin === 'forked from the live one' ? [liveProcess()] : [],
    ...place,
    ...(namedScopes === 'as scanned' ? {} : { namedScopes }),
  })
  const sharing = observation({ pid: LIVE_PID, process: liveProcess(), port: seen.port, shape: oldShape() })
  const others: Readonly<Record<Kin, readonly Observation[]>> = {
    alone: [],
    'beside the live one': [sharing],
    'forked from the live one': [],
    'beside one that names an unread scope': [{ ...sharing, namedScopes: ['/never/looked/at'] }],
  }
  return [seen, worldOf(of(RECORDS, 6), of(HOLDERS, 7), of(GONE, 8), of(OTHERS, 9)), [seen, ...others[kin]]]
}

function worldOf(
  records: readonly RecordRead[],
  lockHolder: LockHolding,
  gone: boolean | null,
  other: (typeof OTHERS)[number],
): ScanContext {
  const there = records.map((read) =>
    read.state === 'readable' && read.record.scope === HERE
      ? readable({ ...read.record, scope: ELSEWHERE })
      : read,
  )
  const views: Readonly<Record<typeof other, ScopeSnapshot>> = {
    alike: scopeView({ real: gone === null ? null : ELSEWHERE, gone, records: there, lockHolder }),
    plain: scopeView({ real: ELSEWHERE, gone, records: [ABSENT, ABSENT] }),
    late: UNTOLD,
  }
  return context(scopeView({ records, gone, lockHolder }), views[other], [processView(), liveProcess()])
}
