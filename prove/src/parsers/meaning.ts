import { spawnSync } from 'node:child_process'
import { PassThrough } from 'node:stream'
import type { Socket } from 'node:net'
import * as fc from 'fast-check'
import { printable, printableLines } from '../../../packages/familiar/dist/cli/printable.js'
import { asJson, asStored, asText } from '../../../packages/familiar/dist/cli/log-entry.js'
import { splitLines } from '../../../packages/familiar/dist/cli/log-lines.js'
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
import { jsonLines } from '../../../packages/familiar/dist/protocol/startup-pipe.js'
import { parseRecord as parseLines } from '../../../packages/spec-kitty/dist/daemons/predecessor-record.js'
import { pythonSync } from '../../../packages/spec-kitty/dist/daemons/predecessor-sync.js'
import { instantOf } from '../../../packages/spec-kitty/dist/dashboard/project/timestamps.js'
import { readFields } from '../../../packages/spec-kitty/dist/dashboard/project/front-matter.js'
import { withConsent } from '../../../packages/spec-kitty/dist/sync/edit-consent.js'
import { consentIn } from '../../../packages/spec-kitty/dist/sync/parse-consent.js'
import { readEvent } from '../../../packages/spec-kitty/dist/sync/event.js'
import { readLines } from '../../../packages/spec-kitty/dist/sync/read-lines.js'
import { checkServerUrl, shownUrl } from '../../../packages/spec-kitty/dist/sync/server-url.js'
import { judge } from '../../../packages/spec-kitty/dist/sync/upload/answer.js'
import { oneLine } from '../../../packages/spec-kitty/dist/sync/upload/one-line.js'
import { check, expectEqual, expectTrue, type Check } from './check.js'
import { ANY_BYTES, ANY_TEXT, anyJson, mutated } from './inputs.js'
import { RECORD_SAMPLES, SAMPLES } from './samples.js'

/** What a terminal acts on, or does not show. */
const CONTROL = /[\u0000-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069\u2028\u2029]/

/** What a parser says must be what was written: round trips, orders, and what may never follow from bad input. */
export function meaningChecks(): readonly Check[] {
  return [
    ...terminalChecks(),
    ...identityChecks(),
    ...versionChecks(),
    ...syncChecks(),
    ...pieceChecks(),
    ...missionChecks(),
  ]
}

function terminalChecks(): readonly Check[] {
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
        // A shell drops line feeds at the end of what a command printed, and no argument can hold a NUL.
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

function identityChecks(): readonly Check[] {
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

function versionChecks(): readonly Check[] {
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

const EVENT = {
  project: '/p',
  newId: () => 'id',
  now: () => '2026-11-26T12:00:00Z',
  projectUuid: { uuid: 'u' },
}

function syncChecks(): readonly Check[] {
  return [
    check(
      'event: only missing members are added, all else stays',
      fc.oneof(
        mutated(SAMPLES.events),
        anyJson(['event_id', 'event_type', 'project_uuid', 'timestamp', 'payload']).map((json) =>
          JSON.stringify(json),
        ),
      ),
      (text) => {
        const read = readEvent(text, EVENT)
        if (read.state !== 'event') return
        const [before, after] = [JSON.parse(text) as object, JSON.parse(read.event.envelope) as object]
        const defaults = { event_id: 'id', project_uuid: 'u', timestamp: '2026-11-26T12:00:00Z' }
        const given = Object.entries(before).filter(
          ([name, value]) => !(value === null && Object.hasOwn(defaults, name)),
        )
        const sorted = (entries: [string, unknown][]): unknown =>
          entries.toSorted(([a], [b]) => (a < b ? -1 : 1))
        const wanted = {
          ...defaults,
          ...Object.fromEntries(given.filter(([name]) => Object.hasOwn(defaults, name))),
        }
        const others = given.filter(([name]) => !Object.hasOwn(defaults, name))
        expectEqual(sorted(Object.entries(after)), sorted([...others, ...Object.entries(wanted)]), 'members')
      },
    ),
    check('consent: only a literal true is one', fc.oneof(mutated(SAMPLES.consent), ANY_TEXT), (text) => {
      if (consentIn(text) === 'yes') expectTrue(/true/i.test(text), 'a consent without the word')
    }),
    check(
      'consent: recording it changes nothing else',
      fc.tuple(fc.oneof(mutated(SAMPLES.consent), ANY_TEXT), fc.boolean()),
      ([text, isGiven]) => {
        const changed = withConsent(text, isGiven)
        if (changed === null) return
        expectEqual(consentIn(changed), isGiven ? 'yes' : 'no', 'consent')
        const back = withConsent(changed, !isGiven)
        expectTrue(back !== null && consentIn(back) === (isGiven ? 'no' : 'yes'), 'it cannot be changed back')
        for (const line of text.split(/\r?\n/)) {
          if (/enabled|sync|[{}]/.test(line) || line === '') continue
          expectTrue(changed.includes(line.trimEnd()), `the line ${JSON.stringify(line)} is lost`)
        }
      },
    ),
    check(
      'server URL: nothing secret is shown, none but https or loopback is usable',
      fc.oneof(mutated(SAMPLES.urls), fc.webUrl()),
      (text) => {
        const { state, ...rest } = checkServerUrl(text)
        if (state === 'usable')
          expectTrue(
            /^https:|^http:\/\/(?:localhost|127\.|\[::1\])/.test((rest as { url: string }).url),
            text,
          )
        expectTrue(!/dev:pw@|[?#]/.test(shownUrl(text)), shownUrl(text))
      },
    ),
    check(
      'text of the server: one line without our secret',
      fc.tuple(ANY_TEXT, ANY_TEXT),
      ([before, after]) => {
        const line = oneLine(`${before} s3cr%t/+=t0ken ${after}`, 's3cr%t/+=t0ken')
        expectTrue(!line.includes('s3cr%t/+=t0ken') && !CONTROL.test(line) && line.length <= 300, line)
      },
    ),
    check(
      'answer of the server: an event leaves the queue only by its word',
      fc.tuple(
        fc.integer({ min: 100, max: 599 }),
        fc.oneof(
          mutated(SAMPLES.answers),
          anyJson(['results', 'details', 'event_id', 'status']).map((json) => JSON.stringify(json)),
        ),
      ),
      ([status, body]) => {
        const batch = ['a', 'b', 'c'].map((eventId, seq) => ({
          seq,
          eventId,
          bytes: 10,
          body: '{}',
        })) as never
        const verdict = judge(
          batch,
          { status, location: null, retryAfter: null, body },
          { answersPerEvent: true, say: (text) => text },
        )
        const gone = verdict.settled.filter(({ outcome }) => outcome !== 'keep')
        const again = verdict.again.flat().length
        if (gone.length > 0)
          expectTrue(
            status >= 200 && status < 300 ? /results/.test(body) : status === 400,
            `${status} ${body}`,
          )
        expectEqual(verdict.settled.length + again, 3, 'every event is settled or sent again')
      },
    ),
  ]
}

/** Bytes arrive in pieces: where they are cut must not matter. */
function pieceChecks(): readonly Check[] {
  const pieces = fc.array(fc.integer({ min: 1, max: 7 }), { minLength: 1, maxLength: 5 })
  return [
    check(
      'startup pipe: it does not matter where the bytes are cut',
      fc.tuple(fc.array(anyJson(['ready', 'port']), { minLength: 1, maxLength: 3 }), pieces),
      async ([messages, sizes]) => {
        const stream = new PassThrough()
        const lines = jsonLines(stream as unknown as Socket)
        for (const part of cutInto(
          Buffer.from(messages.map((one) => `${JSON.stringify(one)}\n`).join('')),
          sizes,
        ))
          stream.write(part)
        stream.end()
        for (const message of messages)
          expectEqual(await lines.receive(1_000), JSON.parse(JSON.stringify(message)), 'message')
        expectEqual(await lines.receive(1_000), null, 'the end')
      },
    ),
    check(
      'lines of sync publish: it does not matter where the bytes are cut',
      fc.tuple(ANY_BYTES, pieces),
      async ([bytes, sizes]) => {
        const read = async (parts: readonly Uint8Array[]): Promise<unknown> => {
          const found: unknown[] = []
          for await (const lines of readLines(stream(parts), 60)) found.push(...lines)
          return found
        }
        expectEqual(await read(cutInto(bytes, sizes)), await read([bytes]), 'lines')
      },
    ),
    check(
      'lines of a log: it does not matter where the text is cut',
      fc.tuple(ANY_TEXT, pieces),
      ([text, sizes]) => {
        const read = (parts: readonly string[]): string => {
          const splitter = splitLines()
          return [...parts.flatMap((part) => splitter.add(part)), ...splitter.end()]
            .map((one) => one.text)
            .join('\n')
        }
        const parts = cutInto(
          Buffer.from(text, 'utf16le'),
          sizes.map((size) => 2 * size),
        ).map((part) => Buffer.from(part).toString('utf16le'))
        expectEqual(read(parts), read([text]), 'lines')
      },
    ),
  ]
}

async function* stream(parts: readonly Uint8Array[]): AsyncGenerator<Uint8Array> {
  yield* parts
}

function cutInto(bytes: Buffer, sizes: readonly number[]): readonly Uint8Array[] {
  const parts: Uint8Array[] = []
  for (let at = 0, turn = 0; at < bytes.length; turn++) {
    const size = sizes[turn % sizes.length] ?? 1
    parts.push(bytes.subarray(at, at + size))
    at += size
  }
  return parts
}

function missionChecks(): readonly Check[] {
  return [
    check(
      'time of an event: sorts by time',
      fc.tuple(
        fc.date({ min: new Date(0), noInvalidDate: true }),
        fc.date({ min: new Date(0), noInvalidDate: true }),
      ),
      ([one, other]) => {
        const [first, second] = [one, other].map((date) => instantOf(date.toISOString()))
        if (first == null || second == null) return
        expectEqual(
          Math.sign(Number(one) - Number(other)),
          first < second ? -1 : first > second ? 1 : 0,
          'order',
        )
      },
    ),
    check(
      'front matter: a plain value is what was written',
      fc.stringMatching(/^[a-z][a-z0-9 _./-]{0,30}[a-z0-9]$/),
      (value) => {
        if (/^(?:null|true|false|yes|no|on|off)$/i.test(value)) return
        expectEqual(readFields(`agent: ${value}\n`).agent, value, 'agent')
        expectEqual(readFields(`agent: "${value}"\n`).agent, value, 'agent in quotes')
        expectEqual(readFields(`dependencies: ["${value}"]\n`).dependencies, [value], 'dependencies')
        expectEqual(
          readFields(`dependencies:\n  - "${value}"\n`).dependencies,
          [value],
          'dependencies, below',
        )
      },
    ),
  ]
}
