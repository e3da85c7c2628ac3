import { spawnSync } from 'node:child_process'
import * as fc from 'fast-check'
import { printable, printableLines } from '../../../packages/familiar/dist/cli/printable.js'
import { asJson, asStored, asText } from '../../../packages/familiar/dist/cli/log-entry.js'
import { momentOf } from '../../../packages/familiar/dist/cli/since.js'
import { columnsOf, shortenEnd, shortenMiddle } from '../../../packages/familiar/dist/cli/text-width.js'
import { shellQuote } from '../../../packages/familiar/dist/define/shell-quote.js'
import { selfReportReader } from '../../../packages/familiar/dist/define/recognise.js'
import {
  compareBuilds,
  compareVersions,
  versionsMatch,
} from '../../../packages/familiar/dist/identity/versions.js'
import { parseRecord } from '../../../packages/familiar/dist/protocol/record.js'
import { parseRecord as parseLines } from '../../../packages/spec-kitty/dist/daemons/predecessor-record.js'
import { pythonSync } from '../../../packages/spec-kitty/dist/daemons/predecessor-sync.js'
import { check, expectEqual, expectTrue, type Check } from './check.js'
import { ANY_TEXT, anyJson, mutated, CONTROL } from './inputs.js'
import { RECORD_SAMPLES, SAMPLES } from './samples.js'

/** Checks that the library reads texts, records and versions as they were written. */

export function terminalChecks(): readonly Check[] {
  const whole = { isFirst: true, isLast: true }
  return [
    check('printable: nothing acts on a terminal', ANY_TEXT, (text) => {
      expectTrue(!CONTROL.test(printable(text)), JSON.stringify(printable(text)))
      expectTrue(
        !CONTROL.test(printableLines(text).replaceAll(/[\n\t]/g, '')),
        JSON.stringify(printableLines(text)),
      )
    }),
    check('log entry: nothing acts on a terminal', fc.oneof(ANY_TEXT, mutated(SAMPLES.log)), (text) => {
      for (const format of [asStored, asJson, asText({ hasColor: false })]) {
        const shown = format({ text: text.replaceAll('\n', ' '), ...whole })
        expectTrue(!CONTROL.test(shown.replaceAll(/[\n\t]/g, '')), JSON.stringify(shown))
      }
    }),
    check('log entry: JSON stays JSON', fc.oneof(ANY_TEXT, mutated(SAMPLES.log)), (text) => {
      JSON.parse(asJson({ text: text.replaceAll('\n', ' '), ...whole }))
    }),
    check(
      'width: a shortened text fits',
      fc.tuple(ANY_TEXT, fc.integer({ min: 2, max: 60 })),
      ([text, columns]) => {
        for (const shorten of [shortenEnd, shortenMiddle]) {
          const width = columnsOf(shorten(printable(text), columns))
          expectTrue(width <= columns, `${width} columns instead of ${columns}`)
        }
      },
    ),
    check(
      'shell quoting: a shell gives back what was quoted',
      fc.array(ANY_TEXT, { minLength: 1, maxLength: 8 }),
      (texts) => {
        // A shell removes line feeds at the end of a command's output, and no argument can contain a NUL.
        const words = texts.map((text) => `${Buffer.from(text.replaceAll('\0', '')).toString()}.`)
        const script = words.map((word) => `printf '%s\\0' ${shellQuote(word)}`).join('\n')
        const { stdout, status } = spawnSync('sh', { input: script })
        expectEqual(status, 0, 'exit code of sh')
        expectEqual(stdout.toString().split('\0').slice(0, -1), words, 'words')
      },
    ),
    check(
      '--since: never in the future for a duration or a time of day',
      fc.oneof(ANY_TEXT, mutated(SAMPLES.since)),
      (text) => {
        const now = new Date('2026-11-26T12:00:00Z')
        const moment = momentOf(text, now)
        if (/^\d{1,2}:|[smhdw]$/.test(text)) expectTrue(moment === null || moment <= now, String(moment))
      },
    ),
  ]
}

/** The members by which a record or a report proves something. */
const PROVING = [
  'schema',
  'scope',
  'pid',
  'birth',
  'port',
  'token',
  'state',
  'status',
  'daemon_family',
  'owner',
]

export function identityChecks(): readonly Check[] {
  const read = selfReportReader('sync', [pythonSync])
  return [
    check(
      'record: what is read has every proof, in its form',
      fc.oneof(mutated(RECORD_SAMPLES), ANY_TEXT),
      (text) => {
        const found = parseRecord(text, [parseLines])
        if (found.state !== 'readable') return
        const { pid, port, startTime, scope, implementation } = found.record
        expectTrue(Number.isInteger(port) && port > 0 && port < 65_536, `port ${port}`)
        expectTrue(pid === null || (Number.isInteger(pid) && pid > 0), `pid ${pid}`)
        if (implementation === 'own')
          expectTrue(pid !== null && !!startTime && !!scope, 'a record of ours without proofs')
      },
    ),
    check(
      'record: a cut one is not read',
      fc.tuple(fc.constantFrom(...RECORD_SAMPLES.slice(0, 2)), fc.nat()),
      ([text, at]) => {
        const cut = text.slice(0, at % text.length)
        expectEqual(parseRecord(cut, [parseLines]).state, 'malformed', JSON.stringify(cut))
      },
    ),
    check('self-report: numbers are numbers', anyJson(PROVING), (body) => {
      const report = read(body)
      if (report === null) return
      expectTrue(
        report.pid === null || (Number.isSafeInteger(report.pid) && report.pid > 0),
        `pid ${report.pid}`,
      )
      expectTrue(report.port === null || (report.port > 0 && report.port < 65_536), `port ${report.port}`)
    }),
  ]
}

export function versionChecks(): readonly Check[] {
  const version = fc.oneof(fc.constantFrom(...SAMPLES.versions), mutated(SAMPLES.versions), ANY_TEXT)
  const build = fc.record({
    implementation: fc.constantFrom('own' as const, 'predecessor' as const),
    protocolVersion: fc.constantFrom(null, 0, 1, 2),
    packageVersion: fc.option(version),
    buildTime: fc.constantFrom(null, '2026-11-20T10:00:00.000Z', '2026-11-21T10:00:00.000Z', '9999', 'x'),
  })
  return [
    check('version: of two builds at most one is older', fc.tuple(build, build), ([one, other]) => {
      const [there, back] = [Math.sign(compareBuilds(one, other)), Math.sign(compareBuilds(other, one))]
      expectTrue(there + back === 0, `${there} and ${back}`)
    }),
    check('version: the order has no circle', fc.tuple(build, build, build), (builds) => {
      const isBefore = (a: number, b: number): boolean =>
        compareBuilds(builds[a] ?? builds[0], builds[b] ?? builds[0]) < 0
      expectTrue(
        !(isBefore(0, 1) && isBefore(1, 2) && isBefore(2, 0)),
        'each of three is older than the next',
      )
    }),
    check(
      'version: what matches is in no order by its release',
      fc.tuple(version, version),
      ([one, other]) => {
        expectEqual(versionsMatch(one, other), versionsMatch(other, one), 'match, both ways')
        expectTrue(versionsMatch(one, one), 'a version does not match itself')
        expectTrue(Number.isFinite(compareVersions(one, other)), 'the order is no number')
      },
    ),
  ]
}
