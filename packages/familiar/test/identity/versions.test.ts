import { describe, expect, it } from 'vitest'
import {
  compareBuilds,
  compareVersions,
  versionRelation,
  versionsMatch,
  type Build,
  type Self,
} from '../../src/identity/versions.js'

const EARLY = '2026-01-01T00:00:00.000Z'
const LATE = '2026-11-21T00:00:00.000Z'
const LONG = '9'.repeat(400)

/** What `Date.parse` may take for a time, or does not, and no build writes. */
const NO_TIMES = [
  '',
  ' ',
  'NaN',
  'Infinity',
  'yesterday',
  '0',
  '1',
  '9999',
  '2026',
  '1e99',
  '1764115200',
  '1764115200000',
  '2026-11-25',
  '2026-11-25T10:00:00Z',
  '2026-11-25T10:00:00.000',
  '2026-11-25T10:00:00.000+00:00',
  '2026-02-30T10:00:00.000Z',
  '2026-11-25T24:00:00.000Z',
  '2026-11-25t10:00:00.000z',
  ' 2026-11-25T10:00:00.000Z',
  'Wed, 25 Nov 2026 10:00:00 GMT',
  '-000000-01-01T00:00:00.000Z',
  `${'9'.repeat(40)}-01-01T00:00:00.000Z`,
]

function build(packageVersion: string | null, more: Partial<Build> = {}): Build {
  return { implementation: 'own', protocolVersion: 1, packageVersion, buildTime: null, ...more }
}

function installation(packageVersion: string, more: Partial<Self> = {}): Self {
  return {
    implementation: 'own',
    protocolVersion: 1,
    packageVersion,
    buildTime: null,
    executable: '/usr/bin/node',
    ...more,
  }
}

describe('compareVersions', () => {
  it.each([
    ['3.2.2', '3.2.3'],
    ['3.2.9', '3.2.10'],
    ['3.9.0', '3.10.0'],
    ['3.2.6', '4.0.0'],
    ['9.0.0', '10.0.0'],
    ['3.2', '3.2.1'],
    ['3.2.6rc3', '3.2.6'],
    ['3.2.6-rc.3', '3.2.6'],
    ['3.2.6rc3', '3.2.7'],
    ['3.2.5', '3.2.6rc3'],
    ['v3.2.5', '3.2.6'],
    ['3.2.6-rc.9', '3.2.6-rc.10'],
    ['3.2.6rc9', '3.2.6rc10'],
    ['3.2.6.dev1', '3.2.6.dev2'],
    ['3.2.6-alpha', '3.2.6-alpha.1'],
    ['3.2.6-alpha.1', '3.2.6-alpha.beta'],
    ['3.2.6-1', '3.2.6-alpha'],
    ['3.2.6-rc.1', '3.2.6-rc.1-5-gabc1234'],
    ['3.2.6-rc.1-5-gabc1234', '3.2.6'],
    ['3.2.6', '3.2.6-1-gabc1234'],
    ['3.2.6-9-gabc1234', '3.2.6-10-gabc1234'],
    ['3.2.6-9-gabc1234', '3.2.7-rc.1'],
    ['3.2.6-rc.9007199254740992', '3.2.6-rc.9007199254740993'],
  ])('%s is older than %s', (older, newer) => {
    expect(compareVersions(older, newer)).toBeLessThan(0)
    expect(compareVersions(newer, older)).toBeGreaterThan(0)
  })

  it.each([
    ['3.2.6', '3.2.6'],
    ['v3.2.6', '3.2.6'],
    ['3.2', '3.2.0'],
    ['latest', '3.2.6'],
    ['', '3.2.6'],
    ['3', '3.2.6'],
    ['.3.2', '3.2.6'],
    ['-1.2.3', '3.2.6'],
    ['3.2.6+one', '3.2.6+two'],
    ['3.2.6-5-gabc1234', '3.2.6-5-gdef5678'],
  ])('nothing can be said of %j and %j', (a, b) => {
    expect(compareVersions(a, b)).toBe(0)
    expect(compareVersions(b, a)).toBe(0)
  })
})

describe('versionsMatch', () => {
  it.each([
    ['1.2.0', '1.2.0'],
    ['v1.2.0', '1.2.0'],
    ['1.2', '1.2.0'],
    ['1.2.0+one', '1.2.0+two'],
    ['1.2.0-rc.1', '1.2.0-rc.1'],
    ['1.2.0-rc.1', '1.2.0rc1'],
    ['1.2.0-5-gabc1234', '1.2.0-5-gabc1234'],
    ['v1.2.0-5-gabc1234', '1.2.0-5-gabc1234'],
    ['1.2.0-5-gabc1234', '1.2.0'],
    ['1.2.0-5-gabc1234-dirty', '1.2.0'],
    ['1.2.0-dirty', '1.2.0'],
    ['1.2.0-rc.1-5-gabc1234', '1.2.0-rc.1'],
    ['latest', 'latest'],
    ['', ''],
  ])('%j and %j count as one', (a, b) => {
    expect([versionsMatch(a, b), versionsMatch(b, a)]).toEqual([true, true])
  })

  it.each([
    ['1.2.0', '1.2.1'],
    ['1.2.0-rc.1', '1.2.0-rc.2'],
    ['1.2.0-rc.1', '1.2.0'],
    ['1.2.0-5-gabc1234', '1.2.0-6-gabc1234'],
    ['1.2.0-5-gabc1234', '1.2.0-5-gdef5678'],
    ['1.2.0-5-gabc1234', '1.2.0-5-gabc1234-dirty'],
    ['1.2.0-5-gabc1234', '1.2.0-dirty'],
    ['1.2.0-5-gabc1234+one', '1.2.0-5-gabc1234+two'],
    ['1.2.0-5-gabc1234', '1.2.1'],
    ['1.2.0-rc.1-5-gabc1234', '1.2.0'],
    ['1.2.0-5-gnothex', '1.2.0'],
    ['latest', '1.2.0'],
    ['latest', 'LATEST'],
    ['', '0.0.0'],
    [' 1.2.0', '1.2.0'],
    ['1.2.0\n', '1.2.0'],
    ['1', '1.0.0'],
    ['1.2.0.4', '1.2.0'],
  ])('%j and %j are two', (a, b) => {
    expect([versionsMatch(a, b), versionsMatch(b, a)]).toEqual([false, false])
  })
})

it('numbers of any length are compared by their value', () => {
  const [nines, more] = [`1.2.0-rc.${LONG}`, `1.2.0-rc.1${LONG}`]
  expect([versionsMatch(nines, nines), versionsMatch(nines, more)]).toEqual([true, false])
  expect([compareVersions(nines, more) < 0, compareVersions(more, nines) > 0]).toEqual([true, true])
  expect(compareVersions(nines, `1.2.0-rc.000${LONG}`)).toBe(0)
  expect(versionsMatch(LONG, LONG)).toBe(true)
})

describe('what a daemon is to an installation', () => {
  it.each([
    ['the same release', build('1.2.0'), installation('1.2.0'), 'same'],
    ['an earlier release', build('1.1.9'), installation('1.2.0'), 'older'],
    ['a later release', build('1.2.1'), installation('1.2.0'), 'newer'],
    ['a pre-release of it', build('1.2.0-rc.1'), installation('1.2.0'), 'older'],
    ['the release of this pre-release', build('1.2.0'), installation('1.2.0-rc.1'), 'newer'],
    ['a build from its base', build('1.2.0-5-gabc1234'), installation('1.2.0'), 'same'],
    ['the base of this build', build('1.2.0'), installation('1.2.0-5-gabc1234'), 'same'],
    ['fewer commits', build('1.2.0-5-gabc1234'), installation('1.2.0-6-gdef5678'), 'older'],
    ['more commits', build('1.2.0-7-gabc1234'), installation('1.2.0-6-gdef5678'), 'newer'],
    ['no version', build(null), installation('1.2.0'), 'older'],
    ['an empty version', build(''), installation('0.0.0'), 'older'],
    ['nonsense', build('latest'), installation('0.0.1'), 'older'],
    ['a version, seen from nonsense', build('0.0.1'), installation('latest'), 'newer'],
    ['the same nonsense', build('latest'), installation('latest'), 'same'],
    ['an earlier protocol', build('9.9.9', { protocolVersion: 0 }), installation('1.2.0'), 'older'],
    ['no protocol', build('9.9.9', { protocolVersion: null }), installation('1.2.0'), 'older'],
    ['a newer protocol', build('1.2.0', { protocolVersion: 2 }), installation('1.2.0'), 'newer_protocol'],
    [
      'a newer protocol, an earlier version',
      build('0.1.0', { protocolVersion: 2 }),
      installation('1.2.0'),
      'newer_protocol',
    ],
    [
      'a predecessor of a later version and protocol',
      build('3.2.5', { implementation: 'predecessor', protocolVersion: 7, buildTime: LATE }),
      installation('1.2.0'),
      'older',
    ],
  ] as const)('%s', (_, daemon, self, standing) => {
    expect(versionRelation(daemon, self)).toBe(standing)
  })

  it.each([
    ['an earlier', EARLY, LATE, 'older'],
    ['a later', LATE, EARLY, 'newer'],
    ['the same', EARLY, EARLY, 'unordered'],
    ['an unknown', null, EARLY, 'unordered'],
    ['a known, beside an unknown', EARLY, null, 'unordered'],
    ['an unknown, beside an unknown', null, null, 'unordered'],
  ] as const)('a build of another commit with the same count, of %s time', (_, theirs, ours, standing) => {
    const daemon = build('1.2.0-5-gabc1234', { buildTime: theirs })
    expect(versionRelation(daemon, installation('1.2.0-5-gdef5678', { buildTime: ours }))).toBe(standing)
  })

  it.each([...NO_TIMES])('a build whose time is %j has no order, from either side', (time) => {
    const [one, other] = ['1.2.0-5-gabc1234', '1.2.0-5-gdef5678']
    for (const [theirs, ours] of [
      [time, EARLY],
      [EARLY, time],
      [time, time],
    ] as const) {
      const daemon = build(one, { buildTime: theirs })
      expect(versionRelation(daemon, installation(other, { buildTime: ours }))).toBe('unordered')
    }
  })

  it('a build time decides nothing that version, protocol or implementation decide', () => {
    for (const time of [null, EARLY, LATE, '9999-12-31T23:59:59.999Z', ...NO_TIMES]) {
      const more = { buildTime: time }
      const self = installation('1.2.0', { buildTime: LATE })
      expect(versionRelation(build('1.1.9', more), self)).toBe('older')
      expect(versionRelation(build('1.2.0', more), self)).toBe('same')
      expect(versionRelation(build('1.2.1', more), self)).toBe('newer')
      expect(versionRelation(build('1.2.1', { ...more, protocolVersion: 2 }), self)).toBe('newer_protocol')
      expect(versionRelation(build('9.9.9', { ...more, implementation: 'predecessor' }), self)).toBe('older')
    }
  })

  it.each([
    ['latest', 'LATEST'],
    ['1.2.0-5-gabc1234', '1.2.0-5-gabc1234-dirty'],
    ['1.2.0-5-gabc1234', '1.2.0-5-gdef5678'],
  ])('%s and %s are not put in an order by their texts', (one, other) => {
    expect(versionRelation(build(one), installation(other))).toBe('unordered')
    expect(versionRelation(build(other), installation(one))).toBe('unordered')
  })

  it('the same build, whenever it was built', () => {
    for (const version of ['1.2.0', '1.2.0-5-gabc1234', '1.2.0-5-gabc1234-dirty', 'latest']) {
      const daemon = build(version, { buildTime: EARLY })
      expect(versionRelation(daemon, installation(version, { buildTime: LATE }))).toBe('same')
    }
  })
})

const VERSIONS = [
  '0.0.0 1.0.0 v1.0.0 1.0 1.0.1 1.10.0 1.9.0 999999999.0.0 1234567890.0.0',
  '1.0.0-rc.1 1.0.0rc1 1.0.0-rc.2 1.0.0-rc.10 1.0.0.dev3 1.0.0-alpha 1.0.0-alpha.1 1.0.0-1 1.0.0-007',
  `1.0.0-${LONG} 1.0.0-${LONG}9 1.0.0-${LONG}.1 1.0.0+one`,
  '1.0.0-5-gabc1234 1.0.0-5-gdef5678 1.0.0-5-gabc1234-dirty 1.0.0-6-gabc1234 1.0.0-0-gabc1234 1.0.0-dirty',
  '1.0.0-rc.1-3-gabc1234 1.0.0-5-gabc1234+one',
  ' latest LATEST 1 -1.0.0 \0 \u{1f600}',
].flatMap((line) => line.split(' '))

/** As different as they come: every form of a version, times, protocols, implementations, and what is not a version. */
const BUILDS: readonly Build[] = [
  ...VERSIONS.map((version) => build(version)),
  build(null),
  build('1.0.0', { buildTime: EARLY }),
  build('1.0.0-5-gabc1234', { buildTime: EARLY }),
  build('1.0.0-5-gdef5678', { buildTime: LATE }),
  build('1.0.0-5-gdef5678', { buildTime: 'yesterday' }),
  build('1.0.0-5-gdef5678', { buildTime: '9999' }),
  build('1.0.0-5-gbad5678', { buildTime: LATE }),
  build('1.0.0-5-gbad5678', { buildTime: '9999-12-31T23:59:59.999Z' }),
  build('latest', { buildTime: LATE }),
  build('1.0.0', { protocolVersion: 2 }),
  build('1.0.0', { protocolVersion: null }),
  build('0.9.0', { protocolVersion: 0 }),
  build('3.2.5', { implementation: 'predecessor' }),
  build('3.2.5', { implementation: 'predecessor', protocolVersion: 9 }),
  build(null, { implementation: 'predecessor', protocolVersion: null }),
]

/** Every build that an installation can be. */
const INSTALLATIONS = BUILDS.flatMap(({ implementation, packageVersion, ...more }) =>
  implementation === 'own' && packageVersion !== null ? [installation(packageVersion, more)] : [],
)

describe(`of ${BUILDS.length} builds`, () => {
  const pairs = BUILDS.flatMap((a) => BUILDS.map((b) => [a, b] as const))
  const order = (a: Build, b: Build): number => Math.sign(compareBuilds(a, b))

  it('each two are in an order, the same from both sides', () => {
    const wrong = pairs.filter(
      ([a, b]) => ![-1, 0, 1].includes(order(a, b)) || order(a, b) + order(b, a) !== 0,
    )
    expect(wrong).toEqual([])
  })

  it('of each three, what is below the second is below the third', () => {
    const wrong = pairs
      .filter(([a, b]) => order(a, b) < 0)
      .flatMap(([a, b]) => BUILDS.filter((c) => order(b, c) < 0 && order(a, c) >= 0).map((c) => [a, b, c]))
    expect(wrong).toEqual([])
  })

  it('what has no order agrees in all but the time of the build', () => {
    const wrong = pairs.filter(([a, b]) => {
      const versions = [a.packageVersion ?? '', b.packageVersion ?? ''] as const
      const isAlike = a.implementation === b.implementation && a.protocolVersion === b.protocolVersion
      return order(a, b) === 0 && !(isAlike && compareVersions(...versions) === 0)
    })
    expect(wrong).toEqual([])
  })

  it('all are in one order where all were built at different times', () => {
    const timed = BUILDS.map((one, second) => ({ ...one, buildTime: new Date(second * 1000).toISOString() }))
    const wrong = timed.flatMap((a) => timed.filter((b) => a !== b && order(a, b) === 0).map((b) => [a, b]))
    expect(wrong).toEqual([])
  })
})

describe(`of ${INSTALLATIONS.length} installations`, () => {
  const pairs = INSTALLATIONS.flatMap((a) => INSTALLATIONS.map((b) => [a, b] as const))

  it('each is the same as itself', () => {
    expect(INSTALLATIONS.filter((self) => versionRelation(self, self) !== 'same')).toEqual([])
  })

  it('what is the same is so from both sides', () => {
    const wrong = pairs.filter(
      ([a, b]) => (versionRelation(a, b) === 'same') !== (versionRelation(b, a) === 'same'),
    )
    expect(wrong).toEqual([])
  })

  it('of two that are not the same one is older, or neither is: no two replace each other in turn', () => {
    const wrong = pairs.filter(([a, b]) => {
      const standings = [versionRelation(a, b), versionRelation(b, a)].toSorted().join()
      return !['same,same', 'newer,older', 'newer_protocol,older', 'unordered,unordered'].includes(standings)
    })
    expect(wrong).toEqual([])
  })

  it('three used in turn, in any order, cost two replacements in all at most', () => {
    const isOlder = INSTALLATIONS.map((a) => INSTALLATIONS.map((b) => versionRelation(a, b) === 'older'))
    const all = INSTALLATIONS.map((_, index) => index)
    const triples = all.flatMap((a) => all.flatMap((b) => all.map((c) => [a, b, c])))
    const costs = triples.map((triple) => replacementsOf(triple, isOlder))
    expect(Math.max(...costs)).toBe(2)
  })

  it('a newer protocol is distinguished from a newer version', () => {
    const wrong = pairs.filter(
      ([a, b]) =>
        (versionRelation(a, b) === 'newer_protocol') !==
        (a.protocolVersion ?? -1) > (b.protocolVersion ?? -1),
    )
    expect(wrong).toEqual([])
  })
})

/** How many daemons are replaced when these installations are used in turn, again and again. */
function replacementsOf(installations: readonly number[], isOlder: readonly (readonly boolean[])[]): number {
  let [daemon = 0] = installations
  let replacements = 0
  for (const self of [...installations, ...installations, ...installations]) {
    if (!isOlder[daemon]?.[self]) continue
    daemon = self
    replacements += 1
  }
  return replacements
}

describe('a version of a megabyte', () => {
  it.each([
    ['digits', '1'],
    ['a pre-release of digits', '1.0.0-', '1'],
    ['words', '1.0.0-', 'a.'],
    ['hyphens', '1.0.0', '-'],
    ['builds in builds', '1.0.0', '-5-gabc1234'],
    ['commits without an end', '1.0.0', '-5-g'],
    ['metadata', '1.0.0', '+a'],
    ['points', '', '1.'],
    ['lines', '1.0.0', '\n'],
  ])('of %s is read in no time', (_, head, part = head) => {
    const long = head + part.repeat(1_000_000 / part.length)
    const began = process.cpuUsage()
    const standings = [
      versionRelation(build(long), installation(long)),
      versionRelation(build(`${long}!`), installation(long)),
    ]
    expect(standings[0]).toBe('same')
    expect(process.cpuUsage(began).user / 1e6).toBeLessThan(2)
  })
})
