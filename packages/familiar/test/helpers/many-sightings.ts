import type { ProcessView } from '../../src/identity/machine.js'
import type { RecordRead } from '../../src/identity/record.js'
import type { SelfReport } from '../../src/identity/self-report.js'
import type { Answer, HolderName, Sighting, Surroundings } from '../../src/identity/sighting.js'
import type { ShapeMatch } from '../../src/identity/spawn-shape.js'
import {
  ABSENT,
  BIRTH,
  ELSEWHERE,
  HERE,
  LINK,
  liveProcess,
  MALFORMED,
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
  sighting,
  surroundings,
  TOKEN,
  UNREADABLE,
} from './sightings.js'

const PROCESSES: readonly (Partial<ProcessView> | null)[] = [
  null,
  {},
  { birth: null },
  { command: null },
  { namespaces: 'pid:[1] mnt:[2]' },
  { namespaces: null },
  { user: '0' },
  { user: null },
  { ageSeconds: 5 },
  { ageSeconds: null },
]

const SHAPES: readonly (ShapeMatch | null)[] = [
  null,
  shape(),
  shape({ marker: LINK }),
  shape({ marker: ELSEWHERE }),
  shape({ marker: null }),
  shape({ marker: '/never/looked/at' }),
  oldShape(),
  oldShape({ marker: ELSEWHERE }),
]

const ANSWERS: readonly (readonly [Answer, SelfReport | null])[] = [
  ['silent', null],
  ['http', null],
  ['other_family_report', null],
  ['self_report', report()],
  ['self_report', report({ pid: PID + 1 })],
  ['self_report', report({ pid: null })],
  ['self_report', report({ scope: ELSEWHERE })],
  ['self_report', report({ scope: null })],
  ['self_report', oldReport()],
  ['self_report', oldReport({ token: null })],
]

const RECORDS: readonly (readonly RecordRead[])[] = [
  [ABSENT, ABSENT],
  [readable(ownRecord({ pid: PID, port: PORT, birth: BIRTH })), ABSENT],
  [readable(ownRecord()), ABSENT],
  [readable(ownRecord({ pid: 999 })), ABSENT],
  [readable(ownRecord({ running: false })), readable(oldRecord({ pid: PID, port: PORT }))],
  [ABSENT, readable(oldRecord({ pid: null, port: PORT, token: TOKEN }))],
  [MALFORMED, ABSENT],
  [ABSENT, UNREADABLE],
]

const HOLDERS: readonly (HolderName | null)[] = [null, { pid: PID, birth: BIRTH }]

/** Visits many sightings: every combination of the variants above. Returns how many there were. */
export function forEachSighting(visit: (seen: Sighting, around: Surroundings) => void): number {
  const worlds = RECORDS.flatMap((records) =>
    [true, false, null].flatMap((gone) =>
      HOLDERS.map((lockHolder) =>
        surroundings(
          scopeView({ records, gone, lockHolder }),
          scopeView({ real: gone === null ? null : ELSEWHERE, gone, records, lockHolder }),
          [processView(), liveProcess()],
        ),
      ),
    ),
  )
  let count = 0
  for (const seen of sightings()) {
    for (const around of worlds) {
      visit(seen, around)
      count += 1
    }
  }
  return count
}

function sightings(): readonly Sighting[] {
  const known = PROCESSES.flatMap((change) =>
    SHAPES.flatMap((shaped) =>
      ANSWERS.map(([answer, told]) =>
        sighting({
          process: change === null ? null : processView(change),
          shape: change === null || change.command === null ? null : shaped,
          answer,
          report: told,
        }),
      ),
    ),
  )
  const others = known.filter((seen) => seen.shape === null || seen.shape.marker === HERE)
  return [
    ...known,
    ...others.map((seen) => sighting({ ...seen, port: 9500 })),
    ...others
      .filter(({ report }) => report === null)
      .map((seen) => sighting({ ...seen, port: null, listeners: [] })),
    ...others.map((seen) => sighting({ ...seen, otherFamily: 'dashboard' })),
    ...known.filter(({ process }) => process === null).map((seen) => sighting({ ...seen, pid: null })),
  ]
}
