import type { Implementation } from './spawn-shape.js'

/** The facts that order installations, and the daemons started from them, from older to newer. */
export interface Build {
  readonly implementation: Implementation
  readonly protocolVersion: number | null
  readonly packageVersion: string | null
  /**
   * The build time, in the format of `Date.prototype.toISOString`. It decides between two builds that are otherwise
   * equal. Null, or text in another format, means that the time is unknown.
   */
  readonly buildTime: string | null
}

/** The installation that is scanning or connecting. */
export interface Self extends Build {
  readonly implementation: 'own'
  readonly packageVersion: string
  readonly executable: string
}

/**
 * How a running daemon compares with an installation. `same`: version and protocol are equal. `newer`: a newer version
 * with the same protocol, so the installation can use it. `newer_protocol`: the daemon is not older and speaks another
 * protocol, so the installation cannot use it. `older`: the installation may replace it. `unordered`: same protocol and
 * another version, but it is unknown which is older; the installation can use it.
 */
export type VersionRelation = 'same' | 'newer' | 'newer_protocol' | 'older' | 'unordered'

/**
 * Returns how the daemon compares with the installation. Pure. Of two installations, at most one considers the daemon of
 * the other `older`. So two installations that are used alternately do not keep replacing each other's daemons: every
 * replacement is by a newer build.
 */
export function versionRelation(daemon: Build, self: Build): VersionRelation {
  const isOneProtocol =
    daemon.implementation === self.implementation && daemon.protocolVersion === self.protocolVersion
  if (isOneProtocol && versionsMatch(daemon.packageVersion ?? '', self.packageVersion ?? '')) return 'same'
  const order = compareBuilds(daemon, self)
  if (order < 0) return 'older'
  if (!isOneProtocol) return 'newer_protocol'
  return order > 0 ? 'newer' : 'unordered'
}

/**
 * Returns whether two versions match, which means that their release and pre-release are equal. Two builds between
 * releases (in the format of git describe: `1.2.0-5-gabc1234`) match only if their texts are equal. If only one of the
 * two has such a suffix, it is ignored. A text that is not a version matches only itself.
 */
export function versionsMatch(a: string, b: string): boolean {
  const [one, other] = [parseVersion(a), parseVersion(b)]
  if (one === null || other === null) return a === b
  if (one.commits !== null && other.commits !== null) return one.text === other.text
  return compareBases(one, other) === 0
}

/**
 * Returns a negative number if `a` is older than `b`, a positive number if it is newer, and 0 if they are equal or one is
 * not a version. The order is by release (a pre-release is older than its release), then by the number of commits since
 * then. For display, not for decisions.
 */
export function compareVersions(a: string, b: string): number {
  const [one, other] = [parseVersion(a), parseVersion(b)]
  return one === null || other === null ? 0 : compareParsed(one, other)
}

/**
 * Returns a negative number if `a` is older than `b` and a positive number if it is newer. A predecessor is older than
 * every build of ours. Otherwise the protocol decides, then the version (a missing one is the oldest), then the build
 * time. Returns 0 if all of these are equal, or if only the build time could decide and one is unknown.
 */
export function compareBuilds(a: Build, b: Build): number {
  const [one, other] = [parseVersion(a.packageVersion ?? ''), parseVersion(b.packageVersion ?? '')]
  return (
    Number(a.implementation === 'own') - Number(b.implementation === 'own') ||
    (a.protocolVersion ?? -1) - (b.protocolVersion ?? -1) ||
    Number(one !== null) - Number(other !== null) ||
    (one !== null && other !== null ? compareParsed(one, other) : 0) ||
    compareTimes(a, b)
  )
}

interface Version {
  /** The given text without a leading `v`. */
  readonly text: string
  readonly release: readonly number[]
  /** The identifiers of a pre-release (`rc`, `1`); null for a release. */
  readonly pre: readonly string[] | null
  /** For a build between releases, the number of commits since the release or pre-release that it is based on; otherwise null. */
  readonly commits: number | null
}

const RELEASE = /^(\d{1,9})\.(\d{1,9})(?:\.(\d{1,9}))?(.*)$/
const DESCRIBED = /^(.*?)(?:-(\d{1,9})-g[0-9a-f]{4,40}(?:-dirty)?|-dirty)$/
const PRE_RELEASE = /^(?:-|[.-]?(?=[A-Za-z]))([0-9A-Za-z]+(?:[.-][0-9A-Za-z]+)*)$/

/**
 * Parses `1.2`, `v1.2.3`, `1.2.3-rc.1`, `1.2.3rc1`, `1.2.3-5-gabc1234[-dirty]`, each also with `+metadata`. Returns null
 * for any other text.
 */
function parseVersion(given: string): Version | null {
  const text = given.replace(/^v/, '')
  const [, major, minor, patch = '0', rest = ''] = RELEASE.exec(text.replace(/\+[0-9A-Za-z.-]+$/, '')) ?? []
  if (major === undefined || minor === undefined) return null
  const described = DESCRIBED.exec(rest)
  const suffix = described?.[1] ?? rest
  const pre = suffix === '' ? null : PRE_RELEASE.exec(suffix)?.[1]
  if (pre === undefined) return null
  return {
    text,
    release: [major, minor, patch].map(Number),
    pre: pre?.match(/\d+|[A-Za-z]+/g) ?? null,
    commits: described === null ? null : Number(described[2] ?? 0),
  }
}

function compareParsed(one: Version, other: Version): number {
  return compareBases(one, other) || (one.commits ?? 0) - (other.commits ?? 0)
}

function compareBases(one: Version, other: Version): number {
  for (const [index, part] of one.release.entries()) {
    const difference = part - (other.release[index] ?? 0)
    if (difference !== 0) return difference
  }
  if (one.pre === null || other.pre === null) return Number(one.pre === null) - Number(other.pre === null)
  return comparePre(one.pre, other.pre)
}

/**
 * Compares two pre-releases in the order of https://semver.org: numbers by value, words by text, and a number before a
 * word. If one list is the beginning of the other, the shorter one comes first.
 */
function comparePre(one: readonly string[], other: readonly string[]): number {
  for (const [index, part] of one.entries()) {
    const against = other[index]
    if (against === undefined) return 1
    const difference = compareIdentifiers(part, against)
    if (difference !== 0) return difference
  }
  return one.length - other.length
}

function compareIdentifiers(one: string, other: string): number {
  const [isNumber, isOtherNumber] = [/^\d/.test(one), /^\d/.test(other)]
  if (isNumber && isOtherNumber) return compareDigits(one, other)
  return Number(isOtherNumber) - Number(isNumber) || compareTexts(one, other)
}

/**
 * Compares two strings of digits by value, whatever their length. Converting them to numbers would round long ones and
 * turn the longest into infinity.
 */
function compareDigits(one: string, other: string): number {
  const [digits, otherDigits] = [one.replace(/^0+/, ''), other.replace(/^0+/, '')]
  return digits.length - otherDigits.length || compareTexts(digits, otherDigits)
}

function compareTexts(one: string, other: string): number {
  return Number(one > other) - Number(one < other)
}

function compareTimes(a: Build, b: Build): number {
  const [one, other] = [timeOf(a), timeOf(b)]
  return one === null || other === null ? 0 : one - other
}

/**
 * Returns the build time in milliseconds since 1970, or null if it is not in the format that a build writes. `Date.parse`
 * alone would also accept `9999`, local times and 30 February.
 */
function timeOf({ buildTime }: Build): number | null {
  const time = Date.parse(buildTime ?? '')
  return !Number.isNaN(time) && new Date(time).toISOString() === buildTime ? time : null
}
