import { readFileSync, readdirSync } from 'node:fs'
import * as fc from 'fast-check'
import { FamiliarError } from '../../../packages/familiar/dist/errors.js'
import { asJson, asStored, asText, timeOf } from '../../../packages/familiar/dist/cli/log-entry.js'
import { nearest } from '../../../packages/familiar/dist/cli/nearest.js'
import { momentOf } from '../../../packages/familiar/dist/cli/since.js'
import { shortenMiddle, wrapWords } from '../../../packages/familiar/dist/cli/text-width.js'
import { printable } from '../../../packages/familiar/dist/cli/printable.js'
import { shellQuote } from '../../../packages/familiar/dist/define/shell-quote.js'
import { selfReportReader } from '../../../packages/familiar/dist/define/recognise.js'
import { fileNameOf, textOfBytes } from '../../../packages/familiar/dist/identity/path-text.js'
import { matchShapes } from '../../../packages/familiar/dist/identity/spawn-shape.js'
import { compareVersions } from '../../../packages/familiar/dist/identity/versions.js'
import { decodeVis } from '../../../packages/familiar/dist/observe/platform/decode-vis.js'
import { parseLsof } from '../../../packages/familiar/dist/observe/platform/parse-lsof.js'
import * as powershell from '../../../packages/familiar/dist/observe/platform/parse-powershell.js'
import * as proc from '../../../packages/familiar/dist/observe/platform/parse-proc.js'
import { parsePs } from '../../../packages/familiar/dist/observe/platform/parse-ps.js'
import { splitCommandLine } from '../../../packages/familiar/dist/observe/platform/split-command-line.js'
import { parseHolder } from '../../../packages/familiar/dist/protocol/lock-holder.js'
import { parseRecord } from '../../../packages/familiar/dist/protocol/record.js'
import { parseRecord as parseLines } from '../../../packages/spec-kitty/dist/daemons/predecessor-record.js'
import { unquotePython } from '../../../packages/spec-kitty/dist/daemons/python-repr.js'
import { pythonDashboard } from '../../../packages/spec-kitty/dist/daemons/predecessor-dashboard.js'
import { pythonSync } from '../../../packages/spec-kitty/dist/daemons/predecessor-sync.js'
import { decode } from '../../../packages/spec-kitty/dist/dashboard/project/decode-text.js'
import { readLog } from '../../../packages/spec-kitty/dist/dashboard/project/event-log.js'
import { readFields } from '../../../packages/spec-kitty/dist/dashboard/project/front-matter.js'
import { splitFrontMatter } from '../../../packages/spec-kitty/dist/dashboard/project/split-front-matter.js'
import { instantOf } from '../../../packages/spec-kitty/dist/dashboard/project/timestamps.js'
import { consentIn } from '../../../packages/spec-kitty/dist/sync/parse-consent.js'
import { composeEvent, readEvent } from '../../../packages/spec-kitty/dist/sync/event.js'
import { checkServerUrl } from '../../../packages/spec-kitty/dist/sync/check-server-url.js'
import { shownUrl } from '../../../packages/spec-kitty/dist/sync/url-text.js'
import { judge, retryAfterMs } from '../../../packages/spec-kitty/dist/sync/upload/answer.js'
import { oneLine } from '../../../packages/spec-kitty/dist/sync/upload/one-line.js'
import { check, expectEqual, expectTrue, type Check } from './check.js'
import { ANY_TEXT, mutated } from './inputs.js'
import { RECORD_SAMPLES, SAMPLES } from './samples.js'

/** A parser of text from other programs. */
export interface TextParser {
  readonly name: string
  readonly parse: (text: string) => unknown
  readonly samples: readonly string[]
  /** The code of the only error that it may throw; null if it must never throw. */
  readonly refuses: string | null
}

const FIXTURES = new URL('../../../packages/familiar/test/fixtures/', import.meta.url)

/** Captured output of the tools of macOS and Windows. */
export function captured(folder: 'darwin' | 'win32', begin: string): readonly string[] {
  const directory = new URL(`${folder}/`, FIXTURES)
  const names = readdirSync(directory).filter((name) => name.startsWith(begin))
  return names.map((name) => readFileSync(new URL(name, directory), 'utf8'))
}

const RANGE = { from: 9400, to: 9450 }
const PREDECESSORS = [pythonSync, pythonDashboard]
const SHAPES = PREDECESSORS.map(
  ({ commandLine }) => ({ implementation: 'predecessor', ...commandLine }) as const,
)
const SELF_REPORT = selfReportReader('sync', PREDECESSORS)
const NOW = new Date('2026-11-26T12:00:00Z')
const EVENT = {
  project: '/p',
  newId: () => 'id',
  now: () => NOW.toISOString(),
  projectUuid: { uuid: 'u' },
  origin: 'o',
}
const COLORLESS = { hasColor: false }

function parser(
  name: string,
  parse: (text: string) => unknown,
  samples: readonly string[],
  refuses: string | null = null,
): TextParser {
  return { name, parse, samples, refuses }
}

/** Every parser of text that comes from files, tools, processes, the network or the user. */
export const TEXT_PARSERS: readonly TextParser[] = [
  parser('lsof', parseLsof, captured('darwin', 'lsof'), 'E_LOOK_FAILED'),
  parser('ps', parsePs, captured('darwin', 'ps')),
  parser('ps: decoding of arguments', decodeVis, SAMPLES.vis),
  parser('PowerShell: listeners', powershell.parseListeners, captured('win32', 'listeners'), 'E_LOOK_FAILED'),
  parser('PowerShell: processes', powershell.parseProcesses, captured('win32', 'processes'), 'E_LOOK_FAILED'),
  parser('PowerShell: host', powershell.parseHost, captured('win32', 'host'), 'E_LOOK_FAILED'),
  parser('Windows command line', splitCommandLine, SAMPLES.commandLines),
  parser('/proc/net/tcp', (text) => proc.parseProcNetTcp(text, RANGE), SAMPLES.tcp),
  parser('/proc/net/tcp: end of the listeners', proc.isPastListeners, SAMPLES.tcp),
  parser('/proc/PID/stat', proc.parseProcStat, SAMPLES.stat),
  parser('/proc/PID/status', proc.parseProcStatus, SAMPLES.status),
  parser('/proc/PID/cmdline', proc.parseCmdline, SAMPLES.cmdline),
  parser('/proc/stat', proc.parseBootTime, SAMPLES.bootTime),
  parser('record', (text) => parseRecord(text, [parseLines]), RECORD_SAMPLES),
  parser("predecessor's record", parseLines, RECORD_SAMPLES),
  parser('lock file', parseHolder, SAMPLES.holder),
  parser('self-report', (text) => SELF_REPORT(jsonIn(text)), SAMPLES.health),
  parser(
    'spawn shape, arguments',
    (text) => matchShapes(SHAPES, { args: text.split('\0') }),
    SAMPLES.cmdline,
  ),
  parser('spawn shape, text', (text) => matchShapes(SHAPES, { text }), SAMPLES.commandLines),
  parser('Python literal', unquotePython, SAMPLES.literals),
  parser('version', (text) => compareVersions(text, '1.2.3-rc.1'), SAMPLES.versions),
  parser('--since', (text) => momentOf(text, NOW), SAMPLES.since),
  parser('log entry: time', timeOf, SAMPLES.log),
  parser('log entry: as stored', (text) => asStored({ text, isFirst: true, isLast: true }), SAMPLES.log),
  parser('log entry: JSON', (text) => asJson({ text, isFirst: true, isLast: true }), SAMPLES.log),
  parser('log entry: text', (text) => asText(COLORLESS)({ text, isFirst: true, isLast: true }), SAMPLES.log),
  parser('did you mean', (text) => nearest(text, ['doctor', 'status', 'clean-up']), SAMPLES.words),
  parser('width: shorten', (text) => shortenMiddle(printable(text), 40), SAMPLES.words),
  parser('width: wrap', (text) => wrapWords(printable(text), 40), SAMPLES.words),
  parser('shell quoting', shellQuote, SAMPLES.words),
  parser('event of sync publish', (text) => readEvent(text, EVENT), SAMPLES.events),
  parser('payload of sync publish', (text) => composeEvent('x', text), SAMPLES.events),
  parser('consent', consentIn, SAMPLES.consent),
  parser('server URL', checkServerUrl, SAMPLES.urls),
  parser('server URL, shown', shownUrl, SAMPLES.urls),
  parser('text of the server', (text) => oneLine(text, 's3cret'), SAMPLES.urls),
  parser('Retry-After', (text) => retryAfterMs(text, 0), SAMPLES.retryAfter),
  ...[200, 400].map((status) =>
    parser(
      `answer ${status} of the server`,
      (text) => judge(BATCH, replyOf(status, text), READING),
      SAMPLES.answers,
    ),
  ),
  parser('front matter', (text) => readFields(splitFrontMatter(text).yaml), SAMPLES.frontMatter),
  parser("mission's log", readWholeLog, SAMPLES.missionLogs),
  parser('time of an event', instantOf, SAMPLES.since),
]

const BATCH = ['a', 'b', 'c'].map((eventId, seq) => ({ seq, eventId, bytes: 10, body: '{}' })) as never
const READING = { answersPerEvent: true, say: (text: string) => oneLine(text) }

function replyOf(status: number, body: string) {
  return { status, location: null, retryAfter: null, body }
}

function jsonIn(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}

function readWholeLog(text: string): unknown {
  const log = readLog()
  const file = log.file(null)
  const lines = text.split('\n')
  for (const line of lines.slice(0, -1)) file.line(line)
  file.rest(lines.at(-1) ?? '')
  return log.result()
}

/**
 * Checks that each parser returns or throws its one documented error, gives the same result twice, and changes no shared
 * object.
 */
export function totalChecks(): readonly Check[] {
  return TEXT_PARSERS.map(({ name, parse, samples, refuses }) =>
    check(`${name}: always answers`, fc.oneof(ANY_TEXT, mutated(samples)), (text) => {
      const answers = [0, 1].map(() => answerOf(parse, text, refuses))
      expectEqual(answers[0], answers[1], 'asked twice')
      expectTrue(({} as Record<string, unknown>)['polluted'] === undefined, 'Object.prototype was changed')
    }),
  )
}

function answerOf(parse: TextParser['parse'], text: string, refuses: string | null): unknown {
  try {
    return parse(text)
  } catch (error) {
    if (error instanceof FamiliarError && error.code === refuses) return `refused: ${error.message}`
    throw new Error(`threw ${String(error)}`, { cause: error })
  }
}

/** Checks bytes that are not text: none is lost on the way to a file name, and decoding a file always returns. */
export function byteChecks(bytes: fc.Arbitrary<Buffer>): readonly Check[] {
  return [
    check('path: the bytes come back', bytes, (given) => {
      const back = Buffer.from(fileNameOf(textOfBytes(given)))
      expectTrue(back.equals(given), `${back.toString('hex')} instead of ${given.toString('hex')}`)
    }),
    check('file of a mission: always decoded', bytes, (given) => {
      for (const isWhole of [true, false]) decode(given, isWhole)
    }),
  ]
}
