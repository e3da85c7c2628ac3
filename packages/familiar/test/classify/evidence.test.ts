import { describe, expect, it } from 'vitest'
import {
  inUseBy,
  isAway,
  maybeInUseBy,
  staleEvidence,
  type StaleEvidence,
} from '../../src/classify/stale-evidence.js'
import type { Observation, ScanContext } from '../../src/classify/observation.js'
import { UNTOLD } from '../../src/observe/read-scopes-in-child.js'
import {
  ABSENT,
  context,
  ELSEWHERE,
  HERE,
  LINK,
  MALFORMED,
  observation,
  oldRecord,
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
  SELF,
} from '../helpers/observations.js'

const NAMES_IT = readable(ownRecord({ pid: PID, port: PORT, startTime: START_TIME }))
const ITSELF = context(scopeView({ records: [NAMES_IT] }))
const ALONE = context(scopeView({ records: [ABSENT] }))

type Case = readonly [
  what: string,
  seen: Partial<Observation>,
  expected: readonly StaleEvidence[],
  around?: ScanContext,
]

describe('staleEvidence', () => {
  const cases: readonly Case[] = [
    ['the daemon of the record, of this version', {}, [], ITSELF],
    ['one that a record supersedes', {}, ['superseded', 'unrecorded']],
    ['one without any record', {}, ['unrecorded'], ALONE],
    ['an older version', { report: report({ packageVersion: '3.2.6' }) }, ['older_version'], ITSELF],
    ['a pre-release', { report: report({ packageVersion: '4.0.0-rc.1' }) }, ['older_version'], ITSELF],
    ['a newer version', { report: report({ packageVersion: '4.1.0' }) }, ['newer_version'], ITSELF],
    ['a version that cannot be parsed', { report: report({ packageVersion: 'latest' }) }, [], ITSELF],
    ['no version', { report: report({ packageVersion: null }) }, [], ITSELF],
    ['no answer', { answer: 'silent', report: null }, [], ITSELF],
    [
      'another executable',
      { process: processView({ executable: '/opt/node' }) },
      ['other_executable'],
      ITSELF,
    ],
    ['an executable that may not be read', { process: processView({ executable: null }) }, [], ITSELF],
    [
      'an installation that is gone',
      { process: processView({ executableGone: true }) },
      ['installation_gone'],
      ITSELF,
    ],
    [
      'an installation of which that is not known',
      { process: processView({ executableGone: null }) },
      [],
      ITSELF,
    ],
    [
      'a project that is gone',
      { process: processView({ workingDirectoryGone: true }) },
      ['unrecorded', 'project_gone'],
      context(scopeView({ gone: true, records: [ABSENT] })),
    ],
    ['a project of which that is not known', {}, [], context(scopeView({ gone: null, records: [NAMES_IT] }))],
    ['a record that cannot be read says nothing', {}, [], context(scopeView({ records: [MALFORMED] }))],
    [
      'a record of a dead process supersedes no daemon',
      {},
      ['unrecorded'],
      context(scopeView({ records: [readable(ownRecord({ pid: 999 }))] })),
    ],
    [
      "the daemon of the predecessor's record, beside a record of ours: both stay",
      { shape: oldShape() },
      [],
      context(scopeView({ records: [readable(ownRecord()), readable(oldRecord({ pid: PID, port: PORT }))] })),
    ],
    [
      'no daemon is superseded by itself',
      {},
      ['unrecorded'],
      context(scopeView({ records: [readable(ownRecord({ pid: PID, startTime: START_TIME, port: 9402 }))] })),
    ],
    [
      'everything at once, in one order',
      {
        report: report({ packageVersion: '3.2.2' }),
        process: processView({ executable: '/opt/node', executableGone: true, workingDirectoryGone: true }),
      },
      ['older_version', 'other_executable', 'installation_gone', 'superseded', 'unrecorded', 'project_gone'],
      context(scopeView({ gone: true })),
    ],
    [
      'a process that is not a daemon of ours',
      { shape: null, report: report({ packageVersion: '1.0.0' }) },
      [],
    ],
  ]
  const all = cases.map(
    ([what, seen, expected, around = context()]) => [what, seen, expected, around] as const,
  )

  it.each(all)('%s', (_, seen, expected, around) => {
    expect(staleEvidence(observation(seen), around, SELF)).toEqual(expected)
  })
})

describe('inUseBy', () => {
  const there = { shape: shape({ marker: ELSEWHERE }) }
  const named = ownRecord({ pid: PID, port: PORT, startTime: START_TIME, scope: ELSEWHERE })
  const otherRoot = (...records: Parameters<typeof readable>): ScanContext =>
    context(undefined, scopeView({ real: ELSEWHERE, records: records.map(readable) }))

  it('names the other scope whose live singleton it is', () => {
    expect(inUseBy(observation(there), otherRoot(named))).toBe(ELSEWHERE)
  })

  it.each<readonly [string, Partial<Observation>]>([
    ['its self-report names, even if its marker names another', { report: report({ scope: ELSEWHERE }) }],
    ['only its environment or working directory names', { namedScopes: [HERE, ELSEWHERE] }],
    ['a process of another shape reports', { shape: null, report: report({ scope: ELSEWHERE }) }],
  ])('names one that %s', (_, seen) => {
    expect(inUseBy(observation(seen), otherRoot(named))).toBe(ELSEWHERE)
  })

  it.each<readonly [string, Partial<Observation>, ScanContext]>([
    ['the singleton of the scanned scope', {}, ITSELF],
    ['the same by a link', { shape: shape({ marker: LINK }) }, ITSELF],
    ['one that no record names there', there, context()],
    ['one beside the singleton there', there, otherRoot(ownRecord({ scope: ELSEWHERE }))],
    ['one whose stopped record is still there', there, otherRoot({ ...named, running: false })],
    ['one whose record was copied', there, otherRoot({ ...named, scope: '/some/where/else' })],
    ['one without a marker', { shape: shape({ marker: null }) }, otherRoot(named)],
    ['a process that is not a daemon of ours', { shape: null }, otherRoot(named)],
    ['one where it is not known', there, context(undefined, scopeView({ records: [MALFORMED] }))],
  ])('is null for %s', (_, seen, around) => {
    expect(inUseBy(observation(seen), around)).toBeNull()
  })
})

describe('maybeInUseBy', () => {
  const both = { namedScopes: [HERE, ELSEWHERE] }
  const named = readable(ownRecord({ pid: PID, port: PORT, startTime: START_TIME, scope: ELSEWHERE }))

  it('names a scope that it is the live singleton of', () => {
    const around = context(undefined, scopeView({ real: ELSEWHERE, records: [named] }))
    expect(maybeInUseBy(observation({ namedScopes: ['/never', ELSEWHERE] }), around)).toBe(ELSEWHERE)
  })

  it.each<readonly [string, Partial<Observation>, ScanContext, string]>([
    ['was not read in time', both, context(undefined, UNTOLD), ELSEWHERE],
    ['was not scanned', { namedScopes: [HERE, '/never'] }, context(), '/never'],
    ['has no real path', both, context(undefined, scopeView({ real: null })), ELSEWHERE],
    ['cannot be named, where there may be more', { namedScopes: null }, context(), 'unknown'],
  ])('names one that %s', (_, seen, around, name) => {
    expect(maybeInUseBy(observation(seen), around)).toBe(name)
  })

  it('is null where every scope that it names was read, and none has it in use', () => {
    expect(maybeInUseBy(observation(both), context())).toBeNull()
    expect(maybeInUseBy(observation({ namedScopes: [] }), context())).toBeNull()
  })

  it('is null for the singleton of the scanned scope', () => {
    expect(maybeInUseBy(observation(), ITSELF)).toBeNull()
  })
})

/** The path that Linux gives to the directory itself that a process uses. */
const CWD = `/proc/${PID}/cwd`
const HELD = 'device/held'

interface Paths {
  /** What stands at the path of the command line, as device and inode; null if nothing does. */
  readonly atMarker: string | null
  /** The path that the kernel has for the directory, and what stands there. */
  readonly real: string
  readonly atReal: string | null
  readonly namespaces?: string
}

/** Our daemon of another scope, which holds the lock of the directory that it uses. */
function away({ atMarker, real, atReal, namespaces }: Paths): readonly [Observation, ScanContext] {
  const process = processView({ workingDirectory: real, ...(namespaces === undefined ? {} : { namespaces }) })
  const seen = observation({
    shape: shape({ marker: ELSEWHERE }),
    report: report({ scope: ELSEWHERE }),
    process,
    heldDirectory: CWD,
    namedScopes: [...new Set([ELSEWHERE, real, CWD])],
  })
  const nothing = { records: [ABSENT] }
  const lockHolder = { pid: PID, startTime: START_TIME }
  const at = (path: string, directory: string | null) =>
    [
      path,
      scopeView({
        ...nothing,
        real: path,
        directory,
        gone: directory === null,
        lockHolder: directory === HELD ? lockHolder : null,
      }),
    ] as const
  const around = context(scopeView({ ...nothing, directory: 'device/here' }))
  const scopes = new Map([
    ...around.scopes,
    at(real, atReal),
    at(ELSEWHERE, atMarker),
    [CWD, scopeView({ ...nothing, real, directory: HELD, lockHolder })] as const,
  ])
  return [seen, { ...around, scopes }]
}

describe('a daemon of ours whose directory', () => {
  it.each<readonly [string, Paths]>([
    ['was unmounted lazily', { atMarker: 'device/below', real: '/', atReal: 'device/root' }],
    ['was unmounted with its mount point', { atMarker: null, real: '/', atReal: 'device/root' }],
    ['is mounted over', { atMarker: 'device/over', real: ELSEWHERE, atReal: 'device/over' }],
    ['is below one that was unmounted', { atMarker: null, real: '/sub', atReal: null }],
    ['has no name at all', { atMarker: 'device/below', real: CWD, atReal: HELD }],
  ])('%s is in use at no path, and spared', (_, paths) => {
    const [seen, around] = away(paths)
    expect(inUseBy(seen, around)).toBeNull()
    expect(maybeInUseBy(seen, around)).not.toBeNull()
    expect(isAway(seen, around)).toBe(paths.real !== CWD)
  })

  it.each<readonly [string, Paths, string]>([
    ['stands at its path', { atMarker: HELD, real: ELSEWHERE, atReal: HELD }, ELSEWHERE],
    ['was moved', { atMarker: null, real: '/home/moved', atReal: HELD }, '/home/moved'],
  ])('%s is in use there', (_, paths, path) => {
    const [seen, around] = away(paths)
    expect([inUseBy(seen, around), isAway(seen, around)]).toEqual([path, false])
  })

  it('is not said to be away by a command with another view of the file system', () => {
    const [seen, around] = away({ atMarker: null, real: '/', atReal: 'device/root', namespaces: 'mnt:[1]' })
    expect([inUseBy(seen, around), isAway(seen, around)]).toEqual([null, false])
    expect(maybeInUseBy(seen, around)).not.toBeNull()
  })
})
