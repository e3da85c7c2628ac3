import type { Lineage } from './spawn-shape.js'

/** An installation, or the daemon that runs from one, as far as two of them can be put in an order. */
export interface Build {
  readonly lineage: Lineage
  readonly protocolVersion: number | null
  readonly packageVersion: string | null
  /**
   * When it was built, as `Date.prototype.toISOString` writes it: the order of two builds with one commit count. Null,
   * and any other text: not known.
   */
  readonly buildTime: string | null
}

/** The installation that looks or connects. */
export interface Self extends Build {
  readonly lineage: 'own'
  readonly packageVersion: string
  readonly executable: string
}

/**
 * What a running daemon is to an installation. `same`: versions and protocol match. `newer`: of the same protocol, it
 * can be used. `newer_protocol`: nobody here can talk to it. `older`: to be replaced. `unordered`: of the same protocol
 * and another version, and which of the two is older cannot be told; it can be used.
 */
export type Standing = 'same' | 'newer' | 'newer_protocol' | 'older' | 'unordered'

/**
 * Returns what the daemon is to the installation. Pure, and strictly upward: of two installations at most one finds the
 * other's daemon `older`, and so of any number used in turn the replacements come to an end.
 */
export function standingOf(daemon: Build, self: Build): Standing {
  const isOneProtocol = daemon.lineage === self.lineage && daemon.protocolVersion === self.protocolVersion
  if (isOneProtocol && versionsMatch(daemon.packageVersion ?? '', self.packageVersion ?? '')) return 'same'
  const order = compareBuilds(daemon, self)
  if (order < 0) return 'older'
  if (!isOneProtocol) return 'newer_protocol'
  return order > 0 ? 'newer' : 'unordered'
}

/**
 * Returns whether two versions count as one: equal release and pre-release. Two builds between releases (git describe:
 * `1.2.0-5-gabc1234`) match only when they are equal; beside a version without that suffix their base counts. A text
 * that is no version matches only itself.
 */
export function versionsMatch(a: string, b: string): boolean {
  const [one, other] = [parseVersion(a), parseVersion(b)]
  if (one === null || other === null) return a === b
  if (one.commits !== null && other.commits !== null) return one.text === other.text
  return compareBases(one, other) === 0
}

/**
 * Returns a negative number when `a` is older than `b`, a positive one when it is newer, 0 when neither can be said: by
 * release, a pre-release below its release, then commits since that base. For showing, not for deciding.
 */
export function compareVersions(a: string, b: string): number {
  const [one, other] = [parseVersion(a), parseVersion(b)]
  return one === null || other === null ? 0 : compareParsed(one, other)
}

/**
 * The order of builds: a predecessor below any of ours, then protocol, version and build time. 0: no order can be told,
 * because the two agree in all of these, or one has no build time where only that would decide.
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
  /** Without a leading `v`. */
  readonly text: string
  readonly release: readonly number[]
  /** The identifiers of a pre-release (`rc`, `1`); null for a release. */
  readonly pre: readonly string[] | null
  /** Commits since the base, of a build between releases; null for anything else. */
  readonly commits: number | null
}

const RELEASE = /^(\d{1,9})\.(\d{1,9})(?:\.(\d{1,9}))?(.*)$/
const DESCRIBED = /^(.*?)(?:-(\d{1,9})-g[0-9a-f]{4,40}(?:-dirty)?|-dirty)$/
const PRE_RELEASE = /^(?:-|[.-]?(?=[A-Za-z]))([0-9A-Za-z]+(?:[.-][0-9A-Za-z]+)*)$/

/** Reads `1.2`, `v1.2.3`, `1.2.3-rc.1`, `1.2.3rc1`, `1.2.3-5-gabc1234[-dirty]`, each with `+metadata`; null for anything else. */
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

/** As https://semver.org orders them: numbers by value and below words, words by text, the shorter list first. */
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

/** By value, whatever its length: as numbers, long ones would be rounded, and the longest infinite and not even equal to themselves. */
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

/** Only the form that a build writes: `Date.parse` also takes `9999`, local times and 30 February for a time. */
function timeOf({ buildTime }: Build): number | null {
  const time = Date.parse(buildTime ?? '')
  return !Number.isNaN(time) && new Date(time).toISOString() === buildTime ? time : null
}
