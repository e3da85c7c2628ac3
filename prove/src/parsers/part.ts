import * as fc from 'fast-check'
import type { Failure, Order, Part, Result } from '../part.js'
import type { Check } from './check.js'
import { costFailures } from './cost.js'
import { forgedChecks } from './forged.js'
import { ANY_BYTES } from './inputs.js'
import { meaningChecks } from './meaning.js'
import { nameChecks } from './named.js'
import { loadPage, pageChecks, pageParsers } from './page.js'
import { replyChecks } from './replies.js'
import { byteChecks, TEXT_PARSERS, totalChecks } from './total.js'

/** How often each property is tried. A full run also stops after this number of seconds. */
const RUNS = { full: 1_000_000, short: 60 }
const SECONDS = { full: 6, short: 2 }

/** Parsers of text from other programs, tried on input that no program would write. */
export const parsers: Part = {
  id: 'parsers',
  title: 'Every parser of untrusted input answers, in time, and no input makes it say what is not there.',
  run,
}

async function run({ seed, size, trials, say }: Order): Promise<Result> {
  const page = await loadPage()
  const checks = [
    ...totalChecks(),
    ...byteChecks(ANY_BYTES),
    ...forgedChecks(),
    ...meaningChecks(),
    ...nameChecks(),
    ...replyChecks(),
    ...pageChecks(page),
  ]
  const failures: Failure[] = []
  let runs = 0
  for (const one of checks) {
    const tried = await tryOne(one, { seed, runs: trials ?? RUNS[size], seconds: SECONDS[size] })
    runs += tried.runs
    failures.push(...tried.failures)
    if (size === 'full')
      say(`${one.name}: ${tried.runs} inputs${tried.failures.length > 0 ? ', FAILED' : ''}`)
  }
  const slow = size === 'full' ? costFailures([...TEXT_PARSERS, ...pageParsers(page)]) : []
  return {
    figures: [
      { what: 'parsers of text', value: TEXT_PARSERS.length, goal: '', met: true },
      { what: 'properties', value: checks.length, goal: '', met: true },
      { what: 'inputs', value: runs, goal: '', met: true },
      { what: 'inputs that broke a property', value: failures.length, goal: '0', met: failures.length === 0 },
      ...(size === 'full'
        ? [
            {
              what: 'parsers slower than their input grows',
              value: slow.length,
              goal: '0',
              met: slow.length === 0,
            },
          ]
        : []),
    ],
    failures: [...failures, ...slow],
  }
}

interface Bounds {
  readonly seed: number
  readonly runs: number
  readonly seconds: number
}

async function tryOne({ name, property }: Check, { seed, runs, seconds }: Bounds) {
  const details = await fc.check(property, {
    seed,
    numRuns: runs,
    interruptAfterTimeLimit: 1000 * seconds,
    endOnFailure: false,
  })
  if (!details.failed || (details.interrupted && details.counterexample === null))
    return { runs: details.numRuns, failures: [] }
  const why = `${JSON.stringify(details.counterexample)}: ${String(details.errorInstance)}`
  return { runs: details.numRuns, failures: [{ trial: name, why }] }
}
