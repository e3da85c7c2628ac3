import type { Failure } from '../part.js'
import type { TextParser } from './total.js'

/** Texts that, when repeated, make a carelessly written regular expression take quadratic or exponential time. */
const UNITS = [
  ...' \t\n\\"\'([{<:;,.-_=/a0'.split(''),

  '- ',
  ': ',
  '[]',
  '{}',
  'a b ',
  '\\"',
  '\\\\',
  '""',
  'p1\n',
  'f1\n',
  '0: ',
  '1 ',
  '-1',
  'M-',
  'M^',
  '\\0',
  ' -c ',
  '\0',
  '\r\n',

  '{"a":',
  '[',
  '&a ',
  '*a ',
  '--- \n',
  '<!--',
  '%2',
  '://',
  '@',
  'é',
  '\u0301',
  '1h',
  '.1',
  '-g0',
  ') ',
  ' (',
  'run_sync_daemon(1, ',
]

const SHORT_CHARS = 8_000
const GROWTH = 4

/**
 * The maximum factor by which the time may grow for an input four times as long. This allows linear work with some noise,
 * and sorting.
 */
const MOST_TIMES = 9

/** The minimum time for a comparison. Shorter times depend more on the clock and the garbage collector than on the parser. */
const LEAST_MS = 20

/**
 * Returns the parsers whose cost grows faster than their input, with the text that shows it. Uses the minimum processor
 * time of several attempts, so that a busy machine does not matter.
 */
export function costFailures(parsers: readonly TextParser[]): readonly Failure[] {
  return parsers.flatMap((parser) =>
    beginningsOf(parser).flatMap((begin) => UNITS.flatMap((unit) => growth(parser, begin, unit))),
  )
}

/** Returns texts that precede a long input: an empty one, and a valid sample without its last characters. */
function beginningsOf({ samples }: TextParser): readonly string[] {
  const [sample = ''] = samples
  return sample === '' ? [''] : ['', sample.slice(0, -3)]
}

function growth(parser: TextParser, begin: string, unit: string): readonly Failure[] {
  const text = (chars: number): string => begin + unit.repeat(Math.ceil(chars / unit.length))
  const long = leastMs(parser, text(GROWTH * SHORT_CHARS), 1)
  if (long < LEAST_MS) return []
  const [short, again] = [
    leastMs(parser, text(SHORT_CHARS), 3),
    leastMs(parser, text(GROWTH * SHORT_CHARS), 3),
  ]
  if (again < LEAST_MS || again <= MOST_TIMES * short) return []
  const why = `${GROWTH} times the input takes ${(again / short).toFixed(1)} times as long (${again.toFixed(0)} ms)`
  return [
    {
      trial: `${parser.name}: ${JSON.stringify(begin.slice(-20))} and then ${JSON.stringify(unit)} repeated`,
      why,
    },
  ]
}

function leastMs({ parse }: TextParser, text: string, tries: number): number {
  let least = Number.POSITIVE_INFINITY
  for (let one = 0; one < tries; one++) {
    const before = process.cpuUsage()
    try {
      parse(text)
    } catch {
      // An error is a valid answer; only its cost matters here.
    }
    const { user, system } = process.cpuUsage(before)
    least = Math.min(least, (user + system) / 1000)
  }
  return least
}
