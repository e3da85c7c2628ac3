import * as fc from 'fast-check'
import { instantOf } from '../../../packages/spec-kitty/dist/dashboard/project/timestamps.js'
import { packageIdsIn } from '../../../packages/spec-kitty/dist/dashboard/project/package-ids.js'
import { readFields } from '../../../packages/spec-kitty/dist/dashboard/project/front-matter.js'
import { withConsent } from '../../../packages/spec-kitty/dist/sync/edit-consent.js'
import { consentIn } from '../../../packages/spec-kitty/dist/sync/parse-consent.js'
import { readEvent } from '../../../packages/spec-kitty/dist/sync/event.js'
import { checkServerUrl } from '../../../packages/spec-kitty/dist/sync/check-server-url.js'
import { shownUrl } from '../../../packages/spec-kitty/dist/sync/url-text.js'
import { judge } from '../../../packages/spec-kitty/dist/sync/upload/answer.js'
import { oneLine } from '../../../packages/spec-kitty/dist/sync/upload/one-line.js'
import { check, expectEqual, expectTrue, type Check } from './check.js'
import { ANY_TEXT, anyJson, mutated, CONTROL } from './inputs.js'
import { SAMPLES } from './samples.js'

/** Checks that the tool reads events, consent, the server and missions as they were written. */

const EVENT = {
  project: '/p',
  newId: () => 'id',
  now: () => '2026-11-26T12:00:00Z',
  projectUuid: { uuid: 'u' },
  origin: 'o',
}

export function syncChecks(): readonly Check[] {
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

export function missionChecks(): readonly Check[] {
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
        // `n/a` is not a package, and `wp1 and wp2` are two.
        const needs = packageIdsIn(value) ?? [value]
        expectEqual(readFields(`dependencies: ["${value}"]\n`).dependencies, needs, 'dependencies')
        expectEqual(readFields(`dependencies:\n  - "${value}"\n`).dependencies, needs, 'dependencies, below')
      },
    ),
  ]
}
