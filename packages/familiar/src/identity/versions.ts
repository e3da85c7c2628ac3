import type { Lineage } from './spawn-shape.js'

/** What puts two installations, or the daemons that run from them, in an order. */
export interface Build {
  readonly lineage: Lineage
  readonly protocolVersion: number | null
  readonly packageVersion: string | null
  /**
   * When it was built, in the format of `Date.prototype.toISOString`: it orders two builds with the same commit count.
   * Null or any other text: unknown.
   */
  readonly buildTime: string | null
}

/** The installation that scans or connects. */
export interface Self extends Build {
  readonly lineage: 'own'
  readonly packageVersion: string
  readonly executable: string
}

/**
 * How a running daemon compares with an installation. `same`: versions and protocol match. `newer`: same protocol, usable.
 * `newer_protocol`: this installation cannot talk to it. `older`: to be replaced. `unordered`: same protocol, another
 * version, and it is not known which is older; usable.
 */
export type VersionRelation = 'same' | 'newer' | 'newer_protocol' | 'older' | 'unordered'

/**
 * Returns how the daemon compares with the installation. Pure, and strictly upward: of two installations at most one finds
 * the other's daemon `older`, so any number of installations used in turn stop replacing each other's daemon.
 */
export function versionRelation(daemon: Build, self: Build): VersionRelation {
  const isOneProtocol = daemon.lineage === self.lineage && daemon.protocolVersion === self.protocolVersion
  if (isOneProtocol && versionsMatch(daemon.packageVersion ?? '', self.packageVersion ?? '')) return 'same'
  const order = compareBuilds(daemon, self)
  if (order < 0) return 'older'
  if (!isOneProtocol) return 'newer_protocol'
  return order > 0 ? 'newer' : 'unordered'
}

/**
 * Returns whether two versions count as the same: equal release and pre-release. Two builds between releases (git
 * describe: `1.2.0-5-gabc1234`) match only when they are equal; if only one has that suffix, the bases are compared. A text
 * that is not a version matches only itself.
 */
export function versionsMatch(a: string, b: string): boolean {
  const [one, other] = [parseVersion(a), parseVersion(b)]
  if (one === null || other === null) return a === b
  if (one.commits !== null && other.commits !== null) return one.text === other.text
  return compareBases(one, other) === 0
}

/**
 * Returns a negative number when `a` is older than `b`, a positive one when it is newer, 0 when they are equal or the order
 * is unknown: by release, a pre-release below its release, then commits since that base. For display, not for decisions.
 */
export function compareVersions(a: string, b: string): number {
  const [one, other] = [parseVersion(a), parseVersion(b)]
  return one === null || other === null ? 0 : compareParsed(one, other)
}

/**
 * Compares two builds: a predecessor is below any of ours, then protocol, version (none is lowest) and build time. Returns 0
 * when the order is unknown: the two agree in all of these, or one has no build time where only that would decide.
 */
export function compareBuilds(a: Build, b: Build): number {
  const [one, other] = [parseVersion(a.packageVersion ?? ''), parseVersion(b.packageVersion ?? '')]
  return (
    Number(a.lineage === 'own') - Number(b.lineage === 'own') ||
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
  /** Commits since the base, for a build between releases, else null. */
  readonly commits: number | null
}

const RELEASE = /^(\d{1,9})\.(\d{1,9})(?:\.(\d{1,9}))?(.*)$/
const DESCRIBED = /^(.*?)(?:-(\d{1,9})-g[0-9a-f]{4,40}(?:-dirty)?|-dirty)$/
const PRE_RELEASE = /^(?:-|[.-]?(?=[A-Za-z]))([0-9A-Za-z]+(?:[.-][0-9A-Za-z]+)*)$/

/** Parses `1.2`, `v1.2.3`, `1.2.3-rc.1`, `1.2.3rc1`, `1.2.3-5-gabc1234[-dirty]`, each also with `+metadata`; else null. */
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

/** The order of https://semver.org: numbers by value and below words, words by text, the shorter list first. */
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

/** Compares by value at any length: as numbers, long ones would be rounded, and the longest infinite (difference NaN). */
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

/** Accepts only the format that a build writes: `Date.parse` also accepts `9999`, local times and 30 February. */
function timeOf({ buildTime }: Build): number | null {
  const time = Date.parse(buildTime ?? '')
  return !Number.isNaN(time) && new Date(time).toISOString() === buildTime ? time : null
}
