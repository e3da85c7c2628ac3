import { describe, expect, it } from 'vitest'
import { classify, type Verdict } from '../../src/classify/classify.js'
import { factsOf } from '../../src/classify/derive-facts.js'
import { staleEvidence } from '../../src/classify/stale-evidence.js'
import type { ScopeSnapshot, Observation, ScanContext } from '../../src/classify/observation.js'
import { PROJECT_SCOPE_RULES, USER_SCOPE_RULES } from '../../src/classify/decision-tables.js'
import { ALL_FACTS, TWO_VALUED, valuesOf } from '../helpers/enumerate.js'
import { forEachSighting } from '../helpers/many-observations.js'
import { BASIS, observation, context, SELF } from '../helpers/observations.js'
import { figure } from '../helpers/figures.js'

const NAMES = { other_family: 'dashboard_family', not_ours: 'not_spec_kitty' }

type Flip = (seen: Observation, around: ScanContext) => readonly [Observation, ScanContext]

/** `owner_present`, version and executable, wherever a scan keeps them. */
const FLIPS: readonly (readonly [string, Flip])[] = [
  ['owner_present of this scope', (seen, around) => [seen, withOwner(around, (view) => !view)]],
  ['owner_present unknown', (seen, around) => [seen, withOwner(around, () => null)]],
  ['an older version', (seen, around) => [withReport(seen, { packageVersion: '3.2.2' }), around]],
  ['no version', (seen, around) => [withReport(seen, { packageVersion: null }), around]],
  ['another protocol', (seen, around) => [withReport(seen, { protocolVersion: 99 }), around]],
  ['every detail of the owner block', (seen, around) => [withDetails(seen), around]],
  ['another executable', (seen, around) => [withProcess(seen, { executable: '/opt/old/node' }), around]],
  ['no executable', (seen, around) => [withProcess(seen, { executable: null }), around]],
  ['an executable that is gone', (seen, around) => [withProcess(seen, { executableGone: true }), around]],
  [
    'an executable of which nothing is known',
    (seen, around) => [withProcess(seen, { executableGone: null }), around],
  ],
]

describe('evidence never decides', () => {
  it('I3: flipping owner_present, version or executable never changes facts, class or row', () => {
    const changed: unknown[] = []
    const count = forEachSighting(2, (seen, around, others) => {
      const before = factsOf(BASIS, seen, around, others)
      for (const [what, flip] of FLIPS) {
        const [flipped, world] = flip(seen, around)
        if (flipped === seen && world === around) continue
        const after = factsOf(BASIS, flipped, world, [flipped, ...others.slice(1)])
        // Class and row are read from the facts alone.
        if (ALL_FACTS.some((fact) => after[fact] !== before[fact])) changed.push([what, before, after])
      }
    })
    figure(`${count} sightings, ${FLIPS.length} flips of evidence`)
    expect(changed.slice(0, 3)).toEqual([])
  })

  it('flips what is shown, so that the test above is about something', () => {
    const shown = FLIPS.map(([, flip]) => {
      const [flipped, world] = flip(observation(), context())
      return staleEvidence(flipped, world, SELF)
    })
    expect(new Set(shown.flat())).toEqual(
      new Set(['older_version', 'other_executable', 'installation_gone', 'superseded', 'unrecorded']),
    )
  })

  it('decides only from facts: those that are listed as known are never unknown, all others can have any value', () => {
    const found = new Map(ALL_FACTS.map((fact) => [fact, new Set<string>()]))
    forEachSighting(3, (seen, around, others) => {
      const facts = factsOf(BASIS, seen, around, others)
      for (const fact of ALL_FACTS) found.get(fact)?.add(facts[fact])
    })
    const values = [...found].map(([fact, seen]) => [fact, [...seen].toSorted()])
    expect(values).toEqual(ALL_FACTS.map((fact) => [fact, [...valuesOf(fact)].toSorted()]))
    expect(TWO_VALUED.size).toBe(6)
  })

  it('I6: never lets a process that a running record or the lock of any scope that it names be cleaned on its own', () => {
    const wrong: Observation[] = []
    let safe = 0
    forEachSighting(3, (seen, around, others) => {
      const verdicts = decide(seen, around, others)
      if (!verdicts.some((verdict) => verdict.class === 'safe_auto')) return
      safe += 1
      if (isNamed(seen, around)) wrong.push(seen)
    })
    expect(wrong).toEqual([])
    expect(safe).toBeGreaterThan(0)
  })
})

function decide(seen: Observation, around: ScanContext, others: readonly Observation[]): readonly Verdict[] {
  const facts = factsOf(BASIS, seen, around, others)
  return [classify(USER_SCOPE_RULES, NAMES, facts), classify(PROJECT_SCOPE_RULES, NAMES, facts)]
}

/** Found without the functions under test: the pid of a running record or of the lock of any scope that it names. */
function isNamed(seen: Observation, around: ScanContext): boolean {
  const names = [seen.shape?.marker, seen.report?.scope, ...(seen.namedScopes ?? [])]
  const views = [around.here, ...names.map((name) => around.scopes.get(name ?? ''))]
  const records = views.flatMap((view) => view?.records ?? [])
  return (
    views.some((view) => typeof view?.lockHolder === 'object' && view.lockHolder?.pid === seen.pid) ||
    records.some(
      (read) =>
        read.state === 'readable' &&
        read.record.running &&
        read.record.pid === seen.pid &&
        // A predecessor never records a process of ours: that pid was used again.
        (read.record.implementation === 'own' || seen.shape?.implementation !== 'own'),
    )
  )
}

/** The view of this scope must stay one object, as in a scan. */
function withOwner(around: ScanContext, change: (present: boolean | null) => boolean | null): ScanContext {
  const flip = (view: ScopeSnapshot): ScopeSnapshot => ({
    ...view,
    sharedOwnerPresent: change(view.sharedOwnerPresent),
  })
  const here = flip(around.here)
  const scopes = [...around.scopes].map(
    ([path, view]) => [path, view === around.here ? here : flip(view)] as const,
  )
  return { ...around, here, scopes: new Map(scopes) }
}

function withReport(seen: Observation, change: Partial<NonNullable<Observation['report']>>): Observation {
  return seen.report === null ? seen : { ...seen, report: { ...seen.report, ...change } }
}

function withDetails(seen: Observation): Observation {
  const details = {
    owner: { server_url: 'https://other.example.com', queue_db_path: '/somewhere/else.db' },
    sync: { last_sync: '1999-01-01T00:00:00Z', consecutive_failures: 77 },
  }
  return withReport(seen, { details, executable: '/somewhere/else', installation: null })
}

function withProcess(seen: Observation, change: Partial<NonNullable<Observation['process']>>): Observation {
  return seen.process === null ? seen : { ...seen, process: { ...seen.process, ...change } }
}
